import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/avatar-fixtures.ts';
import { sha256, startTestServer, testBytes, type TestServer } from '../../test/download-server.ts';
import { downloadFile, partPath, type Download, type DownloadTiming } from './download.ts';

const CONTENT = testBytes(1_500_000);
const FAST: DownloadTiming = { attempts: 4, stallMs: 250, pauseMs: 10, maxPauseMs: 40 };
const root = temporaryFolder();
let dir: string;
let target: string;
let server: TestServer;
let count = 0;

beforeEach(async () => {
  dir = join(root, String(count++));
  target = join(dir, 'deep/er/net.bin');
  server = await startTestServer({ '/net.bin': CONTENT });
});
afterEach(() => server.close());

const fetchFile = (changes: Partial<Download> = {}): ReturnType<typeof downloadFile> =>
  downloadFile({
    url: `${server.url}/net.bin`,
    target,
    bytes: CONTENT.length,
    sha256: sha256(CONTENT),
    signal: new AbortController().signal,
    timing: FAST,
    ...changes,
  });
/** For a file of which nothing is published. */
const UNPINNED = { bytes: null, sha256: null };
const part = (): string => partPath(target);
const expectWhole = (content = CONTENT): void => {
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(existsSync(part())).toBe(false);
  expect(existsSync(`${part()}.etag`)).toBe(false);
};
/** Leave what a broken download leaves. */
const leavePart = (bytes: Buffer): void => {
  mkdirSync(join(dir, 'deep/er'), { recursive: true });
  writeFileSync(part(), bytes);
};

describe('a download', () => {
  it('makes the folder and the file, tells its progress, and leaves nothing else', async () => {
    const seen: number[] = [];
    const onProgress = (bytes: number, total: number | undefined): void => {
      expect(total).toBe(CONTENT.length);
      seen.push(bytes);
    };
    const fetched = await fetchFile({ onProgress });
    expect(fetched).toEqual({ bytes: CONTENT.length, sha256: sha256(CONTENT) });
    expectWhole();
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(CONTENT.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(server.requests).toEqual([{ path: '/net.bin', range: undefined }]);
  });

  it('continues where the connection was cut', async () => {
    server.behaviour.faults = [{ kind: 'cut', afterBytes: 700_000 }];
    const reasons: string[] = [];
    await fetchFile({ onRetry: (reason) => reasons.push(reason) });
    expectWhole();
    expect(reasons).toHaveLength(1);
    const start = Number(/^bytes=(\d+)-$/.exec(server.requests[1]?.range ?? '')?.[1]);
    expect(start).toBeGreaterThan(0);
    expect(start).toBeLessThanOrEqual(700_000);
  });

  it('continues what an earlier run left', async () => {
    server.behaviour.faults = [{ kind: 'cut', afterBytes: 500_000 }];
    await expect(fetchFile({ timing: { ...FAST, attempts: 1 } })).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringMatching(/\/net\.bin: .* it goes on where it stopped/),
    });
    expect(existsSync(target)).toBe(false);
    const have = statSync(part()).size;
    expect(have).toBeGreaterThan(0);
    await fetchFile();
    expectWhole();
    expect(server.requests[1]?.range).toBe(`bytes=${have}-`);
  });

  it('starts anew when the server knows no ranges', async () => {
    server.behaviour.hasRanges = false;
    server.behaviour.faults = [{ kind: 'cut', afterBytes: 900_000 }];
    await fetchFile();
    expectWhole();
  });

  it('starts anew when the server answers the range with an error', async () => {
    leavePart(CONTENT.subarray(0, 1000));
    server.behaviour.faults = [{ kind: 'status', status: 416 }];
    await fetchFile();
    expectWhole();
    expect(server.requests.map(({ range }) => range)).toEqual(['bytes=1000-', undefined]);
  });

  it('keeps the range over a redirect to another server', async () => {
    const other = await startTestServer({ '/net.bin': CONTENT });
    leavePart(CONTENT.subarray(0, 4096));
    server.behaviour.faults = [{ kind: 'redirect', to: other.url }];
    await fetchFile();
    await other.close();
    expectWhole();
    expect(other.requests).toEqual([{ path: '/net.bin', range: 'bytes=4096-' }]);
  });

  it('takes a part that is already complete without asking the server', async () => {
    leavePart(CONTENT);
    await fetchFile();
    expectWhole();
    expect(server.requests).toEqual([]);
  });

  it('waits when the server is busy, at least as long as it says, and tries again', async () => {
    server.behaviour.faults = [
      { kind: 'status', status: 503 },
      { kind: 'status', status: 429, headers: { 'retry-after': '3600' } },
    ];
    const pauses: [string, number][] = [];
    await fetchFile({ onRetry: (reason, pauseMs) => pauses.push([reason, pauseMs]) });
    expectWhole();
    expect(pauses).toEqual([
      ['HTTP 503 Service Unavailable', 10],
      ['HTTP 429 Too Many Requests', FAST.maxPauseMs],
    ]);
  });

  it('gives up a server that hangs before or in the middle, and continues with the next request', async () => {
    server.behaviour.faults = [{ kind: 'silence' }, { kind: 'hang', afterBytes: 600_000 }];
    const reasons: string[] = [];
    await fetchFile({ onRetry: (reason) => reasons.push(reason) });
    expectWhole();
    expect(reasons).toEqual(['no data for 0.25 s', 'no data for 0.25 s']);
    expect(server.requests[2]?.range).toBe('bytes=600000-');
  });

  it('is patient with a slow server that never stops', async () => {
    server.behaviour.paceMs = 100; // 23 pieces: 2.3 s in all, more than the stall limit
    await fetchFile({ timing: { ...FAST, stallMs: 1500 } });
    expectWhole();
    expect(server.requests).toHaveLength(1);
  });
});

