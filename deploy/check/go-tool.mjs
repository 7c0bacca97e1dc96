// @ts-check
// Small Go programs of this folder, built once per version of their sources into the user's cache.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDir, findOnPath } from '../../tools/start/paths.mjs';
import { UserError, reasonOf } from '../../tools/start/user-error.mjs';

const run = promisify(execFile);

/**
 * @param {string} name folder with main.go, go.mod and go.sum
 * @param {string} [otherCure] what else would do instead of Go, for the message
 * @returns {Promise<string>} path of the program
 * @throws {UserError} when there is no Go, or the build fails (offline, with nothing cached)
 */
export async function goTool(name, otherCure = '') {
  const folder = fileURLToPath(new URL(name, import.meta.url));
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go'])
    hash.update(await readFile(join(folder, file)));
  const version = hash.digest('hex').slice(0, 12);
  const target = join(cacheDir(process.env), 'deploy-check', `${name}-${version}`);
  if (existsSync(target)) return target;
  const cure = `${otherCure}install Go 1.25 or newer (https://go.dev/dl) and run again with a network`;
  const go = findOnPath('go', process.env);
  if (!go) throw new UserError(`deploy/check/${name} cannot be built, there is no go: ${cure}`);
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.partial-${process.pid}`;
  // Fixed flags: a user's GOFLAGS must not decide how the pinned modules are read.
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOWORK: 'off',
  };
  try {
    await run(go, ['build', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'], {
      cwd: folder,
      env,
    });
  } catch (error) {
    throw new UserError(`deploy/check/${name} cannot be built (${reasonOf(error)}): ${cure}`);
  }
  await rename(partial, target);
  return target;
}
