/**
 * Everything recording needs, on free ports: Redis, livekit-server on it, which tells the page what happens in rooms, an
 * agent, and the built page.
 */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TestAgent } from '../../agent/test/helpers/agent-process.ts';
import { TestLivekitServer } from '../../agent/test/helpers/livekit-server.ts';
import { freePort, ROOT, TestProcess, waitFor } from '../../agent/test/helpers/processes.ts';
import { WebhookRelay } from './webhook-relay.ts';

const REDIS_PATHS = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'];

/** Start Redis on loopback. @throws Error with the install line when it is not there */
export async function startRedis(): Promise<{ process: TestProcess; port: number }> {
  const path = [process.env['REDIS_BIN'], ...REDIS_PATHS].find((name) => name && existsSync(name));
  if (!path) {
    throw new Error(
      'redis-server is not installed: apt-get install redis-server, or set REDIS_BIN',
    );
  }
  const port = await freePort();
  const redis = new TestProcess('redis', path, [
    ...['--port', String(port), '--bind', '127.0.0.1'],
    ...['--save', '', '--appendonly', 'no'],
  ]);
  const isUp = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
  await waitFor('redis answers', isUp);
  return { process: redis, port };
}

/** See the head of this file. */
export class RecordingStack {
  readonly redis: { process: TestProcess; port: number };
  readonly livekit: TestLivekitServer;
  readonly webhooks: WebhookRelay;
  readonly agent: TestAgent;
  readonly pageUrl: string;
  readonly #pagePort: number;
  #page: TestProcess;

  private constructor(
    parts: Pick<RecordingStack, 'redis' | 'livekit' | 'webhooks' | 'agent'>,
    pagePort: number,
    env: Record<string, string>,
  ) {
    this.redis = parts.redis;
    this.livekit = parts.livekit;
    this.webhooks = parts.webhooks;
    this.agent = parts.agent;
    this.#pagePort = pagePort;
    this.pageUrl = `http://127.0.0.1:${pagePort}`;
    this.#page = this.#startPage(env);
  }

  /** Start all with `config` (text of realtime.yaml) and the page with `env`. */
  static async start(config: string, env: Record<string, string>): Promise<RecordingStack> {
    const redis = await startRedis();
    const pagePort = await freePort();
    const route = `http://127.0.0.1:${pagePort}/api/livekit-webhook`;
    const webhooks = await WebhookRelay.start(route);
    const livekit = await TestLivekitServer.start({
      redis: `127.0.0.1:${redis.port}`,
      webhookUrl: webhooks.url,
    });
    const agent = await TestAgent.start({ livekit, config });
    const stack = new RecordingStack({ redis, livekit, webhooks, agent }, pagePort, env);
    await stack.#pageAnswers();
    return stack;
  }

  /** End the page's server without a goodbye and start it with other settings on the same port. */
  async restartPage(env: Record<string, string>): Promise<void> {
    this.#page.kill('SIGKILL');
    await this.#page.exit();
    this.#page = this.#startPage(env);
    await this.#pageAnswers();
  }

  async stop(): Promise<void> {
    await this.#page.stop();
    await this.agent.stop();
    await this.livekit.stop();
    this.webhooks.stop();
    await this.redis.process.stop();
  }

  #startPage(env: Record<string, string>): TestProcess {
    const web = join(ROOT, 'web');
    const next = createRequire(join(web, 'package.json')).resolve('next/dist/bin/next');
    const args = ['start', web, '--hostname', '127.0.0.1', '--port', String(this.#pagePort)];
    return new TestProcess('page', process.execPath, [next, ...args], {
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      HOSTNAME: '127.0.0.1',
      LIVEKIT_URL: this.livekit.url,
      PUBLIC_LIVEKIT_URL: this.livekit.url,
      LIVEKIT_API_KEY: this.livekit.apiKey,
      LIVEKIT_API_SECRET: this.livekit.apiSecret,
      AGENT_URL: this.agent.httpUrl,
      ...env,
    });
  }

  #pageAnswers(): Promise<boolean> {
    return waitFor(
      'the page answers',
      async () => {
        if (!this.#page.running) throw new Error(`the page ended:\n${this.#page.output}`);
        const answer = await fetch(`${this.pageUrl}/api/health`).catch(() => undefined);
        return answer?.ok === true;
      },
      30_000,
    );
  }
}
