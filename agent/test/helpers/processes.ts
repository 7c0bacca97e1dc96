/** Child processes, ports and waiting, for tests that run the real programs. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Root of the repository. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A TCP port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Ask until the answer is neither undefined, null nor false. @throws Error naming `what` after `timeoutMs` */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 10_000,
  everyMs = 50,
): Promise<NonNullable<Exclude<T, false>>> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as NonNullable<Exclude<T, false>>;
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(everyMs);
  }
}

/** A program under test: keeps its output (also in files of TEST_LOG_DIR, if set), dies with the test. */
export class TestProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #exited: Promise<number | null>;
  #output = '';

  constructor(name: string, command: string, args: string[], env: Record<string, string> = {}) {
    this.#name = name;
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const logDir = process.env['TEST_LOG_DIR'];
    const keep = (data: Buffer) => {
      this.#output = (this.#output + data.toString()).slice(-200_000);
      if (logDir) appendFileSync(join(logDir, `${name}-${this.pid}.log`), data);
    };
    this.#child.stdout!.on('data', keep);
    this.#child.stderr!.on('data', keep);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code) => resolve(code));
      this.#child.once('error', () => resolve(null));
    });
    process.once('exit', () => this.#child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Everything it has written. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, null when a signal ended it. @throws Error with its last output after `timeoutMs` */
  async exit(timeoutMs = 15_000): Promise<number | null> {
    const code = await Promise.race([
      this.#exited,
      sleep(timeoutMs).then(() => 'timeout' as const),
    ]);
    if (code !== 'timeout') return code;
    throw new Error(
      `${this.#name} still runs after ${timeoutMs} ms:\n${this.#output.slice(-2000)}`,
    );
  }

  /** SIGTERM, then SIGKILL if it does not go. */
  async stop(timeoutMs = 15_000): Promise<void> {
    if (!this.running) return;
    this.kill('SIGTERM');
    await this.exit(timeoutMs).catch(() => this.kill('SIGKILL'));
  }
}

/** Process ids of the children of `pid` whose command line contains `text`. */
export async function childrenOf(pid: number, text: string): Promise<number[]> {
  const { execFile } = await import('node:child_process');
  const listing = await new Promise<string>((resolve) =>
    execFile('ps', ['-eo', 'pid=,ppid=,args='], (_error, stdout) => resolve(stdout)),
  );
  return listing
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && Number(match[2]) === pid && match[3]!.includes(text))
    .map((match) => Number(match![1]));
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
