/** What state a checkpoint on disk is in, by size and by hash. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PullRecord } from './pull-record.ts';
import type { SourceFile } from './pull-sources.ts';
import { sha256Of } from './verify-pack.ts';

/**
 * - `missing`: not there
 * - `whole`: the published hash, or the recorded one
 * - `unknown`: there, but neither a published nor a recorded hash says what it must be
 * - `wrong`: `detail` says what differs
 */
export type FileState =
  | { readonly state: 'missing' }
  | { readonly state: 'whole'; readonly bytes: number; readonly sha256: string }
  | { readonly state: 'unknown'; readonly bytes: number; readonly sha256: string }
  | { readonly state: 'wrong'; readonly bytes: number; readonly detail: string };

/** Size of a regular file, undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined); // not there or not to be read: the same to us
  return found?.isFile() === true ? found.size : undefined;
}

/** Read the whole file at `path` and say whether it is `file`. Gigabytes take as long as the disk needs. */
export async function checkFile(
  path: string,
  file: SourceFile,
  record?: PullRecord,
): Promise<FileState> {
  const bytes = await sizeOf(path);
  if (bytes === undefined) return { state: 'missing' };
  if (file.bytes !== null && bytes !== file.bytes)
    return { state: 'wrong', bytes, detail: `has ${bytes} bytes instead of ${file.bytes}` };
  const sha256 = await sha256Of(path);
  const recorded = record?.get(file.path);
  const expected = file.sha256 ?? recorded?.sha256;
  if (expected === undefined) return { state: 'unknown', bytes, sha256 };
  if (sha256 === expected) return { state: 'whole', bytes, sha256 };
  const whose = file.sha256 === null ? 'recorded at the first download' : 'published';
  return {
    state: 'wrong',
    bytes,
    detail: `has the sha256 ${sha256} instead of ${expected} (${whose})`,
  };
}

/** The same for a file of a folder of checkpoints. */
export const checkIn = (dir: string, file: SourceFile, record: PullRecord): Promise<FileState> =>
  checkFile(join(dir, file.path), file, record);
