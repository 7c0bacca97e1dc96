// @ts-check
// What must be in order before a start, put in order where possible.
import { existsSync } from 'node:fs';
import { buildStaleParts } from './builds.mjs';
import { dependencyProblem, installDependencies } from './dependencies.mjs';
import { neededPorts, portProblems } from './network.mjs';
import { UserError } from './user-error.mjs';

/**
 * Refuse ports in use and a missing configuration; install packages and build what is not fresh.
 * @param {object} input
 * @param {import('./args.mjs').StartOptions} input.options
 * @param {NodeJS.ProcessEnv} input.env
 * @param {AbortSignal} input.signal
 * @param {(line: string) => void} input.log
 * @returns {Promise<void>}
 * @throws {UserError} naming what is wrong and the cure
 */
export async function prepareToStart({ options, env, signal, log }) {
  if (!existsSync(options.configPath)) {
    throw new UserError(
      `${options.configPath} does not exist. Name your avatars' file with --config FILE.`,
    );
  }
  const inUse = await portProblems(neededPorts(options));
  if (inUse.length > 0) throw new UserError(inUse.join('\n'));

  const missing = dependencyProblem();
  if (missing) {
    log(`${missing}: running npm ci (a minute or two) …`);
    await installDependencies({ env, signal });
  }
  await buildStaleParts({ env, signal, log });
}
