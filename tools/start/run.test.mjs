// @ts-check
// The start as a whole, with the real livekit-server. Agent and page are stand-ins here: what is tested is how parts
// are started, watched and ended, so they must be able to fail on command.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { getLivekitServer } from '../get-livekit-server.mjs';
import { REPO_ROOT } from './paths.mjs';

const PORTS = { page: 43000, livekit: 47880, agent: 48090 };
const ARGS = Object.entries({
  '--port': PORTS.page,
  '--livekit-port': PORTS.livekit,
  '--agent-port': PORTS.agent,
});

/** Answers its health URL, forks a grandchild, and behaves as the file `orders` says. */
const STAND_IN = `
const { createServer } = require('http'); const fs = require('fs');
const name = process.argv[2] === 'start' ? 'page' : 'agent';
const port = name === 'page' ? process.env.PORT : process.env.AVATAR_HTTP_PORT;
const orders = fs.existsSync('orders') ? fs.readFileSync('orders', 'utf8') : '';
const grandchild = require('child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>{});setInterval(()=>{},1e3)']);
fs.writeFileSync(name + '.json', JSON.stringify({ env: process.env, pids: [process.pid, grandchild.pid] }));
console.log('hello from ' + name);
createServer((request, response) => {
  response.end(request.url === '/avatars' ? '[{"id":"ava","status":"ready"},{"id":"bad","status":"failed","reason":"no face"}]' : 'ok');
}).listen(port, '127.0.0.1');
process.on('SIGTERM', () => { fs.appendFileSync(name + '.goodbye', 'x'); if (orders !== 'stubborn') process.exit(0); });
if (orders === 'die') setTimeout(() => { console.error('Error: engine broke'); process.exit(7); }, 300);
`;

/** @type {string} */
let livekitServer;
/** @type {string} */
let root;
/** @type {import('node:child_process').ChildProcess | undefined} */
let started;
let output = '';

beforeAll(async () => {
  livekitServer = (await getLivekitServer()).path;
}, 600_000);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'start-test-'));
  output = '';
  cpSync(join(REPO_ROOT, 'tools'), join(root, 'tools'), { recursive: true });
  write('package.json', '{"type":"module"}');
  write('configs/realtime.yaml', '');
  write('agent/package.json', '{"type":"commonjs"}');
  write('agent/dist/main.js', STAND_IN);
  write('web/package.json', '{}');
  write('web/node_modules/next/package.json', '{"name":"next","version":"0.0.0"}');
  write('web/node_modules/next/dist/bin/next.js', STAND_IN);
  // Node's resolver finds the program under this very path.
  write('web/node_modules/next/dist/bin/next', STAND_IN);
  write('web/.next/BUILD_ID', 'x');
});

afterEach(() => {
  started?.kill('SIGKILL');
  for (const pid of pids()) if (alive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/**
 * @param {string} path
 * @param {string} content
 */
function write(path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** @param {string[]} extra */
function start(...extra) {
  const args = [
    'tools/start.mjs',
    ...ARGS.flatMap(([flag, port]) => [flag, String(port)]),
    ...extra,
  ];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...process.env,
      LIVEKIT_SERVER_BIN: livekitServer,
      LIVEKIT_PORT: '1',
      REDIS_HOST: 'nowhere:1',
    },
  });
  started = child;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output += String(chunk)));
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, ended };
}

const ready = () =>
  expect.poll(() => output, { timeout: 15_000 }).toContain('Live avatars are ready');

/** @param {string} name */
function standIn(name) {
  const path = join(root, name === 'page' ? 'web/page.json' : 'agent.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { env: {}, pids: [] };
}

/** @returns {number[]} */
const pids = () => [...standIn('agent').pids, ...standIn('page').pids];

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !(existsSync(stat) && / Z /.test(readFileSync(stat, 'utf8')));
  } catch {
    return false;
  }
}

/** @param {number} port */
const listening = (port) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );

async function everythingEnded() {
  expect(pids()).toHaveLength(4);
  await expect.poll(() => pids().filter(alive)).toEqual([]);
  expect(await listening(PORTS.livekit)).toBe(false);
}

