/** One `pull` per folder at a time: a lock file with the process id; that of a dead process is taken over. */
import { mkdir, open, readFile, rename, rm, link } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AvatarError } from '../errors.ts';
import { diskError } from './download-space.ts';

const holderSchema = z.object({ pid: z.int().positive(), host: z.string() });

/** Lock `dir` (made when it is not there). @returns a function that unlocks @throws AvatarError MODEL_FETCH_FAILED */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, '.pull.lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  const create = async (): Promise<boolean> => {
    try {
      await mkdir(dir, { recursive: true });
      return await createExclusively(path, mine);
    } catch (thrown) {
      throw diskError(thrown, dir) ?? thrown;
    }
  };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await create()) return () => rm(path, { force: true });
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // given back in between
    if (isHeld(text)) throw busy(path, text);
    await removeStale(path, text);
  }
  throw busy(path, '');
}

async function createExclusively(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(text);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock is held by a living process, by one on another machine (we cannot know), or by one that is just writing it. */
function isHeld(text: string): boolean {
  const holder = holderOf(text);
  if (!holder || holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Renaming is atomic, so of two that find a dead lock one gets it; who gets a living one instead puts it back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another one was first
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function holderOf(text: string): z.infer<typeof holderSchema> | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function busy(path: string, text: string): AvatarError {
  const holder = holderOf(text);
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new AvatarError(
    'MODEL_FETCH_FAILED',
    `${who} is already fetching into this folder; wait for it, or remove ${path} if it is not running`,
  );
}
