/** The real agent (dist/main.js) as a child process, with its own configuration and folders. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { AgentDispatchClient } from 'livekit-server-sdk';
import {
  agentStatusSchema,
  avatarSummarySchema,
  DISPATCH_AUDIENCE,
} from '../../src/api/contract.ts';
import type { AgentStatus, AvatarSummary } from '../../src/api/contract.ts';
import type { TestLivekitServer } from './livekit-server.ts';
import { childrenOf, freePort, ROOT, TestProcess, waitFor } from './processes.ts';

const MAIN = join(ROOT, 'agent/dist/main.js');
/** Preparing two stills takes a few seconds; a busy machine several times as long. */
const READY_TIMEOUT_MS = 90_000;

/** Options of `TestAgent.start`. */
export type TestAgentOptions = {
  readonly livekit: TestLivekitServer;
  /** Text of realtime.yaml. */
  readonly config: string;
  /** Wait until it is ready; default true. */
  readonly ready?: boolean;
  readonly env?: Record<string, string>;
};

/** One agent and the ways to look at it. */
export class TestAgent {
  readonly process: TestProcess;
  readonly httpUrl: string;
  readonly agentName: string;
  readonly socketPath: string;
  readonly #livekit: TestLivekitServer;

  private constructor(options: TestAgentOptions, port: number, folder: string) {
    this.#livekit = options.livekit;
    this.httpUrl = `http://127.0.0.1:${port}`;
    this.agentName = /agent_name: *([\w-]+)/.exec(options.config)?.[1] ?? 'avatar';
    this.socketPath = join(folder, 'engine.sock');
    this.process = new TestProcess('agent', process.execPath, [MAIN], {
      NODE_ENV: 'production',
      MALLOC_ARENA_MAX: '2',
      LIVEKIT_URL: options.livekit.url,
      LIVEKIT_API_KEY: options.livekit.apiKey,
      LIVEKIT_API_SECRET: options.livekit.apiSecret,
      AVATAR_CONFIG: join(folder, 'realtime.yaml'),
      AVATAR_HTTP_PORT: String(port),
      AVATAR_ENGINE_SOCKET: this.socketPath,
      ...options.env,
    });
  }

  /** Start an agent; needs a build (`npm run build -w agent`). */
  static async start(options: TestAgentOptions): Promise<TestAgent> {
    if (!existsSync(MAIN)) throw new Error('agent/dist is missing: run `npm run build -w agent`');
    const folder = mkdtempSync(join(tmpdir(), 'avatar-agent-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'realtime.yaml'), options.config);
    const agent = new TestAgent(options, await freePort(), folder);
    if (options.ready !== false) await agent.ready();
    return agent;
  }

  /** Wait for /readyz. @throws Error with the agent's output */
  async ready(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    await waitFor(
      'agent ready',
      async () => {
        if (!this.process.running) throw new Error(`the agent ended:\n${this.process.output}`);
        return (await this.get('/readyz').catch(() => undefined))?.ok;
      },
      timeoutMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.process.output.slice(-3000)}`);
    });
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.httpUrl}${path}`, { signal: AbortSignal.timeout(5000) });
  }

  async status(): Promise<AgentStatus> {
    return agentStatusSchema.parse(await (await this.get('/status')).json());
  }

  async avatars(): Promise<AvatarSummary[]> {
    return avatarSummarySchema.array().parse(await (await this.get('/avatars')).json());
  }

  /** Process ids of its job processes, idle ones included. */
  jobPids(): Promise<number[]> {
    return childrenOf(this.process.pid, 'job_proc');
  }

  /** Sign dispatch metadata as the page's server does; `changes` make it wrong. */
  metadata(
    claims: { room: string; participant: string; avatar: string },
    changes: { secret?: string; expiresInS?: number } = {},
  ): Promise<string> {
    return new SignJWT({ ...claims, aud: DISPATCH_AUDIENCE })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(Date.now() / 1000) + (changes.expiresInS ?? 60))
      .sign(new TextEncoder().encode(changes.secret ?? this.#livekit.apiSecret));
  }

  /** Ask LiveKit to send this agent into a room. */
  async dispatch(room: string, metadata: string): Promise<void> {
    const { httpUrl, apiKey, apiSecret } = this.#livekit;
    const client = new AgentDispatchClient(httpUrl, apiKey, apiSecret);
    await client.createDispatch(room, this.agentName, { metadata });
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
