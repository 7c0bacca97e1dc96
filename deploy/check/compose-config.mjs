// @ts-check
// The compose files as Docker Compose itself understands them, without an engine: `docker compose config` where the
// plugin is installed, else the same loader (compose-spec/compose-go) built once from the Go module proxy.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDir, findOnPath } from '../../tools/start/paths.mjs';
import { UserError, reasonOf } from '../../tools/start/user-error.mjs';

const MODULE_DIR = fileURLToPath(new URL('compose', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** @typedef {(input: { files: string[], profiles?: string[], envFile: string }) => Promise<any>} ComposeConfig */

/**
 * A function that resolves compose files (paths from the repository's root) to the project as JSON; it rejects with
 * Compose's own message when a file is refused.
 * @returns {Promise<ComposeConfig>}
 * @throws {UserError} when there is neither the plugin nor a way to build the loader
 */
export async function composeLoader() {
  const hasPlugin = await run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  );
  const program = hasPlugin ? undefined : await builtLoader(process.env);
  return async ({ files, profiles = [], envFile }) => {
    const named = files.flatMap((file) => ['-f', file]);
    const [command, args] = program
      ? [
          program,
          [...named, ...profiles.flatMap((name) => ['-profile', name]), '-env-file', envFile],
        ]
      : [
          'docker',
          [
            ...['compose', ...named, '--env-file', envFile],
            ...profiles.flatMap((name) => ['--profile', name]),
            ...['config', '--format', 'json'],
          ],
        ];
    // Only what finds programs: a variable of this shell must not fill in for one that .env lacks.
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    const { stdout } = await run(command, args, { cwd: ROOT, env, maxBuffer: 1 << 24 });
    return JSON.parse(stdout);
  };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} path of the program, named after its sources, so that a change builds a new one
 */
async function builtLoader(env) {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go'])
    hash.update(await readFile(join(MODULE_DIR, name)));
  const target = join(
    cacheDir(env),
    'compose-config',
    hash.digest('hex').slice(0, 12),
    'compose-config',
  );
  if (existsSync(target)) return target;
  const go = findOnPath('go', env);
  const cure =
    'install Docker with its compose plugin, or Go 1.25 (https://go.dev/dl), and run again';
  if (!go)
    throw new UserError(`cannot check docker-compose.yml: no docker compose, no go; ${cure}`);
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.partial-${process.pid}`;
  try {
    await run(go, ['build', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'], {
      cwd: MODULE_DIR,
      // Fixed flags: a user's GOFLAGS must not decide how the pinned modules are read.
      env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' },
    });
  } catch (error) {
    throw new UserError(`cannot build deploy/check/compose (${reasonOf(error)}); ${cure}`);
  }
  await rename(partial, target);
  return target;
}