describe('a download that cannot succeed', () => {
  it('removes bytes with the wrong hash and names file, address and both hashes', async () => {
    const other = testBytes(CONTENT.length, 2);
    server.behaviour.files['/net.bin'] = other;
    await expect(fetchFile()).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringMatching(
        `net.bin from ${server.url}/net.bin has the sha256 ${sha256(other)} instead of ${sha256(CONTENT)}; it was removed`,
      ),
    });
    expect(existsSync(target)).toBe(false);
    expect(existsSync(part())).toBe(false);
  });

  it('does not blame the server for a part that was of another file', async () => {
    leavePart(testBytes(300_000, 3));
    await fetchFile();
    expectWhole();
    expect(server.requests.map(({ range }) => range)).toEqual(['bytes=300000-', undefined]);
  });

  it('names address and status of an HTTP error and does not repeat it', async () => {
    await expect(fetchFile({ url: `${server.url}/gone.bin` })).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringContaining(`${server.url}/gone.bin answers HTTP 404 Not Found;`),
    });
    expect(server.requests).toHaveLength(1);
    expect(existsSync(part())).toBe(false);
  });

  it('ends after a few attempts against a server that only hangs', async () => {
    server.behaviour.faults = Array.from({ length: 9 }, () => ({ kind: 'silence' }) as const);
    await expect(fetchFile()).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringContaining('no data for 0.25 s (4 attempts)'),
    });
    expect(server.requests).toHaveLength(4);
  });

  it('says why there is no connection', async () => {
    await server.close();
    await expect(fetchFile()).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringMatching(/ECONNREFUSED.*\(4 attempts\)/),
    });
  });

  it('refuses a file of another size before its bytes come', async () => {
    server.behaviour.files['/net.bin'] = Buffer.from('<html>Please log in</html>');
    await expect(fetchFile()).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringContaining(`offers 26 bytes instead of ${CONTENT.length}`),
    });
    expect(existsSync(part())).toBe(false);
  });

  it('stops reading a server that sends more than the file', async () => {
    server.behaviour.isChunked = true;
    server.behaviour.hasRanges = false;
    server.behaviour.files['/net.bin'] = Buffer.concat([CONTENT, CONTENT]);
    await expect(fetchFile()).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringContaining('sends more than 1.50 MB'),
    });
    expect(statSync(part()).size).toBeLessThanOrEqual(CONTENT.length);
  });

  it('names a folder that cannot be made', async () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'deep'), 'a file');
    await expect(fetchFile()).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringMatching(/deep.er cannot be written \(ENOTDIR\)/),
    });
  });

  it('stops at once when it is told to, and keeps what it has', async () => {
    server.behaviour.paceMs = 30;
    const stop = new AbortController();
    const fetching = fetchFile({
      signal: stop.signal,
      onProgress: (bytes) => (bytes > 200_000 ? stop.abort() : undefined),
    });
    await expect(fetching).rejects.toThrow();
    expect(statSync(part()).size).toBeGreaterThan(100_000);
    server.behaviour.paceMs = 0;
    await fetchFile();
    expectWhole();
    expect(server.requests[1]?.range).toMatch(/^bytes=\d{6,}-$/);
  });
});

