// @ts-check
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIVEKIT_SERVER_VERSION, downloadRelease, releaseAsset } from './release.mjs';

const PROGRAM = `#!/bin/sh\necho "livekit-server version ${LIVEKIT_SERVER_VERSION}"\n`;
const ASSET = `livekit_${LIVEKIT_SERVER_VERSION}_linux_amd64.tar.gz`;

/** @type {string} */
let folder;
/** @type {string} */
let target;
/** @type {Buffer} */
let archive;
/** @type {import('node:http').Server | undefined} */
let server;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-test-'));
  target = join(folder, 'cache', 'livekit-server');
  mkdirSync(join(folder, 'content'));
  writeFileSync(join(folder, 'content', 'livekit-server'), PROGRAM);
  writeFileSync(join(folder, 'content', 'LICENSE'), 'text');
  chmodSync(join(folder, 'content', 'livekit-server'), 0o755);
  execFileSync('tar', [
    '-czf',
    join(folder, ASSET),
    '-C',
    join(folder, 'content'),
    'livekit-server',
    'LICENSE',
  ]);
  archive = readFileSync(join(folder, ASSET));
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Serve files at the places GitHub's release download has them.
 * @param {Record<string, (response: import('node:http').ServerResponse) => void>} files
 * @returns {Promise<string>} base URL
 */
async function serve(files) {
  const listening = createServer((request, response) => {
    const file = files[(request.url ?? '').replace(`/v${LIVEKIT_SERVER_VERSION}/`, '')];
    if (file) file(response);
    else response.writeHead(404).end('Not Found');
  });
  server = listening;
  await new Promise((resolve) => listening.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = listening.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

/** @param {string} hash */
const checksums = (hash) => (/** @type {import('node:http').ServerResponse} */ response) =>
  void response.end(`${'0'.repeat(64)}  livekit_0.0.0_linux_arm64.tar.gz\n${hash}  ${ASSET}\n`);
const sha256 = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes).digest('hex');
const whole = (/** @type {import('node:http').ServerResponse} */ response) =>
  void response.end(archive);

/** @param {string} baseUrl */
const download = (baseUrl) =>
  downloadRelease({
    target,
    baseUrl,
    platform: 'linux',
    arch: 'x64',
    connectTimeoutMs: 500,
    stallTimeoutMs: 500,
  });

/** The target does not exist, and neither does a half-written file beside it. */
function expectNothingWritten() {
  expect(existsSync(dirname(target)) ? readdirSync(dirname(target)) : []).toEqual([]);
}

describe('downloadRelease', () => {
  test('unpacks a release whose hash is right into a program that runs', async () => {
    await download(await serve({ 'checksums.txt': checksums(sha256(archive)), [ASSET]: whole }));
    expect(execFileSync(target, ['--version'], { encoding: 'utf8' })).toContain(
      LIVEKIT_SERVER_VERSION,
    );
    expect(readdirSync(dirname(target))).toEqual(['livekit-server']);
  });

  test('refuses an archive with another hash', async () => {
    const url = await serve({ 'checksums.txt': checksums('ab'.repeat(32)), [ASSET]: whole });
    await expect(download(url)).rejects.toThrow(
      /has sha256 .*checksums\.txt says (ab){32}; refused/,
    );
    expectNothingWritten();
  });

  test('refuses an archive that checksums.txt does not list', async () => {
    const url = await serve({
      'checksums.txt': (response) => void response.end('\n'),
      [ASSET]: whole,
    });
    await expect(download(url)).rejects.toThrow(`checksums.txt has no entry for ${ASSET}`);
  });

  test('reports a release that is not there', async () => {
    await expect(download(await serve({}))).rejects.toThrow(/checksums\.txt answered 404/);
  });

  test('reports an archive that is not there', async () => {
    const url = await serve({ 'checksums.txt': checksums(sha256(archive)) });
    await expect(download(url)).rejects.toThrow(`${ASSET} answered 404`);
  });

  test('reports a connection that breaks half-way', async () => {
    const url = await serve({
      'checksums.txt': checksums(sha256(archive)),
      [ASSET]: (response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, 50), () => response.destroy());
      },
    });
    await expect(download(url)).rejects.toThrow(/terminated|socket|closed/);
    expectNothingWritten();
  });

  test('gives up on a server that stops sending', async () => {
    const url = await serve({
      'checksums.txt': checksums(sha256(archive)),
      [ASSET]: (response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, 50));
      },
    });
    await expect(download(url)).rejects.toThrow(/within 0\.5 s/);
  });

  test('gives up on a server that never answers', async () => {
    await expect(download(await serve({ 'checksums.txt': () => undefined }))).rejects.toThrow(
      /within 0\.5 s/,
    );
  });

  test('says so where upstream publishes no release', async () => {
    await expect(downloadRelease({ target, platform: 'darwin', arch: 'arm64' })).rejects.toThrow(
      'upstream publishes no release for darwin/arm64',
    );
  });
});

test('release names follow upstream: os, cpu and archive type', () => {
  expect(releaseAsset('linux', 'arm64')).toBe(
    `livekit_${LIVEKIT_SERVER_VERSION}_linux_arm64.tar.gz`,
  );
  expect(releaseAsset('win32', 'x64')).toBe(`livekit_${LIVEKIT_SERVER_VERSION}_windows_amd64.zip`);
  expect(releaseAsset('linux', 's390x')).toBeUndefined();
});

test('the Go module and the release are the same version', () => {
  const goMod = readFileSync(new URL('go.mod', import.meta.url), 'utf8');
  expect(goMod).toContain(`require github.com/livekit/livekit-server v${LIVEKIT_SERVER_VERSION}\n`);
});
