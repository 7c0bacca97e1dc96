// @ts-check
// The compose files as Docker Compose itself understands them, without an engine: `docker compose config` where the
// plugin is installed, else the same loader (compose-spec/compose-go) built once from the Go module proxy.
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { goTool } from './go-tool.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** @typedef {(input: { files: string[], profiles?: string[], envFile: string }) => Promise<any>} ComposeConfig */

/**
 * A function that resolves compose files (paths from the repository's root) to the project as JSON; it rejects with
 * Compose's own message when a file is refused.
 * @returns {Promise<ComposeConfig>}
 * @throws {import('../../tools/start/user-error.mjs').UserError} when there is neither the plugin nor a built loader
 */
export async function composeLoader() {
  const hasPlugin = await run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  );
  const program = hasPlugin
    ? undefined
    : await goTool('compose', 'install Docker with its compose plugin, or ');
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
