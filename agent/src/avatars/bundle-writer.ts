/** Writes the files of one bundle into a temporary folder and puts it in place in one step. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AvatarError } from '../errors.ts';
import { sha256 } from './bundle-key.ts';
import type { BundleManifest } from './bundle-types.ts';
import { BUNDLE_FILES } from './open-bundle.ts';

/** A temporary folder untouched for this long belongs to a process that crashed. */
const STALE_AFTER_MS = 60 * 60 * 1000;

/** One bundle being written. Either `publish` or `discard` ends it. */
export class BundleWriter {
  readonly #target: string;
  readonly #temporary: string;
  readonly #hashes = new Map<string, string>();

  private constructor(target: string, temporary: string) {
    this.#target = target;
    this.#temporary = temporary;
  }

  /** @throws AvatarError BUNDLE_NOT_WRITTEN */
  static async create(target: string): Promise<BundleWriter> {
    const temporary = `${target}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
    const writer = new BundleWriter(target, temporary);
    await writer.#guard(async () => {
      await removeStale(target);
      await mkdir(join(temporary, 'frames'), { recursive: true });
      await mkdir(join(temporary, 'clips'));
    });
    return writer;
  }

  /** Where the files lie until `publish`. */
  get directory(): string {
    return this.#temporary;
  }

  /** Hashes of the files written so far, by name. */
  get files(): Record<string, string> {
    return Object.fromEntries(this.#hashes);
  }

  /** @throws AvatarError BUNDLE_NOT_WRITTEN */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.#hashes.set(name, sha256(bytes));
    await this.#guard(() => writeFile(join(this.#temporary, name), bytes));
  }

  /** Write the manifest and replace the old bundle, if any. @throws AvatarError BUNDLE_NOT_WRITTEN */
  async publish(manifest: BundleManifest): Promise<void> {
    const text = `${JSON.stringify(manifest, null, 1)}\n`;
    await this.#guard(async () => {
      await writeFile(join(this.#temporary, BUNDLE_FILES.manifest), text);
      const old = `${this.#target}.tmp-old-${randomBytes(4).toString('hex')}`;
      const hasOld = await moveIfThere(this.#target, old);
      await rename(this.#temporary, this.#target);
      if (hasOld) await rm(old, { recursive: true, force: true });
    });
  }

  /** Remove what was written; harmless after `publish`. */
  async discard(): Promise<void> {
    await rm(this.#temporary, { recursive: true, force: true });
  }

  async #guard(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const folder = dirname(this.#target);
      const cures: Record<string, string> = {
        ENOSPC: 'the disk is full; free some space',
        EDQUOT: 'the disk quota is used up; free some space',
        EACCES: `no permission; make ${folder} writable, or set AVATAR_CACHE_DIR to a writable folder`,
        EPERM: `no permission; make ${folder} writable, or set AVATAR_CACHE_DIR to a writable folder`,
        EROFS: 'the file system is read-only; set AVATAR_CACHE_DIR to a writable folder',
      };
      const reason = cures[code ?? ''] ?? message;
      throw new AvatarError('BUNDLE_NOT_WRITTEN', `cannot write ${this.#target}: ${reason}`, {
        cause,
      });
    }
  }
}

/** Rename `from` to `to`; false when there is no `from`. */
async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw thrown;
  }
}

/** Remove temporary folders that a crashed preparation of the same avatar left behind. */
async function removeStale(target: string): Promise<void> {
  const parent = dirname(target);
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(`${basename(target)}.tmp-`))) {
    const path = join(parent, name);
    const entry = await stat(path).catch(() => null);
    if (entry && Date.now() - entry.mtimeMs > STALE_AFTER_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
