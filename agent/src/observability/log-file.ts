/**
 * A log file that several processes append to (the agent and its jobs): whole lines, rotated by size, never a reason to
 * stop. pino-roll and the like count the bytes of one process only; here everyone looks at the file itself.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { AvatarError, toAvatarError } from '../errors.ts';

/** Older files kept: NAME.1 (newest) to NAME.5. */
const KEPT_FILES = 5;
/** How often each process looks whether the file has grown too large or been moved away, ms. */
const CHECK_MS = 2000;

/** See the head of this file. Writing blocks for as long as the system needs to take a line into its cache. */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #isOwner: boolean;
  readonly #timer: NodeJS.Timeout;
  #fd: number;
  #lost = 0;

  /**
   * @param options.isOwner whether this process rotates the file; exactly one should
   * @throws AvatarError CONFIG_INVALID when it cannot be opened
   */
  constructor(options: {
    readonly path: string;
    readonly maxBytes: number;
    readonly isOwner: boolean;
    readonly checkMs?: number;
  }) {
    this.#path = options.path;
    this.#maxBytes = options.maxBytes;
    this.#isOwner = options.isOwner;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#fd = openSync(this.#path, 'a', 0o640);
    } catch (cause) {
      throw new AvatarError(
        'CONFIG_INVALID',
        `LOG_FILE: ${this.#path} cannot be written: ${toAvatarError(cause).message}; name a file in a folder of this user`,
        { cause },
      );
    }
    this.#timer = setInterval(() => this.#check(), options.checkMs ?? CHECK_MS).unref();
  }

  /** Append one line (with its newline). On a full disk it is lost and counted; the service goes on. */
  write(line: string): void {
    try {
      if (this.#lost > 0) {
        const time = new Date().toISOString();
        writeSync(this.#fd, `${JSON.stringify({ level: 40, time, msg: this.#lossNote() })}\n`);
        this.#lost = 0;
      }
      writeSync(this.#fd, line);
    } catch {
      this.#lost += 1;
    }
  }

  /** Write nothing more. */
  close(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }

  #lossNote(): string {
    return `${this.#lost} lines could not be written to the log file`;
  }

  /** Rotate when it is too large; open it anew when somebody (the owner, logrotate, a person) has moved it away. */
  #check(): void {
    try {
      const opened = fstatSync(this.#fd);
      if (this.#isOwner && opened.isFile() && opened.size > this.#maxBytes) this.#rotate();
      const present = statSync(this.#path, { throwIfNoEntry: false });
      if (!present || !isSameFile(present, opened)) {
        const fd = openSync(this.#path, 'a', 0o640);
        closeSync(this.#fd);
        this.#fd = fd;
      }
    } catch {
      // A full disk or a folder that is gone: lines are counted as lost until it is mended.
    }
  }

  #rotate(): void {
    for (let number = KEPT_FILES - 1; number >= 0; number -= 1) {
      const from = number === 0 ? this.#path : `${this.#path}.${number}`;
      if (statSync(from, { throwIfNoEntry: false }))
        renameSync(from, `${this.#path}.${number + 1}`);
    }
  }
}

const isSameFile = (a: Stats, b: Stats): boolean => a.ino === b.ino && a.dev === b.dev;