describe('a file without a published hash', () => {
  it('is continued when the server proves that it is still the same', async () => {
    server.behaviour.faults = [{ kind: 'cut', afterBytes: 400_000 }];
    expect(await fetchFile(UNPINNED)).toEqual({ bytes: CONTENT.length, sha256: sha256(CONTENT) });
    expectWhole();
    expect(server.requests[1]?.range).toMatch(/^bytes=\d+-$/);
  });

  it('is never put together from two versions', async () => {
    server.behaviour.faults = [{ kind: 'cut', afterBytes: 400_000 }];
    const changed = testBytes(CONTENT.length, 9);
    const onRetry = (): void => void (server.behaviour.files['/net.bin'] = changed);
    await fetchFile({ ...UNPINNED, onRetry });
    expectWhole(changed);
  });

  it.each(['weak', 'none'] as const)('starts anew when the ETag is %s', async (etag) => {
    server.behaviour.etag = etag;
    server.behaviour.faults = [{ kind: 'cut', afterBytes: 400_000 }];
    await fetchFile(UNPINNED);
    expectWhole();
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, undefined]);
  });

  it('is complete when the server has no more bytes', async () => {
    server.behaviour.faults = [{ kind: 'cut', afterBytes: 400_000 }];
    await expect(fetchFile({ ...UNPINNED, timing: { ...FAST, attempts: 1 } })).rejects.toThrow();
    writeFileSync(part(), CONTENT); // all arrived, the process ended before the rename
    await fetchFile(UNPINNED);
    expectWhole();
    expect(server.requests).toHaveLength(2);
  });
});

const mountTmpfs = (at: string): boolean => {
  mkdirSync(at, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const disk = join(root, 'disk');
const hasDisk = mountTmpfs(disk);

// pull-command.test.ts fills the disk in a second way that every user may.
describe.runIf(hasDisk)('a disk of one megabyte', () => {
  beforeEach(() => void (target = join(disk, 'net.bin')));
  afterAll(() => void execFileSync('umount', [disk]));

  it('is refused before the bytes come when the size is known', async () => {
    await expect(fetchFile()).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringMatching(/disk has 1\.05 MB free and 1\.50 MB are needed/),
    });
    expect(existsSync(part())).toBe(false);
  });

  it('is named when it gets full on the way, and the part goes on once there is room', async () => {
    server.behaviour.isChunked = true;
    await expect(fetchFile(UNPINNED)).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringMatching(/no room to write .*net\.bin\.part \(ENOSPC\).*make room/),
    });
    expect(server.requests).toHaveLength(1);
    expect(statSync(part()).size).toBeGreaterThan(500_000);
    execFileSync('mount', ['-o', 'remount,size=4m', disk]);
    await fetchFile(UNPINNED);
    expectWhole();
  });
});