describe('npm start', () => {
  test('starts the three parts with one key, shows where to go, and Ctrl-C ends everything', async () => {
    const { child, ended } = start();
    await ready();
    expect(output).toContain(`Open     http://localhost:${PORTS.page}`);
    expect(output).toMatch(/avatars: ava\n\s+failed: bad: no face/);
    expect(await listening(PORTS.livekit)).toBe(true);

    const keys = JSON.parse(readFileSync(join(root, '.keys/dev.json'), 'utf8'));
    for (const name of ['agent', 'page']) {
      expect(standIn(name).env).toMatchObject({
        LIVEKIT_URL: `ws://127.0.0.1:${PORTS.livekit}`,
        LIVEKIT_API_KEY: keys.apiKey,
        LIVEKIT_API_SECRET: keys.apiSecret,
      });
    }
    expect(standIn('page').env).toMatchObject({
      PUBLIC_LIVEKIT_URL: `ws://127.0.0.1:${PORTS.livekit}`,
      AGENT_URL: `http://127.0.0.1:${PORTS.agent}`,
    });
    expect(output).not.toContain(keys.apiSecret);
    expect(output).not.toContain('hello from agent');

    child.kill('SIGINT');
    // npm passes on what the terminal has delivered already: that must not count as "at once".
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(readFileSync(join(root, 'agent.goodbye'), 'utf8')).toBe('x');
    await everythingEnded();
  });

  test('a part that keeps ending is named with its last lines and the rest is stopped', async () => {
    write('orders', 'die');
    expect(await start().ended).toBe(1);
    expect(output.match(/agent ended with code 7; starting it again/g)?.length).toBeLessThanOrEqual(
      5,
    );
    expect(output).toMatch(
      /agent ended with code 7; its last lines:\n\s+hello from agent\n\s+Error: engine broke/,
    );
    await everythingEnded();
  }, 60_000);

  test('a part that is killed is started again, and the others are left alone', async () => {
    const { child, ended } = start();
    await ready();
    const [agentPid] = standIn('agent').pids;
    const pagePids = standIn('page').pids;
    process.kill(agentPid, 'SIGKILL');
    await expect.poll(() => standIn('agent').pids[0], { timeout: 10_000 }).not.toBe(agentPid);
    await expect.poll(() => listening(PORTS.agent), { timeout: 10_000 }).toBe(true);
    expect(output).toMatch(/agent was ended by SIGKILL; starting it again/);
    expect(standIn('page').pids).toEqual(pagePids);
    expect(pagePids.every(alive)).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await everythingEnded();
  }, 60_000);

  test('everything ends when the start itself is killed', async () => {
    const { child, ended } = start();
    await ready();
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => pids().filter(alive), { timeout: 15_000 }).toEqual([]);
    // In good order: the agent could say goodbye in its rooms.
    expect(readFileSync(join(root, 'agent.goodbye'), 'utf8')).toBe('x');
    await expect.poll(() => listening(PORTS.livekit), { timeout: 10_000 }).toBe(false);
  }, 60_000);

  test('a second Ctrl-C does not wait for a part that will not end', async () => {
    write('orders', 'stubborn');
    const { child, ended } = start();
    await ready();
    child.kill('SIGINT');
    await expect.poll(() => existsSync(join(root, 'agent.goodbye'))).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const secondMs = Date.now();
    child.kill('SIGINT');
    await ended;
    expect(Date.now() - secondMs).toBeLessThan(3_000);
    await everythingEnded();
  });

  test('--verbose shows every line', async () => {
    const { child, ended } = start('--verbose');
    await ready();
    expect(output).toMatch(/agent +\| hello from agent/);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('a port in use stops the start before anything runs', async () => {
    const holder = createServer();
    await new Promise((resolve) =>
      holder.listen(PORTS.agent, '127.0.0.1', () => resolve(undefined)),
    );
    try {
      expect(await start().ended).toBe(1);
    } finally {
      holder.close();
    }
    expect(output).toMatch(
      new RegExp(`Port ${PORTS.agent}/tcp for the agent is in use.*--agent-port`),
    );
    expect(pids()).toEqual([]);
  });

  test('a missing configuration is named', async () => {
    expect(await start('--config', 'nothing.yaml').ended).toBe(1);
    expect(output).toMatch(/nothing\.yaml does not exist.*--config/);
  });
});
