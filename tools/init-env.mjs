// @ts-check
// `node tools/init-env.mjs`: makes .env for docker compose from .env.example, with fresh secrets, once. A later call
// keeps every value and adds only what a newer version of the service needs.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { newKeys } from './start/dev-keys.mjs';
import { REPO_ROOT } from './start/paths.mjs';
import { UserError, reasonOf } from './start/user-error.mjs';

const HELP = `Usage: node tools/init-env.mjs [--domain NAME --ip ADDRESS [--turn-domain NAME]]

Makes .env with fresh secrets; an .env that exists keeps its values.
  --domain NAME       public name of the page: https by itself (profile tls)
  --ip ADDRESS        public address of this machine, where media flows
  --turn-domain NAME  second name of this machine for the TURN relay; default turn.<domain>
`;
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/**
 * Settings of a public server.
 * @typedef {object} PublicServer
 * @property {string} domain
 * @property {string} ip
 * @property {string} [turnDomain] default: `turn.` and the domain
 */

/**
 * Write `.env`, readable by its owner only.
 * @param {string} [root]
 * @param {PublicServer} [server] without it: a service for browsers on this machine
 * @returns {'made' | 'kept' | 'completed'} `kept`: there is one, left alone; `completed`: settings it lacked were added
 * @throws {UserError} naming what is wrong with domain or address, or .env.example
 */
export function initEnv(root = REPO_ROOT, server) {
  const path = join(root, '.env');
  const example = readFileSync(join(root, '.env.example'), 'utf8');
  const values = { ...secrets(), ...(server && publicSettings(server)) };
  const filled = fill(example, values);
  if (existsSync(path)) return complete(path, filled);
  try {
    // Exclusive: two calls at the same time agree on the first one's secrets.
    writeFileSync(path, filled, { mode: 0o600, flag: 'wx' });
    return 'made';
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return 'kept';
    throw error;
  }
}

/** 192 bits and more where no person types them, in letters that need no quoting in URLs, YAML and shells. */
function secrets() {
  const { apiKey, apiSecret } = newKeys();
  return {
    LIVEKIT_API_KEY: apiKey,
    LIVEKIT_API_SECRET: apiSecret,
    REDIS_PASSWORD: randomBytes(24).toString('base64url'),
    GRAFANA_PASSWORD: randomBytes(24).toString('base64url'),
    // For people to type: 72 bits, and attempts are limited.
    ACCESS_PASSCODE: randomBytes(9).toString('base64url'),
  };
}

/** @param {PublicServer} server */
function publicSettings({ domain, ip, turnDomain = `turn.${domain}` }) {
  for (const name of [domain, turnDomain]) {
    if (!DOMAIN.test(name)) {
      throw new UserError(`"${name}" is not a domain name; write for example avatar.example.org`);
    }
  }
  if (turnDomain === domain) {
    throw new UserError('--turn-domain must differ from --domain: the name tells TURN from https');
  }
  if (isIP(ip) !== 4) throw new UserError(`"${ip}" is not an IPv4 address; write 203.0.113.7`);
  return {
    NODE_IP: ip,
    MEDIA_BIND_ADDRESS: '0.0.0.0',
    PUBLIC_LIVEKIT_URL: `wss://${domain}`,
    PUBLIC_URL: `https://${domain}`,
    ACCESS_MODE: 'passcode',
    // Caddy's place: Docker takes its networks from these ranges, and nothing else reaches the page's own port.
    TRUSTED_PROXIES: '172.16.0.0/12,192.168.0.0/16',
    COMPOSE_PROFILES: 'tls',
    DOMAIN: domain,
    TURN_DOMAIN: turnDomain,
  };
}

/**
 * @param {string} example
 * @param {Record<string, string>} values
 */
function fill(example, values) {
  return Object.entries(values).reduce((text, [name, value]) => {
    const line = new RegExp(`^${name}=.*$`, 'm');
    if (!line.test(text)) throw new UserError(`.env.example must have a line ${name}=`);
    return text.replace(line, () => `${name}=${value}`);
  }, example);
}

/**
 * Add the lines that `path` lacks; nothing that is there changes.
 * @param {string} path
 * @param {string} filled
 * @returns {'kept' | 'completed'}
 */
function complete(path, filled) {
  const present = readFileSync(path, 'utf8');
  const names = new Set(
    [...present.matchAll(/^\s*(?:export\s+)?(\w+)=/gm)].map(([, name]) => name),
  );
  const missing = [...filled.matchAll(/^(\w+)=.*$/gm)].filter(([, name]) => !names.has(name));
  if (missing.length === 0) return 'kept';
  const added = [
    '',
    '# Added by init-env; .env.example explains them.',
    ...missing.map(([l]) => l),
  ];
  // Whole or not at all: a half-written .env would lose secrets.
  writeFileSync(`${path}.new`, `${present.trimEnd()}\n${added.join('\n')}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return 'completed';
}

/** @param {string[]} args */
function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      domain: { type: 'string' },
      ip: { type: 'string' },
      'turn-domain': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return HELP;
  const { domain, ip, 'turn-domain': turnDomain } = values;
  if (!domain && (ip || turnDomain)) throw new UserError('--ip and --turn-domain need --domain');
  if (domain && !ip) throw new UserError('--domain needs --ip, the public address of this machine');
  const server = domain && ip ? { domain, ip, ...(turnDomain && { turnDomain }) } : undefined;
  return {
    made: `Made .env with fresh secrets${server ? '; people need the ACCESS_PASSCODE in it' : ''}. Look through its settings, then: docker compose up --build`,
    kept: '.env exists and was left alone. Delete it to get fresh secrets.',
    completed: '.env exists: kept its values and added the settings it lacked.',
  }[initEnv(REPO_ROOT, server)];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(run(process.argv.slice(2)));
  } catch (error) {
    console.error(reasonOf(error));
    process.exitCode = 1;
  }
}
