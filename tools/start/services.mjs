// @ts-check
// What runs: a LiveKit server, the agent, the page. Addresses and environment of each, in one place.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { livekitEnv } from './livekit-config.mjs';
import { localAddress } from './network.mjs';
import { REPO_ROOT } from './paths.mjs';

/**
 * @typedef {object} Service
 * @property {import('./children.mjs').ChildSpec} spec
 * @property {string} healthUrl answers 2xx once the service is ready
 */

/**
 * @param {object} input
 * @param {import('./args.mjs').StartOptions} input.options
 * @param {import('./dev-keys.mjs').ApiKeys} input.keys
 * @param {string} input.livekitServer path of the program
 * @param {NodeJS.ProcessEnv} input.env
 * @returns {Record<'livekit' | 'agent' | 'page', Service>}
 */
export function services({ options, keys, livekitServer, env }) {
  const { host, pagePort, livekitPort, agentPort, configPath } = options;
  const livekitUrl = `ws://127.0.0.1:${livekitPort}`;
  const agentUrl = `http://127.0.0.1:${agentPort}`;
  const secrets = {
    LIVEKIT_URL: livekitUrl,
    LIVEKIT_API_KEY: keys.apiKey,
    LIVEKIT_API_SECRET: keys.apiSecret,
  };
  const production = { ...env, NODE_ENV: 'production' };

  return {
    livekit: {
      spec: {
        name: 'livekit',
        command: livekitServer,
        args: [],
        cwd: REPO_ROOT,
        env: livekitEnv(options, keys, env),
      },
      healthUrl: `http://127.0.0.1:${livekitPort}/`,
    },
    agent: {
      spec: {
        name: 'agent',
        command: process.execPath,
        args: ['--enable-source-maps', join('agent', 'dist', 'main.js')],
        cwd: REPO_ROOT,
        env: {
          // glibc keeps an arena per thread otherwise: 414 MB instead of 174 MB after 120 sessions.
          MALLOC_ARENA_MAX: '2',
          ...production,
          ...secrets,
          AVATAR_CONFIG: configPath,
          AVATAR_HTTP_HOST: '127.0.0.1',
          AVATAR_HTTP_PORT: String(agentPort),
        },
      },
      healthUrl: `${agentUrl}/readyz`,
    },
    page: {
      spec: {
        name: 'page',
        command: process.execPath,
        args: [nextProgram(), 'start', '--hostname', host, '--port', String(pagePort)],
        cwd: join(REPO_ROOT, 'web'),
        env: {
          ...production,
          ...secrets,
          NEXT_TELEMETRY_DISABLED: '1',
          ...publicLivekitUrl(host, livekitPort, env),
          AGENT_URL: agentUrl,
          HOSTNAME: host,
          PORT: String(pagePort),
        },
      },
      healthUrl: `http://${localAddress(host)}:${pagePort}/api/health`,
    },
  };
}

/**
 * LiveKit's address for browsers. On 0.0.0.0 the page derives it from the name it was opened with.
 * @param {string} host
 * @param {number} livekitPort
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ PUBLIC_LIVEKIT_URL?: string }}
 */
function publicLivekitUrl(host, livekitPort, env) {
  if (env['PUBLIC_LIVEKIT_URL']) return { PUBLIC_LIVEKIT_URL: env['PUBLIC_LIVEKIT_URL'] };
  return host === '0.0.0.0' ? {} : { PUBLIC_LIVEKIT_URL: `ws://${host}:${livekitPort}` };
}

/** The page server's script; asked of Node because npm may put it in either node_modules. */
function nextProgram() {
  return createRequire(join(REPO_ROOT, 'web', 'package.json')).resolve('next/dist/bin/next');
}
