/** A wall clock that the test sets while processes run: theirs alone, by a preloaded library. Linux with a C compiler. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'clock-jump.c');
const NS_PER_MS = 1_000_000n;

/** One clock for all processes that are started with `env`, and for their children. */
export class ClockJump {
  /** Environment of a process that is to live by this clock. */
  readonly env: Readonly<Record<string, string>>;
  readonly #library: string;
  readonly #file: number;

  private constructor(folder: string) {
    this.#library = join(folder, 'clock-jump.so');
    // The compiler of the machine: a library from a package would be another version of the same trouble.
    execFileSync(
      process.env['CC'] ?? 'cc',
      ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', this.#library, SOURCE],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const path = join(folder, 'offset');
    this.#file = openSync(path, 'w+');
    this.env = { LD_PRELOAD: this.#library, CLOCK_JUMP_FILE: path };
    this.set(0);
  }

  /** Build the library. @throws Error when there is no C compiler */
  static create(): ClockJump {
    const folder = mkdtempSync(join(tmpdir(), 'clock-jump-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    try {
      return new ClockJump(folder);
    } catch (cause) {
      throw new Error('no jumping clock: this test compiles clock-jump.c; install gcc, libc6-dev', {
        cause,
      });
    }
  }

  /** From now on the clock of all its processes is `offsetMs` ahead of the machine's; negative: behind. */
  set(offsetMs: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.round(offsetMs)) * NS_PER_MS);
    writeSync(this.#file, bytes, 0, bytes.length, 0);
  }

  /** Whether a process lives by this clock. */
  isFor(pid: number): boolean {
    return readFileSync(`/proc/${pid}/maps`, 'utf8').includes(this.#library);
  }

  close(): void {
    closeSync(this.#file);
  }
}
