// @ts-check
// The compose file and what it starts from. Images are not built here; names, ports and settings are held together.
import { spawn } from 'node:child_process';
import { existsSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { getLivekitServer } from './get-livekit-server.mjs';
import { initEnv } from './init-env.mjs';
import { LIVEKIT_SERVER_VERSION } from './livekit-server/release.mjs';
import { REPO_ROOT } from './start/paths.mjs';

const read = (/** @type {string} */ path) => readFileSync(join(REPO_ROOT, path), 'utf8');
const compose = parse(read('docker-compose.yml'));
const livekit = parse(read('livekit.yaml'));

describe('docker-compose.yml', () => {
  test('runs the livekit-server that the project is built and tested with', () => {
    expect(compose.services.livekit.image).toBe(
      `livekit/livekit-server:v${LIVEKIT_SERVER_VERSION}`,
    );
  });

  test('publishes exactly the ports of livekit.yaml, on the address that .env chooses', () => {
    const { port, rtc } = livekit;
    expect(compose.services.livekit.ports).toEqual([
      `\${BIND_ADDRESS:-127.0.0.1}:${port}:${port}`,
      `\${BIND_ADDRESS:-127.0.0.1}:${rtc.tcp_port}:${rtc.tcp_port}`,
      `\${BIND_ADDRESS:-127.0.0.1}:${rtc.udp_port}:${rtc.udp_port}/udp`,
    ]);
  });

  test('every variable it reads is in .env.example', () => {
    const used = new Set(
      [...read('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name),
    );
    const documented = [...read('.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual([...used].sort());
  });

  test('holds no secret, and does not start without one', () => {
    for (const { environment } of Object.values(compose.services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (/KEY|SECRET/.test(name))
          expect(value).toMatch(/^\$\{\w+:\?run: node tools\/init-env\.mjs\}/);
      }
    }
  });

  test('agent and page reach LiveKit and each other by service name', () => {
    const { agent, web } = compose.services;
    expect(new URL(agent.environment.LIVEKIT_URL).host).toBe(`livekit:${livekit.port}`);
    expect(web.environment.LIVEKIT_URL).toBe(agent.environment.LIVEKIT_URL);
    expect(web.environment.AGENT_URL).toBe(`http://agent:${agent.environment.AVATAR_HTTP_PORT}`);
    expect(agent.ports).toBeUndefined();
  });
});

describe('Dockerfiles', () => {
  test.each(['agent', 'web'])(
    '%s: everything copied from the repository is there, and the program is not root',
    (name) => {
      const dockerfile = read(`deploy/${name}.Dockerfile`);
      const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list]) =>
        (list ?? '').split(' '),
      );
      expect(copied.length).toBeGreaterThan(4);
      expect(copied.filter((path) => !existsSync(join(REPO_ROOT, path)))).toEqual([]);
      expect(dockerfile).toMatch(/^USER node$/m);
      expect(compose.services[name].build.dockerfile).toBe(`deploy/${name}.Dockerfile`);
    },
  );

  test('every workspace is known to npm in the images', () => {
    for (const workspace of parse(read('package.json')).workspaces) {
      for (const name of ['agent', 'web']) {
        expect(read(`deploy/${name}.Dockerfile`)).toContain(
          `COPY ${workspace}/package.json ${workspace}/\n`,
        );
      }
    }
  });

  test('secrets stay out of the build context', () => {
    expect(read('.dockerignore').split('\n')).toEqual(
      expect.arrayContaining(['.env', '.env.*', '.keys', '.git']),
    );
  });
});

describe('livekit.yaml', () => {
  /** @type {string} */
  let program;
  beforeAll(async () => {
    program = (await getLivekitServer()).path;
  }, 600_000);

  test('is accepted by the real server, whose parser refuses unknown keys', async () => {
    const [port, tcpPort, udpPort] = await Promise.all([freePort(), freePort(), freePort()]);
    const child = spawn(program, ['--config', join(REPO_ROOT, 'livekit.yaml')], {
      env: {
        LIVEKIT_KEYS: `APItest: ${'s'.repeat(40)}`,
        NODE_IP: '127.0.0.1',
        // Free ports, so that the test runs beside a server.
        LIVEKIT_PORT: String(port),
        LIVEKIT_RTC_TCP_PORT: String(tcpPort),
        UDP_PORT: String(udpPort),
      },
    });
    let output = '';
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    try {
      const answers = () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          (response) => response.status,
          () => output,
        );
      await expect.poll(answers, { timeout: 10_000 }).toBe(200);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

test('init-env makes .env once, with fresh keys, for its owner only', () => {
  const root = mkdtempSync(join(tmpdir(), 'init-env-'));
  try {
    copyFileSync(join(REPO_ROOT, '.env.example'), join(root, '.env.example'));
    expect(initEnv(root)).toBe('made');
    const made = readFileSync(join(root, '.env'), 'utf8');
    expect(made).toMatch(/^LIVEKIT_API_KEY=API\w{13}$/m);
    expect(made).toMatch(/^LIVEKIT_API_SECRET=[\w-]{43}$/m);
    expect(statSync(join(root, '.env')).mode & 0o777).toBe(0o600);
    expect(initEnv(root)).toBe('kept');
    expect(readFileSync(join(root, '.env'), 'utf8')).toBe(made);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
