/** Free disk space: checked before bytes are fetched, and named when it ends on the way. */
import { statfs } from 'node:fs/promises';
import { AvatarError } from '../errors.ts';

/** What a disk without room, a quota and a limit on file sizes answer to a write. */
const NO_SPACE_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Refuse to start what cannot end. `dir` must exist.
 * @throws AvatarError MODEL_FETCH_FAILED with both numbers
 */
export async function assertFreeSpace(
  dir: string,
  neededBytes: number,
  cure = 'make room, or name another folder with --to',
): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  throw new AvatarError(
    'MODEL_FETCH_FAILED',
    `${dir} has ${showBytes(freeBytes)} free and ${showBytes(neededBytes)} are needed; ${cure}`,
  );
}

/** The error to report when writing `path` failed, or undefined when `thrown` does not come from the disk. */
export function diskError(thrown: unknown, path: string): AvatarError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, syscall } = thrown as NodeJS.ErrnoException;
  if (code !== undefined && NO_SPACE_CODES.has(code)) {
    return new AvatarError(
      'MODEL_FETCH_FAILED',
      `there is no room to write ${path} (${code}); make room and run the same command again, it goes on where it stopped`,
      { cause: thrown },
    );
  }
  if (code === undefined || !['open', 'write', 'close', 'fsync', 'mkdir'].includes(syscall ?? ''))
    return undefined;
  return new AvatarError(
    'MODEL_FETCH_FAILED',
    `${path} cannot be written (${code}); check the folder's permissions, or name another one with --to`,
    { cause: thrown },
  );
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `3.40 GB`: decimal units, three digits. */
export function showBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  const text = power === 0 ? String(bytes) : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
  return `${text} ${UNITS[power] ?? ''}`;
}
