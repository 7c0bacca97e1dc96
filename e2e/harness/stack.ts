/** The whole product as a user starts it: `tools/start.mjs` on free ports, with a configuration of the test's own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A running stack. */
export type Stack = {
  readonly pageUrl: string;
  readonly agentUrl: string;
  readonly livekitUrl: string;
  /** Process id of tools/start.mjs. */
  readonly pid: number;
  /** Everything printed so far. */
  log(): string;
  stop(): Promise<void>;
};

/** First of `count` consecutive ports that are free for TCP right now. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 20_000);
    const free = await Promise.all(
      Array.from(
        { length: count },
        (_, i) =>
          new Promise<boolean>((resolve) => {
            const server = createServer();
            server.once('error', () => resolve(false));
            server.listen(first + i, '127.0.0.1', () => server.close(() => resolve(true)));
          }),
      ),
    );
    if (free.every(Boolean)) return first;
  }
  throw new Error('no free ports found');
}

/**
 * Start and wait until the page answers; `env` is added to the environment. `videoMaxPx`: longest side of every picture,
 * for tests with several browsers, which on two cores have no time for large ones.
 * @throws Error with the log when it does not within `timeoutMs`
 */
export async function startStack(options: {
  config: string;
  videoMaxPx?: number;
  timeoutMs?: number;
  env?: Record<string, string>;
}): Promise<Stack> {
  const first = await freePorts(5);
  const [livekitPort, agentPort, pagePort] = [first, first + 3, first + 4];
  const folder = mkdtempSync(join(tmpdir(), 'avatar-stack-'));
  const config = join(folder, 'realtime.yaml');
  const service = options.videoMaxPx
    ? `service:\n  video_max_px: ${options.videoMaxPx}`
    : 'service:';
  writeFileSync(config, readFileSync(options.config, 'utf8').replace(/^service:/m, service));
  const child: ChildProcess = spawn(
    process.execPath,
    [
      'tools/start.mjs',
      '--verbose',
      '--skip-checks',
      '--config',
      config,
      '--livekit-port',
      String(livekitPort),
      '--agent-port',
      String(agentPort),
      '--port',
      String(pagePort),
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  );
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-200_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const pageUrl = `http://127.0.0.1:${pagePort}`;
  const agentUrl = `http://127.0.0.1:${agentPort}`;
  const deadline = Date.now() + (options.timeoutMs ?? 90_000);
  const isUp = async (url: string): Promise<boolean> => {
    try {
      return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
    } catch {
      return false;
    }
  };
  while (!((await isUp(`${agentUrl}/readyz`)) && (await isUp(`${pageUrl}/api/health`)))) {
    if (hasExited() || Date.now() > deadline) {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`the stack did not start:\n${output.slice(-4000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    pageUrl,
    agentUrl,
    livekitUrl: `ws://127.0.0.1:${livekitPort}`,
    pid: child.pid!,
    log: () => output,
    async stop() {
      if (!hasExited()) child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await exited;
      clearTimeout(kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
