// @ts-check
// npm packages: are they those of package-lock.json, and installing them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPO_ROOT } from './paths.mjs';
import { runQuietly } from './run-quietly.mjs';

/** @typedef {Record<string, { version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }>} Packages */

/**
 * Why `npm ci` is needed, or undefined. Compares contents, not times: a fresh clone or a copied folder has new times.
 * @param {string} [root]
 * @returns {string | undefined}
 */
export function dependencyProblem(root = REPO_ROOT) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (!wanted) return undefined;
  // npm writes this list of what it really installed.
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return 'npm packages are not installed';
  for (const [path, { version, optional, devOptional, link }] of Object.entries(wanted)) {
    // '' and workspace folders are not installed; optional ones depend on the platform.
    if (!path.includes('node_modules/') || link || optional || devOptional) continue;
    if (installed[path]?.version !== version) {
      return `npm packages are not those of package-lock.json (${path.replace(/^.*node_modules\//, '')})`;
    }
  }
  return undefined;
}

/**
 * @param {string} path
 * @returns {Packages | undefined}
 */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * `npm ci`, development packages included: the build needs them.
 * @param {{ env: NodeJS.ProcessEnv, signal: AbortSignal }} options
 * @returns {Promise<void>}
 */
export async function installDependencies({ env, signal }) {
  await runQuietly({
    what: 'npm ci',
    args: ['ci', '--include=dev', '--no-audit', '--no-fund'],
    // The CPU runtime is inside the package; its install script would fetch hundreds of MB for CUDA.
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip', ...env },
    signal,
  });
}
