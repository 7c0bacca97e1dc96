// @ts-check
// The compose files and what they start from. Images are not built here; Compose's own loader reads the files, and
// names, ports, settings and limits are held together.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { composeLoader } from '../deploy/check/compose-config.mjs';
import { getLivekitServer } from './get-livekit-server.mjs';
import { initEnv } from './init-env.mjs';
import { LIVEKIT_SERVER_VERSION } from './livekit-server/release.mjs';
import { REPO_ROOT } from './start/paths.mjs';
import { freePort } from './free-port.fixture.mjs';

const read = (/** @type {string} */ path) => readFileSync(join(REPO_ROOT, path), 'utf8');
const livekit = parse(read('livekit.yaml'));
const FILES = ['docker-compose.yml'];
const HOST_FILES = [...FILES, 'docker-compose.host.yml'];
const PROFILES = ['gpu', 'tls', 'recording', 'monitoring'];
const ALWAYS = ['agent', 'livekit', 'redis', 'web'];
/** @type {Record<string, string[]>} */
const STARTED = {
  gpu: ['agent-gpu'],
  tls: ['caddy'],
  recording: ['egress', 'recordings-folder'],
  monitoring: ['grafana', 'prometheus'],
};

describe('compose files, as Compose resolves them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  const envFile = join(folder, '.env');
  /** @type {import('../deploy/check/compose-config.mjs').ComposeConfig} */
  let load;
  /** @type {any} everything, all profiles at once */
  let all;
  beforeAll(async () => {
    writeFileSync(join(folder, '.env.example'), read('.env.example'));
    initEnv(folder);
    load = await composeLoader();
    all = await load({ files: FILES, profiles: PROFILES, envFile });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const servicesOf = (/** @type {any} */ project) => Object.keys(project.services).sort();

  test('without a profile: LiveKit, Redis, agent and page', async () => {
    expect(servicesOf(await load({ files: FILES, envFile }))).toEqual(ALWAYS);
  });

  test.each(PROFILES)('profile %s adds its services, on bridge and host networks', async (name) => {
    const expected = [...ALWAYS, ...(STARTED[name] ?? [])].sort();
    for (const files of [FILES, HOST_FILES]) {
      expect(servicesOf(await load({ files, profiles: [name], envFile }))).toEqual(expected);
    }
  });

  test('do not load without secrets, and say what makes them', async () => {
    writeFileSync(join(folder, 'empty'), '');
    await expect(load({ files: FILES, envFile: join(folder, 'empty') })).rejects.toThrow(
      /run: node tools\/init-env\.mjs/,
    );
  });

  test('run the livekit-server that the project is built and tested with', () => {
    expect(all.services.livekit.image).toBe(`livekit/livekit-server:v${LIVEKIT_SERVER_VERSION}`);
  });

  test('every image has a version', () => {
    for (const { image, build } of Object.values(all.services)) {
      if (!build) expect(image).toMatch(/^[\w/-]+:v?\d+\.\d+\.\d+(-\w+)?$/);
    }
  });

  test('publish the ports of livekit.yaml, nothing beyond this machine unless .env says so', () => {
    const { port, rtc } = livekit;
    const published = Object.entries(all.services).flatMap(([name, { ports = [] }]) =>
      ports.map(
        (/** @type {any} */ each) =>
          `${name} ${each.host_ip ?? '*'}:${each.published}:${each.target}/${each.protocol}`,
      ),
    );
    expect(published.sort()).toEqual([
      'caddy *:443:8443/tcp',
      'caddy *:80:8080/tcp',
      'grafana 127.0.0.1:3001:3000/tcp',
      `livekit 127.0.0.1:${port}:${port}/tcp`,
      `livekit 127.0.0.1:${rtc.tcp_port}:${rtc.tcp_port}/tcp`,
      `livekit 127.0.0.1:${rtc.udp_port}:${rtc.udp_port}/udp`,
      'web 127.0.0.1:3000:3000/tcp',
    ]);
  });

  test('containers run as somebody, on read-only roots, without capabilities, within limits', () => {
    for (const [name, service] of Object.entries(all.services)) {
      expect(service.cap_drop, name).toEqual(['ALL']);
      expect(service.deploy.resources.limits.memory, name).toBeDefined();
      expect(service.deploy.resources.limits.pids, name).toBeGreaterThan(0);
      // Chrome's sandbox needs to write in its image and one capability; it is the only exception.
      if (name === 'egress') continue;
      expect(service.read_only, name).toBe(true);
      expect(service.security_opt, name).toEqual(['no-new-privileges:true']);
      if (name === 'recordings-folder') {
        expect(service.cap_add).toEqual(['CHOWN']);
        expect(service.network_mode).toBe('none');
        continue;
      }
      expect(service.cap_add ?? [], name).toEqual([]);
      if (service.build) {
        const { context, dockerfile = 'Dockerfile' } = service.build;
        expect(readFileSync(join(context, dockerfile), 'utf8'), name).toMatch(
          /^USER (?!root|0)\S+$/m,
        );
      } else expect(service.user, name).toMatch(/^(?!root|0)/);
    }
  });

  test('whatever serves sessions gets a minute or more to end them', () => {
    const seconds = (/** @type {string} */ text) => {
      const [, minutes = 0, rest = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
      return 60 * Number(minutes) + Number(rest);
    };
    for (const name of ['livekit', 'agent', 'agent-gpu', 'egress', 'caddy']) {
      expect(seconds(all.services[name].stop_grace_period), name).toBeGreaterThanOrEqual(60);
    }
  });

  test('what others wait for has a health check', () => {
    for (const { depends_on: needs = {} } of Object.values(all.services)) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        if (condition === 'service_healthy') expect(all.services[needed].healthcheck).toBeDefined();
      }
    }
    expect(all.services.agent.depends_on.livekit.condition).toBe('service_healthy');
    expect(all.services.livekit.depends_on.redis.condition).toBe('service_healthy');
  });

  test('agent and page reach LiveKit and each other by service name', () => {
    const { agent, web } = all.services;
    expect(new URL(agent.environment.LIVEKIT_URL).host).toBe(`livekit:${livekit.port}`);
    expect(web.environment.LIVEKIT_URL).toBe(agent.environment.LIVEKIT_URL);
    expect(web.environment.AGENT_URL).toBe(`http://agent:${agent.environment.AVATAR_HTTP_PORT}`);
    expect(agent.ports).toBeUndefined();
    expect(all.services['agent-gpu'].networks.default.aliases).toContain('agent');
  });

  test('LiveKit tells the page what happens in rooms, signed with the key that the page knows', async () => {
    const [url] = livekit.webhook.urls;
    expect(existsSync(join(REPO_ROOT, 'web/app', new URL(url).pathname, 'route.ts'))).toBe(true);
    const { services } = await load({ files: HOST_FILES, profiles: PROFILES, envFile });
    for (const { livekit: server, web } of [all.services, services]) {
      expect(server.environment.LIVEKIT_WEBHOOK_API_KEY).toBe(web.environment.LIVEKIT_API_KEY);
      expect(new URL(url).host).toBe(`web:${web.ports[0].target}`);
    }
    expect(Object.keys(all.services.livekit.networks)).toContain('default');
    // On the host's network the name means the published port.
    expect(JSON.stringify(services.livekit.extra_hosts)).toMatch(/web.*127\.0\.0\.1/);
    expect(services.web.ports[0].published).toBe(new URL(url).port);
  });

  test('the page knows where its port is published, so that it can refuse to be open to everybody', () => {
    const { environment, ports } = all.services.web;
    expect(environment.HOSTNAME).toBeUndefined();
    expect(environment.BIND_ADDRESS).toBe(ports[0].host_ip);
    expect(environment.ACCESS_MODE).toBe('open');
  });

  test('on the host network LiveKit shares no ports and keeps its name for the others', async () => {
    const { services } = await load({ files: HOST_FILES, profiles: PROFILES, envFile });
    expect(services.livekit.network_mode).toBe('host');
    expect(services.livekit.ports ?? []).toEqual([]);
    expect(services.livekit.environment.REDIS_HOST).toBe('127.0.0.1:6379');
    expect(services.redis.ports).toMatchObject([{ host_ip: '127.0.0.1', published: '6379' }]);
    for (const name of ['agent', 'agent-gpu', 'web', 'caddy', 'egress', 'prometheus']) {
      expect(JSON.stringify(services[name].extra_hosts), name).toMatch(/livekit.*host-gateway/);
    }
  });

  test('CPU_AGENTS=0 leaves the sessions to the agent with the GPU', async () => {
    const gpuEnv = join(folder, 'gpu.env');
    writeFileSync(gpuEnv, readFileSync(envFile, 'utf8').replace(/^CPU_AGENTS=1$/m, 'CPU_AGENTS=0'));
    const { services } = await load({ files: FILES, profiles: ['gpu'], envFile: gpuEnv });
    expect(services.agent.deploy.replicas).toBe(0);
    expect(services['agent-gpu'].deploy.replicas ?? 1).toBe(1);
    expect(services['agent-gpu'].deploy.resources.reservations.devices[0].driver).toBe('nvidia');
  });

  test('every file that is mounted is there', () => {
    for (const { volumes = [] } of Object.values(all.services)) {
      for (const { type, source } of volumes) {
        // data/ is the operator's and optional.
        if (type === 'bind' && !source.endsWith('/data'))
          expect(existsSync(source), source).toBe(true);
      }
    }
  });

  test('every variable they read is in .env.example, and no other', () => {
    const used = new Set(
      HOST_FILES.flatMap((file) =>
        [...read(file).matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name),
      ),
    );
    // Read by Compose itself.
    for (const name of ['COMPOSE_PROFILES', 'COMPOSE_FILE']) used.add(name);
    const documented = [...read('.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual([...used].sort());
  });

  test('hold no secret', () => {
    for (const file of HOST_FILES) {
      for (const [, value] of read(file).matchAll(/(?:KEYS?|SECRET|PASSWORD): '([^']*)'/g)) {
        expect(value).toMatch(
          /^\$\{\w+:\?run: node tools\/init-env\.mjs\}|^\$\{ACCESS_API_KEYS:-\}$/,
        );
      }
    }
  });
});

describe('Dockerfiles', () => {
  const IMAGES = ['agent', 'agent-gpu', 'web'];
  test.each(IMAGES)('%s: everything copied from the repository is there', (name) => {
    const dockerfile = read(`deploy/${name}.Dockerfile`);
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list]) =>
      (list ?? '').split(' '),
    );
    expect(copied.length).toBeGreaterThan(4);
    expect(copied.filter((path) => !existsSync(join(REPO_ROOT, path)))).toEqual([]);
  });

  test.each(IMAGES)('%s: npm knows every workspace, and only their manifests', (name) => {
    const dockerfile = read(`deploy/${name}.Dockerfile`);
    for (const workspace of parse(read('package.json')).workspaces) {
      expect(dockerfile).toContain(`COPY ${workspace}/package.json ${workspace}/\n`);
    }
    expect(dockerfile).not.toMatch(/^COPY (eval|bench|e2e) /m);
  });

  test.each([...IMAGES.map((name) => `deploy/${name}.Dockerfile`), 'deploy/caddy/Dockerfile'])(
    '%s: bases have versions, and the last stage is not the one that builds',
    (path) => {
      const stages = [...read(path).matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
      const names = new Set(stages.map(([, , name]) => name));
      expect(stages.length).toBeGreaterThan(1);
      expect(stages.at(-1)?.[2]).toBeUndefined();
      for (const [, image] of stages) {
        if (!names.has(image)) expect(image).toMatch(/:\d+\.\d+/);
      }
    },
  );

  test('secrets and weights stay out of the build context', () => {
    expect(read('.dockerignore').split('\n')).toEqual(
      expect.arrayContaining(['.env', '.env.*', '.keys', '.git', 'models/musetalk-v15/*.onnx']),
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
        LIVEKIT_WEBHOOK_API_KEY: 'APItest',
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
