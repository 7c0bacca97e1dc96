// @ts-check
// Finds or makes a livekit-server program. Order: LIVEKIT_SERVER_BIN, PATH, cache, pinned release, `go build`.
// As a command, `node tools/get-livekit-server.mjs` prints the path.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { goBuild } from './livekit-server/go-build.mjs';
import { BINARY_NAME, LIVEKIT_SERVER_VERSION, downloadRelease } from './livekit-server/release.mjs';
import { cacheDir, findOnPath } from './start/paths.mjs';
import { UserError, reasonOf } from './start/user-error.mjs';

const VERSION_TIMEOUT_MS = 10_000;

/**
 * @typedef {object} LivekitServer
 * @property {string} path absolute path of the program
 * @property {string} version as the program reports it
 * @property {'LIVEKIT_SERVER_BIN' | 'PATH' | 'cache' | 'release' | 'go build'} source
 */

/**
 * A server that is already on this machine, or undefined. Touches no network and builds nothing.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<LivekitServer | undefined>}
 * @throws {UserError} when LIVEKIT_SERVER_BIN is set and does not run
 */
export async function findLivekitServer(env) {
  const named = env['LIVEKIT_SERVER_BIN'];
  if (named) {
    const version = await versionOf(named).catch((error) => {
      throw new UserError(
        `LIVEKIT_SERVER_BIN=${named} does not run (${reasonOf(error)}). Correct the path or unset it.`,
      );
    });
    return { path: named, version, source: 'LIVEKIT_SERVER_BIN' };
  }
  const onPath = findOnPath('livekit-server', env);
  for (const [path, source] of /** @type {const} */ ([
    [onPath, 'PATH'],
    [cachedPath(env), 'cache'],
  ])) {
    const version = path && (await versionOf(path).catch(() => undefined));
    if (path && version) return { path, version, source };
  }
  return undefined;
}

/**
 * A server that runs, fetched or built if there is none.
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env] also read: LIVEKIT_RELEASES_URL, a mirror of GitHub's release downloads
 * @param {(line: string) => void} [options.log] progress and every source that was passed over
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<LivekitServer>}
 * @throws {UserError} listing every choice when none worked
 */
export async function getLivekitServer({ env = process.env, log = () => undefined, signal } = {}) {
  const found = await findLivekitServer(env);
  if (found) return found;

  const target = cachedPath(env);
  const version = LIVEKIT_SERVER_VERSION;
  /** @type {string[]} */
  const failures = [];

  log(`livekit-server ${version} is not installed; downloading the release …`);
  try {
    const baseUrl = env['LIVEKIT_RELEASES_URL'];
    await downloadRelease({ target, ...(baseUrl && { baseUrl }) });
    return { path: target, version: await versionOf(target), source: 'release' };
  } catch (error) {
    failures.push(`release: ${reasonOf(error)}`);
    log(`  no release: ${reasonOf(error)}`);
  }

  const go = findOnPath('go', env);
  if (go) {
    log(`building livekit-server ${version} with ${go}; this takes some minutes, once …`);
    try {
      await goBuild({ go, target, env, log, ...(signal && { signal }) });
      return { path: target, version: await versionOf(target), source: 'go build' };
    } catch (error) {
      failures.push(`go build: ${reasonOf(error)}`);
    }
  } else {
    failures.push('go build: there is no `go` on PATH');
  }
  throw new UserError(choices(failures));
}

/** @param {NodeJS.ProcessEnv} env */
function cachedPath(env) {
  const variant = `${LIVEKIT_SERVER_VERSION}-${process.platform}-${process.arch}`;
  return join(cacheDir(env), 'livekit-server', variant, BINARY_NAME);
}

/**
 * @param {string} path
 * @returns {Promise<string>} for example `1.11.0`
 */
async function versionOf(path) {
  const { stdout } = await promisify(execFile)(path, ['--version'], {
    timeout: VERSION_TIMEOUT_MS,
  });
  const version = /version (\S+)/.exec(stdout)?.[1];
  if (!version) throw new Error(`${path} --version printed ${JSON.stringify(stdout.slice(0, 80))}`);
  return version;
}

/** @param {string[]} failures */
function choices(failures) {
  return [
    `Could not get livekit-server ${LIVEKIT_SERVER_VERSION}:`,
    ...failures.map((failure) => `  - ${failure}`),
    'Any one of these helps:',
    '  - install it and start again: macOS `brew install livekit`, Linux `curl -sSL https://get.livekit.io | bash`',
    '  - set LIVEKIT_SERVER_BIN to a livekit-server you already have',
    '  - set LIVEKIT_RELEASES_URL to a mirror of https://github.com/livekit/livekit/releases/download',
    '  - install Go (https://go.dev/dl) and start again: it is then built from source',
  ].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const server = await getLivekitServer({ log: (line) => console.error(line) });
    console.error(`livekit-server ${server.version} (${server.source})`);
    console.log(server.path);
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = 1;
  }
}
