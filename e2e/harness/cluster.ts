/**
 * Several machines' worth of processes on one: Redis, two LiveKit nodes that share it, agents that register at either
 * node, and one page server that knows all agents.
 */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { TestAgent } from '../../agent/test/helpers/agent-process.ts';
import { TestLivekitServer } from '../../agent/test/helpers/livekit-server.ts';
import { freePort, TestProcess, waitFor } from '../../agent/test/helpers/processes.ts';

const WEB = fileURLToPath(new URL('../../web/', import.meta.url));
const REDIS_PATHS = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'];

/** See the head of this file. */
export class Cluster {
  readonly redis: TestProcess;
  readonly nodes: readonly TestLivekitServer[];
  readonly agents: readonly TestAgent[];
  readonly page: TestProcess;
  readonly pageUrl: string;

  private constructor(parts: {
    redis: TestProcess;
    nodes: TestLivekitServer[];
    agents: TestAgent[];
    page: TestProcess;
    pageUrl: string;
  }) {
    this.redis = parts.redis;
    this.nodes = parts.nodes;
    this.agents = parts.agents;
    this.page = parts.page;
    this.pageUrl = parts.pageUrl;
  }

  /** Two nodes and an agent with `config` (text of realtime.yaml) at each; ready when it returns. */
  static async start(config: string): Promise<Cluster> {
    const redisPort = await freePort();
    const redis = new TestProcess('redis', redisPath(), [
      ...['--port', String(redisPort), '--bind', '127.0.0.1'],
      ...['--save', '', '--appendonly', 'no'],
    ]);
    const nodes: TestLivekitServer[] = [];
    const agents: TestAgent[] = [];
    let page: TestProcess | undefined;
    try {
      await waitFor('redis answers', () => canConnect(redisPort));
      for (let i = 0; i < 2; i += 1) {
        const livekit = await TestLivekitServer.start({ redis: `127.0.0.1:${redisPort}` });
        nodes.push(livekit);
        const agent = await TestAgent.start({ livekit, config, ready: false });
        agents.push(agent);
        // One after the other: agents of one machine share the folder of prepared avatars.
        await agent.ready();
      }
      const pagePort = await freePort();
      const pageUrl = `http://127.0.0.1:${pagePort}`;
      page = startPage(pagePort, nodes[0]!, agents);
      await waitFor('the page answers', () => isOk(`${pageUrl}/api/health`), 30_000);
      return new Cluster({ redis, nodes, agents, page, pageUrl });
    } catch (error) {
      // What is left over would slow down every test after this one.
      for (const each of [redis, page, ...agents.map((agent) => agent.process)])
        each?.kill('SIGKILL');
      await Promise.all(nodes.map((node) => node.kill()));
      throw error;
    }
  }

  /** Sessions of each agent. */
  async sessions(): Promise<number[]> {
    const counts = this.agents.map(async (agent) =>
      agent.process.running ? (await agent.status()).activeSessions : 0,
    );
    return Promise.all(counts);
  }

  /** POST to the page's API. */
  post(path: string, body: unknown): Promise<Response> {
    return fetch(`${this.pageUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async stop(): Promise<void> {
    await this.page.stop();
    await Promise.all(this.agents.map((agent) => agent.stop()));
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.redis.stop();
  }
}

/** The built page; it runs in web/, so TestProcess's working directory is led there by `next start DIR`. */
function startPage(
  port: number,
  livekit: TestLivekitServer,
  agents: readonly TestAgent[],
): TestProcess {
  const next = createRequire(`${WEB}package.json`).resolve('next/dist/bin/next');
  const args = [next, 'start', WEB, '--hostname', '127.0.0.1', '--port', String(port)];
  return new TestProcess('page', process.execPath, args, {
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    HOSTNAME: '127.0.0.1',
    LIVEKIT_URL: livekit.url,
    PUBLIC_LIVEKIT_URL: livekit.url,
    LIVEKIT_API_KEY: livekit.apiKey,
    LIVEKIT_API_SECRET: livekit.apiSecret,
    AGENT_URL: agents.map(({ httpUrl }) => httpUrl).join(','),
  });
}

function redisPath(): string {
  const found = [process.env['REDIS_BIN'], ...REDIS_PATHS].find((path) => path && existsSync(path));
  if (found) return found;
  throw new Error('redis-server is not installed: apt-get install redis-server, or set REDIS_BIN');
}

const isOk = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
