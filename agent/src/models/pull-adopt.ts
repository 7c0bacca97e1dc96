/** Takes checkpoints that the user already has: verified first, then linked (same disk) or copied. */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assertFreeSpace, diskError } from './download-space.ts';
import { checkFile, type FileState } from './pull-check.ts';
import type { PullRecord } from './pull-record.ts';
import type { SourceFile } from './pull-sources.ts';

/** What was found in the user's folder for one file. */
export type Adopted =
  | { readonly result: 'linked' | 'copied'; readonly from: string }
  | { readonly result: 'missing' }
  | { readonly result: 'wrong'; readonly from: string; readonly detail: string };

/**
 * Find `file` below `fromDir` (MuseTalk's `models` folder, or the folder that has it) and put it into `toDir`.
 * @throws AvatarError MODEL_FETCH_FAILED when the disk refuses
 */
export async function adoptFile(
  file: SourceFile,
  fromDir: string,
  toDir: string,
  record: PullRecord,
): Promise<Adopted> {
  const target = resolve(toDir, file.path);
  let wrong: Adopted | undefined;
  for (const candidate of candidatesOf(file, fromDir)) {
    if (candidate === target) continue; // its own folder: already looked at
    const found = await checkFile(candidate, file, record);
    if (found.state === 'missing') continue;
    if (found.state === 'wrong') {
      wrong ??= { result: 'wrong', from: candidate, detail: found.detail };
      continue;
    }
    const result = await linkOrCopy(candidate, target, found);
    await record.add(file.path, {
      bytes: found.bytes,
      sha256: found.sha256,
      from: candidate,
      published: file.sha256 !== null,
    });
    return { result, from: candidate };
  }
  return wrong ?? { result: 'missing' };
}

function candidatesOf(file: SourceFile, fromDir: string): string[] {
  const paths = [file.path, ...file.also];
  return [fromDir, join(fromDir, 'models')].flatMap((root) =>
    paths.map((path) => resolve(root, path)),
  );
}

async function linkOrCopy(
  from: string,
  target: string,
  found: Extract<FileState, { state: 'whole' | 'unknown' }>,
): Promise<'linked' | 'copied'> {
  await mkdir(dirname(target), { recursive: true });
  // A name of its own: a `.part` holds the bytes of a download, which copying must not touch.
  const fresh = `${target}.copy`;
  await rm(fresh, { force: true });
  try {
    await link(from, fresh);
    await rename(fresh, target);
    return 'linked';
  } catch {
    // Another disk, or a file system without links.
  }
  await assertFreeSpace(dirname(target), found.bytes);
  try {
    await copyFile(from, fresh, constants.COPYFILE_FICLONE);
    await rename(fresh, target);
    return 'copied';
  } catch (thrown) {
    await rm(fresh, { force: true });
    throw diskError(thrown, fresh) ?? thrown;
  }
}
