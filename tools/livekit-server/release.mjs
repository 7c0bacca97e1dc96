// @ts-check
// Download of the pinned livekit-server release, refused unless it has the hash in the release's checksums.txt.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** The one version this project builds, downloads and tests. `go.mod` beside this file names the same (a test proves it). */
export const LIVEKIT_SERVER_VERSION = '1.11.0';

const RELEASES_URL = 'https://github.com/livekit/livekit/releases/download';
/** Until the first bytes of an answer: an offline machine must not wait long before the next source is tried. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Between two chunks of the archive (some 20 MB). */
const STALL_TIMEOUT_MS = 15_000;

/** Name of the program inside the archive and on disk. */
export const BINARY_NAME = process.platform === 'win32' ? 'livekit-server.exe' : 'livekit-server';

/**
 * The release's archive for a platform; undefined where upstream publishes none (macOS).
 * @param {NodeJS.Platform} platform
 * @param {string} arch as in `process.arch`
 * @returns {string | undefined}
 */
export function releaseAsset(platform, arch) {
  const os = { linux: 'linux', win32: 'windows' }[/** @type {string} */ (platform)];
  const cpu = { x64: 'amd64', arm64: 'arm64', arm: 'armv7' }[arch];
  if (!os || !cpu) return undefined;
  return `livekit_${LIVEKIT_SERVER_VERSION}_${os}_${cpu}.${os === 'windows' ? 'zip' : 'tar.gz'}`;
}

/**
 * Download, verify and unpack the release to `target`. Throws with the reason; leaves nothing half-written behind.
 * @param {object} options
 * @param {string} options.target absolute path of the program to write
 * @param {string} [options.baseUrl] stands in for GitHub's download URL (a mirror, a test)
 * @param {NodeJS.Platform} [options.platform]
 * @param {string} [options.arch]
 * @param {number} [options.connectTimeoutMs]
 * @param {number} [options.stallTimeoutMs]
 * @returns {Promise<void>}
 */
export async function downloadRelease({
  target,
  baseUrl = RELEASES_URL,
  platform = process.platform,
  arch = process.arch,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
  stallTimeoutMs = STALL_TIMEOUT_MS,
}) {
  const asset = releaseAsset(platform, arch);
  if (!asset) throw new Error(`upstream publishes no release for ${platform}/${arch}`);
  const folder = `${baseUrl}/v${LIVEKIT_SERVER_VERSION}`;
  const limits = { connectTimeoutMs, stallTimeoutMs };

  const checksums = (await get(`${folder}/checksums.txt`, limits)).toString('utf8');
  const expected = checksumOf(asset, checksums);
  const archive = await get(`${folder}/${asset}`, limits);
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) {
    throw new Error(`${asset} has sha256 ${actual}, checksums.txt says ${expected}; refused`);
  }
  await unpack(archive, asset, target);
}

/**
 * @param {string} asset
 * @param {string} checksums lines of `<sha256>  <file>`
 */
function checksumOf(asset, checksums) {
  for (const line of checksums.split('\n')) {
    const [hash, name] = line.trim().split(/\s+\*?/);
    if (name === asset && hash && /^[0-9a-f]{64}$/.test(hash)) return hash;
  }
  throw new Error(`checksums.txt has no entry for ${asset}`);
}

/**
 * @param {string} url
 * @param {{ connectTimeoutMs: number, stallTimeoutMs: number }} limits
 * @returns {Promise<Buffer>}
 */
async function get(url, { connectTimeoutMs, stallTimeoutMs }) {
  const abort = new AbortController();
  const expire = (/** @type {number} */ afterMs) =>
    setTimeout(
      () => abort.abort(new Error(`no answer from ${url} within ${afterMs / 1000} s`)),
      afterMs,
    );
  let timer = expire(connectTimeoutMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
    /** @type {Uint8Array[]} */
    const chunks = [];
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = expire(stallTimeoutMs);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Buffer} archive
 * @param {string} asset
 * @param {string} target
 */
async function unpack(archive, asset, target) {
  await mkdir(dirname(target), { recursive: true });
  // Same folder as the target, so that the last step is an atomic rename.
  const scratch = await mkdtemp(join(dirname(target), '.download-'));
  try {
    await writeFile(join(scratch, asset), archive);
    const program = asset.endsWith('.zip') ? 'livekit-server.exe' : 'livekit-server';
    await promisify(execFile)('tar', ['-xf', asset, program], { cwd: scratch });
    await chmod(join(scratch, program), 0o755);
    await rename(join(scratch, program), target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
