/** A real livekit-server on loopback, for tests. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ROOT, sleep, TestProcess, waitFor } from './processes.ts';

const CONFIG_KEY = 'testkey';
const CONFIG_SECRET = 'a-secret-for-tests-that-is-long-enough';

/** Path of the program: LIVEKIT_SERVER_BIN, or what the repository's own tool finds or builds. */
export function livekitServerPath(): string {
  const named = process.env['LIVEKIT_SERVER_BIN'];
  if (named) return named;
  const output = execFileSync('node', [join(ROOT, 'tools/get-livekit-server.mjs')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return output.trim().split('\n').at(-1)!;
}

/** A server that can be killed and started again on the same ports. */
export class TestLivekitServer {
  readonly apiKey = CONFIG_KEY;
  readonly apiSecret = CONFIG_SECRET;
  readonly #program: string;
  readonly #configPath: string;
  readonly #port: number;
  #process: TestProcess | undefined;

  private constructor(program: string, configPath: string, port: number) {
    this.#program = program;
    this.#configPath = configPath;
    this.#port = port;
  }

  /**
   * Start one and wait until it answers. `redis` (host:port) makes it a node of all servers that name the same;
   * `webhookUrl` is told what happens in rooms.
   */
  static async start(
    options: { started?: boolean; redis?: string; webhookUrl?: string } = {},
  ): Promise<TestLivekitServer> {
    const [port, tcpPort, udpPort] = [await freePort(), await freePort(), await freePort()];
    const configPath = join(mkdtempSync(join(tmpdir(), 'livekit-test-')), 'livekit.yaml');
    writeFileSync(
      configPath,
      `port: ${port}
bind_addresses: [127.0.0.1]
keys:
  ${CONFIG_KEY}: ${CONFIG_SECRET}
rtc:
  tcp_port: ${tcpPort}
  udp_port: ${udpPort}
  use_external_ip: false
  enable_loopback_candidate: true
  interfaces:
    includes: [lo]
logging:
  level: warn
${options.redis === undefined ? '' : `redis: {address: ${options.redis}}\n`}${
        options.webhookUrl === undefined
          ? ''
          : `webhook: {api_key: ${CONFIG_KEY}, urls: ['${options.webhookUrl}']}\n`
      }`,
    );
    const server = new TestLivekitServer(livekitServerPath(), configPath, port);
    if (options.started !== false) await server.startAgain();
    return server;
  }

  /** ws:// address. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** http:// address of the same server. */
  get httpUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get output(): string {
    return this.#process?.output ?? '';
  }

  /** Start after `kill`, on the same ports. */
  async startAgain(): Promise<void> {
    this.#process = new TestProcess('livekit-server', this.#program, [
      '--config',
      this.#configPath,
    ]);
    await waitFor('livekit-server answers', async () => {
      if (!this.#process!.running) throw new Error(`livekit-server ended:\n${this.output}`);
      return await fetch(this.httpUrl)
        .then((response) => response.ok)
        .catch(() => false);
    });
  }

  /** End it without a goodbye. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process?.exit();
    await sleep(50);
  }

  async stop(): Promise<void> {
    await this.#process?.stop(5000);
  }
}
