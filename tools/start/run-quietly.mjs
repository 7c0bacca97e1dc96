// @ts-check
import { spawn } from 'node:child_process';
import { REPO_ROOT } from './paths.mjs';
import { UserError } from './user-error.mjs';

const KEPT_CHARACTERS = 4_000;

/**
 * Run npm in the repository root; its output is shown only if it fails.
 * @param {object} options
 * @param {string} options.what for the error, for example `npm ci`
 * @param {string[]} options.args of npm
 * @param {NodeJS.ProcessEnv} options.env
 * @param {AbortSignal} options.signal
 * @returns {Promise<void>}
 * @throws {UserError} with the end of the output
 */
export function runQuietly({ what, args, env, signal }) {
  // Under `npm start` npm names itself; that copy runs without PATH look-ups and shells.
  const npmScript = env['npm_execpath'];
  const [command, prefix] = npmScript?.endsWith('.js')
    ? [process.execPath, [npmScript]]
    : ['npm', []];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...prefix, ...args], {
      cwd: REPO_ROOT,
      env,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command === 'npm' && process.platform === 'win32',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + String(chunk)).slice(-KEPT_CHARACTERS);
      });
    }
    child.once('error', (error) =>
      reject(new UserError(`${what} could not run: ${error.message}`)),
    );
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve();
      else
        reject(new UserError(`${what} failed (${killedBy ?? `code ${code}`}):\n${output.trim()}`));
    });
  });
}
