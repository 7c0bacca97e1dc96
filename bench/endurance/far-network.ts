/**
 * A second network namespace behind a bad link, and this process in one of its own: the service runs on the near side,
 * the browser on the far side. Linux, root or unprivileged user namespaces, python3, iproute2.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Address of the service's side. */
export const NEAR_ADDRESS = '10.77.0.1';
const FAR_ADDRESS = '10.77.0.2';
/** Set in the process that runs inside its own namespace. */
const INSIDE = 'ENDURANCE_NAMESPACE';

/** What one direction of the link does to packets. */
export type Impairment = { readonly delayMs: number; readonly lossRatio: number };

/** Why this machine cannot have a second network; undefined when it can. */
export function namespaceProblem(): string | undefined {
  const tried = spawnSync('unshare', [...unshareFlags(), 'sh', '-c', TRIAL], { encoding: 'utf8' });
  if (tried.status === 0) return undefined;
  return `network namespaces with a TUN device are needed (Linux, root, iproute2, python3): ${
    tried.error?.message ?? tried.stderr.trim()
  }`;
}

const TRIAL = 'ip tuntap add mode tun name trial && ip link set trial up && python3 --version';
const unshareFlags = (): string[] =>
  process.getuid?.() === 0 ? ['--net'] : ['--net', '--map-root-user'];

/** Whether this process already is in a namespace of its own (see `rerunInside`). */
export const isInside = (): boolean => process.env[INSIDE] === '1';

/** Run this very command again in a fresh network namespace. @returns its exit code */
export function rerunInside(): Promise<number> {
  const child = spawn(
    'unshare',
    [...unshareFlags(), process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } },
  );
  // Ctrl-C reaches both; the inner one ends in good order.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** The far side: a namespace held by a sleeping process, and the relay that is its only way out. */
export class FarNetwork {
  readonly #holder: ChildProcess;
  readonly #relay: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(holder: ChildProcess, relay: ChildProcess) {
    this.#holder = holder;
    this.#relay = relay;
    this.#answers = createInterface({ input: relay.stdout! })[Symbol.asyncIterator]();
  }

  /** Make it; call inside a namespace of our own. `seed` decides which packets are lost. */
  static async create(seed: number): Promise<FarNetwork> {
    spawnSync('ip', ['link', 'set', 'lo', 'up']);
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo there; exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Once it has printed, it is in its namespace.
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const script = fileURLToPath(new URL('lossy-link.py', import.meta.url));
    const relay = spawn(
      'python3',
      [script, String(holder.pid), NEAR_ADDRESS, FAR_ADDRESS, String(seed)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const network = new FarNetwork(holder, relay);
    await network.#answer();
    return network;
  }

  /** Change both directions. @returns packets that passed and that were dropped so far */
  async impair({ delayMs, lossRatio }: Impairment): Promise<{ passed: number; dropped: number }> {
    this.#relay.stdin!.write(`${delayMs} ${lossRatio}\n`);
    const [, passed, dropped] = (await this.#answer()).split(' ').map(Number);
    return { passed: passed ?? 0, dropped: dropped ?? 0 };
  }

  /** Words that start a command on the far side. */
  get enter(): string[] {
    return ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`];
  }

  /** Write a program to `path` that runs `program` with `args`, and what it is given, on the far side. */
  wrap(path: string, program: string, args: readonly string[]): void {
    const words = [...this.enter, program, ...args].map((word) => `'${word}'`).join(' ');
    writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`);
    chmodSync(path, 0o755);
  }

  /** End the link, then its far side. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#relay.once('exit', resolve));
    this.#relay.stdin!.end();
    if (this.#relay.exitCode === null) await ended;
    this.#holder.kill('SIGKILL');
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('the link ended');
    return value;
  }
}
