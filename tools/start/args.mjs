// @ts-check
// Command line and environment of `npm start`. A flag wins over its environment variable.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ownAddresses } from './network.mjs';
import { REPO_ROOT } from './paths.mjs';
import { UserError } from './user-error.mjs';

/**
 * @typedef {object} StartOptions
 * @property {string} host IPv4 address the page and LiveKit listen on: 127.0.0.1, 0.0.0.0 or one of this machine's
 * @property {number} pagePort TCP
 * @property {number} livekitPort TCP, signalling
 * @property {number} rtcTcpPort media over TCP, livekitPort + 1
 * @property {number} rtcUdpPort media over UDP, livekitPort + 2
 * @property {number} agentPort TCP, always on 127.0.0.1
 * @property {string} configPath absolute
 * @property {boolean} verbose
 * @property {boolean} skipChecks
 * @property {boolean} check
 * @property {boolean} help
 */

export const HELP = `Usage: npm start -- [options]

Starts a LiveKit server, the avatar agent and the page, and prints the page's address.

  --host ADDRESS         listen on 127.0.0.1 (default), 0.0.0.0 or one address of this machine [LIVE_AVATAR_HOST]
  --port N               page, default 3000 [PORT]
  --livekit-port N       LiveKit, default 7880; N+1 (tcp) and N+2 (udp) carry media [LIVEKIT_PORT]
  --agent-port N         agent's HTTP on 127.0.0.1, default 8090 [AVATAR_HTTP_PORT]
  --config FILE          avatars, default configs/realtime.yaml [AVATAR_CONFIG]
  --verbose              show every log line of the three parts
  --skip-checks          do not check dependencies, builds and ports first
  --check                only report what is present and what is missing, with the cure
  --help                 this text

LIVEKIT_SERVER_BIN names a livekit-server to use; LIVEKIT_RELEASES_URL a mirror to download one from.
`;

const OPTIONS = /** @type {const} */ ({
  host: { type: 'string' },
  port: { type: 'string' },
  'livekit-port': { type: 'string' },
  'agent-port': { type: 'string' },
  config: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  'skip-checks': { type: 'boolean', default: false },
  check: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
});

/**
 * @param {string[]} argv without node and script
 * @param {NodeJS.ProcessEnv} env
 * @returns {StartOptions}
 * @throws {UserError} naming the flag or variable and what it accepts
 */
export function parseStartArgs(argv, env) {
  const flags = parseFlags(argv);
  const livekitPort = port(
    '--livekit-port',
    flags['livekit-port'] ?? env['LIVEKIT_PORT'] ?? '7880',
    65_533,
  );
  const options = {
    host: listenAddress(flags.host ?? env['LIVE_AVATAR_HOST'] ?? '127.0.0.1'),
    pagePort: port('--port', flags.port ?? env['PORT'] ?? '3000'),
    livekitPort,
    rtcTcpPort: livekitPort + 1,
    rtcUdpPort: livekitPort + 2,
    agentPort: port('--agent-port', flags['agent-port'] ?? env['AVATAR_HTTP_PORT'] ?? '8090'),
    configPath: resolve(REPO_ROOT, flags.config ?? env['AVATAR_CONFIG'] ?? 'configs/realtime.yaml'),
    verbose: flags.verbose,
    skipChecks: flags['skip-checks'],
    check: flags.check,
    help: flags.help,
  };
  refuseSharedPorts(options);
  return options;
}

/** @param {string[]} argv */
function parseFlags(argv) {
  try {
    return parseArgs({ args: argv, options: OPTIONS }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new UserError(`${message}. \`npm start -- --help\` lists the options.`);
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} [max]
 */
function port(name, text, max = 65_535) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max) {
    throw new UserError(`${name} must be a port from 1 to ${max}, got ${JSON.stringify(text)}.`);
  }
  return value;
}

/** @param {string} text */
function listenAddress(text) {
  const host = text === 'localhost' ? '127.0.0.1' : text;
  const own = ownAddresses().map(({ address }) => address);
  if (host !== '0.0.0.0' && !own.includes(host)) {
    throw new UserError(
      `--host ${text} is not an IPv4 address of this machine; it has ${own.join(', ')} (0.0.0.0 for all).`,
    );
  }
  return host;
}

/** @param {StartOptions} options */
function refuseSharedPorts({ pagePort, livekitPort, rtcTcpPort, agentPort }) {
  const tcp = {
    '--port': pagePort,
    '--livekit-port': livekitPort,
    '--livekit-port + 1': rtcTcpPort,
    '--agent-port': agentPort,
  };
  const seen = new Map();
  for (const [flag, value] of Object.entries(tcp)) {
    if (seen.has(value))
      throw new UserError(
        `${seen.get(value)} and ${flag} are both ${value}; choose different ports.`,
      );
    seen.set(value, flag);
  }
}
