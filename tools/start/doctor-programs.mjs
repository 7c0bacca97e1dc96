// @ts-check
// Doctor, first half: the machine, its programs, packages and ports.
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { findLivekitServer } from '../get-livekit-server.mjs';
import { LIVEKIT_SERVER_VERSION } from '../livekit-server/release.mjs';
import { BUILD_PARTS, isFresh } from './builds.mjs';
import { dependencyProblem } from './dependencies.mjs';
import { DEV_KEYS_PATH, devKeys } from './dev-keys.mjs';
import { neededPorts, portProblems } from './network.mjs';
import { findOnPath } from './paths.mjs';
import { reasonOf } from './user-error.mjs';

/** @typedef {import('./doctor.mjs').Finding} Finding */

const MIN_CORES = 2;
const MIN_MEMORY_GB = 3;

/**
 * @param {import('./args.mjs').StartOptions} options
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Finding[]>}
 */
export async function programFindings(options, env) {
  return [
    { what: 'Node', state: 'ok', detail: process.versions.node },
    machine(),
    packages(),
    builds(),
    await livekitServer(env),
    ffmpeg(env),
    chromium(env),
    keys(),
    ...(await ports(options)),
  ];
}

/** @returns {Finding} */
function machine() {
  const cores = availableParallelism();
  const memoryGb = totalmem() / 2 ** 30;
  const detail = `${cores} cores, ${memoryGb.toFixed(1)} GB of memory`;
  if (cores >= MIN_CORES && memoryGb >= MIN_MEMORY_GB)
    return { what: 'Machine', state: 'ok', detail };
  const cure = `${MIN_CORES} cores and ${MIN_MEMORY_GB} GB are the least for one smooth session`;
  return { what: 'Machine', state: 'optional', detail, cure };
}

/** @returns {Finding} */
function packages() {
  const problem = dependencyProblem();
  if (!problem) return { what: 'npm packages', state: 'ok', detail: 'as in package-lock.json' };
  return { what: 'npm packages', state: 'auto', detail: problem, cure: 'npm start runs `npm ci`' };
}

/** @returns {Finding} */
function builds() {
  const stale = BUILD_PARTS.filter((part) => !isFresh(part)).map(({ workspace }) => workspace);
  if (stale.length === 0)
    return { what: 'Builds', state: 'ok', detail: 'agent and web are up to date' };
  return {
    what: 'Builds',
    state: 'auto',
    detail: `${stale.join(', ')} to be built`,
    cure: 'npm start builds',
  };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Finding>}
 */
async function livekitServer(env) {
  const what = 'livekit-server';
  try {
    const found = await findLivekitServer(env);
    if (found)
      return { what, state: 'ok', detail: `${found.version} (${found.source}) ${found.path}` };
  } catch (error) {
    return { what, state: 'bad', detail: reasonOf(error) };
  }
  const go = findOnPath('go', env);
  return {
    what,
    state: 'auto',
    detail: 'not installed',
    cure: `npm start downloads ${LIVEKIT_SERVER_VERSION}${go ? `, or builds it with ${go}` : '; without access to GitHub install Go or set LIVEKIT_SERVER_BIN'}`,
  };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Finding}
 */
function ffmpeg(env) {
  const found = findOnPath('ffmpeg', env);
  if (found) return { what: 'ffmpeg', state: 'ok', detail: found };
  const install =
    { darwin: 'brew install ffmpeg', win32: 'winget install ffmpeg' }[
      /** @type {string} */ (process.platform)
    ] ??
    'apt-get install ffmpeg (Debian, Ubuntu), dnf install ffmpeg-free (Fedora), apk add ffmpeg (Alpine)';
  return {
    what: 'ffmpeg',
    state: 'optional',
    detail: 'not on PATH; only own videos and `npm run render` need it',
    cure: install,
  };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Finding}
 */
function chromium(env) {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const found = names.map((name) => findOnPath(name, env)).find(Boolean) ?? playwrightChromium(env);
  if (found) return { what: 'Chromium', state: 'ok', detail: found };
  return {
    what: 'Chromium',
    state: 'optional',
    detail: 'not found; only `npm test` needs it',
    cure: 'npx playwright install --with-deps chromium',
  };
}

/** @param {NodeJS.ProcessEnv} env */
function playwrightChromium(env) {
  const caches = { darwin: 'Library/Caches', win32: 'AppData/Local' };
  const cache = caches[/** @type {keyof typeof caches} */ (process.platform)] ?? '.cache';
  const folder = env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(homedir(), cache, 'ms-playwright');
  const name =
    existsSync(folder) && readdirSync(folder).find((entry) => entry.startsWith('chromium'));
  return name ? join(folder, name) : undefined;
}

/** @returns {Finding} */
function keys() {
  const what = 'Development keys';
  if (!existsSync(DEV_KEYS_PATH))
    return { what, state: 'auto', detail: 'none yet', cure: 'npm start makes them, once' };
  try {
    devKeys();
    return { what, state: 'ok', detail: DEV_KEYS_PATH };
  } catch (error) {
    return { what, state: 'bad', detail: reasonOf(error) };
  }
}

/**
 * @param {import('./args.mjs').StartOptions} options
 * @returns {Promise<Finding[]>}
 */
async function ports(options) {
  const needed = neededPorts(options);
  const inUse = await portProblems(needed);
  const list = needed.map(({ port, protocol }) => `${port}/${protocol}`).join(', ');
  if (inUse.length === 0)
    return [{ what: 'Ports', state: 'ok', detail: `${list} are free on ${options.host}` }];
  return inUse.map((line) => {
    const [detail, cure] = line.split('. ', 2);
    return { what: 'Ports', state: 'bad', detail: detail ?? line, ...(cure && { cure }) };
  });
}
