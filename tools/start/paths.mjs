// @ts-check
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository, absolute, without a trailing slash. */
export const REPO_ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

const CACHE_NAME = 'live-avatar';

/**
 * Folder for downloads and builds that every clone of this user shares; created here.
 * `LIVE_AVATAR_CACHE` overrides it; without a writable home it is `.cache` in the repository.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function cacheDir(env) {
  const candidates = env['LIVE_AVATAR_CACHE']
    ? [env['LIVE_AVATAR_CACHE']]
    : [userCacheDir(env), join(REPO_ROOT, '.cache')];
  for (const folder of candidates) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // Read-only home (containers, CI): try the next place.
    }
  }
  throw new Error(
    `cannot write to ${candidates.join(' or ')}; set LIVE_AVATAR_CACHE to a writable folder`,
  );
}

/** @param {NodeJS.ProcessEnv} env */
function userCacheDir(env) {
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], CACHE_NAME);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', CACHE_NAME);
  if (process.platform === 'win32' && env['LOCALAPPDATA'])
    return join(env['LOCALAPPDATA'], CACHE_NAME);
  return join(homedir(), '.cache', CACHE_NAME);
}

/**
 * Absolute path of a program on PATH, or undefined.
 * @param {string} name without `.exe`
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findOnPath(name, env) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (!folder) continue;
    const candidate = join(folder, file);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
