// @ts-check
// Builds of agent and page: made only when a source is newer than the last one.
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { REPO_ROOT } from './paths.mjs';
import { runQuietly } from './run-quietly.mjs';

/**
 * @typedef {object} BuildPart
 * @property {string} workspace npm workspace and folder
 * @property {string} output file the build makes last, from the root
 * @property {string} stamp touched after a build that we ran
 * @property {string[]} sources files and folders, from the root
 */

/** @type {readonly BuildPart[]} */
export const BUILD_PARTS = [
  {
    workspace: 'agent',
    output: 'agent/dist/main.js',
    stamp: 'agent/dist/.built',
    sources: [
      'agent/src',
      'agent/package.json',
      'agent/tsconfig.json',
      'tsconfig.base.json',
      'package-lock.json',
    ],
  },
  {
    workspace: 'web',
    output: 'web/.next/BUILD_ID',
    stamp: 'web/.next/.built',
    sources: ['web', 'agent/src/api', 'tsconfig.base.json', 'package-lock.json'],
  },
];

/** Neither sources nor read by a build. */
const IGNORED =
  /(^|[/\\])(node_modules|\.next|dist|test|next-env\.d\.ts|[^/\\]*\.test\.tsx?|[^/\\]*\.tsbuildinfo|\.[^/\\]*)$/;

/**
 * @param {BuildPart} part
 * @param {string} [root]
 * @returns {boolean} true when the build is there and no source is newer
 */
export function isFresh(part, root = REPO_ROOT) {
  const builtMs = Math.max(
    ...[part.output, part.stamp].map((file) => modifiedMs(join(root, file))),
  );
  if (modifiedMs(join(root, part.output)) === 0) return false;
  return part.sources.every((source) => newestMs(join(root, source), root) <= builtMs);
}

/**
 * Build the parts that are not fresh, at the same time.
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal, log: (line: string) => void, parts?: readonly BuildPart[] }} options
 * @returns {Promise<void>}
 * @throws {import('./user-error.mjs').UserError} with the compiler's output
 */
export async function buildStaleParts({ env, signal, log, parts = BUILD_PARTS }) {
  const stale = parts.filter((part) => !isFresh(part));
  if (stale.length === 0) return;
  log(`building ${stale.map(({ workspace }) => workspace).join(' and ')} …`);
  await Promise.all(
    stale.map(async ({ workspace, stamp }) => {
      await runQuietly({
        what: `npm run build -w ${workspace}`,
        args: ['run', 'build', '-w', workspace],
        env: { ...env, NEXT_TELEMETRY_DISABLED: '1' },
        signal,
      });
      // tsc and next leave files that did not change alone: the stamp tells when the build was last made.
      writeFileSync(join(REPO_ROOT, stamp), '');
    }),
  );
}

/**
 * Newest change at or below a path; folders count, so that a deleted file is noticed.
 * @param {string} path
 * @param {string} root
 * @returns {number} ms since 1970, 0 when there is nothing
 */
function newestMs(path, root) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  // The package's own folder changes with every build output and is not a source.
  const own = relative(root, path).split(sep).length > 1 ? stat.mtimeMs : 0;
  const entries = readdirSync(path)
    .map((name) => join(path, name))
    .filter((entry) => !IGNORED.test(entry));
  return Math.max(own, ...entries.map((entry) => newestMs(entry, root)));
}

/** @param {string} path */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
