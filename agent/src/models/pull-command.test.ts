import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/avatar-fixtures.ts';
import { startTestServer, testBytes, type TestServer } from '../../test/download-server.ts';
import { PACK_FILES, SERVER_FILES, startModels, writeTinyPack } from '../../test/pull-fixtures.ts';
import { pull } from './pull-command.ts';

const root = temporaryFolder();
let modelsDir: string;
let checkpoints: string;
let server: TestServer;
let said: string;
let shown: string;
let count = 0;

beforeEach(async () => {
  modelsDir = join(root, String(count++));
  checkpoints = join(writeTinyPack(modelsDir), 'checkpoints');
  server = await startTestServer({ ...SERVER_FILES });
  said = '';
  shown = '';
});
afterEach(() => server.close());

/** Pull in this process; `answer` is typed at a terminal, without one there is no terminal. */
async function pullHere(args: string[], answer?: string): Promise<number> {
  const input = Object.assign(new PassThrough(), { isTTY: answer !== undefined });
  if (answer !== undefined) input.end(`${answer}\n`);
  const output = new PassThrough().on('data', (text) => (shown += String(text)));
  return pull(args, modelsDir, {
    input,
    output,
    progress: output,
    say: (line) => void (said += `${line}\n`),
    signal: new AbortController().signal,
    timing: { attempts: 2, stallMs: 500, pauseMs: 10, maxPauseMs: 10 },
  });
}
const fetchTiny = (...more: string[]): Promise<number> =>
  pullHere(['tiny', '--mirror', server.url, '--yes', ...more]);
const file = (path: string): string => join(checkpoints, path);
const content = (path: string): Buffer => readFileSync(file(path));
const put = (dir: string, path: string, bytes: Buffer | string): void => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), bytes);
};
const askedPaths = (): string[] => server.requests.map(({ path }) => path.split('/').at(-1) ?? '');

describe('models pull', () => {
  it('shows the statements, fetches what is needed, and has nothing to do the second time', async () => {
    expect(await fetchTiny()).toBe(0);
    expect(shown).toMatch(
      /Tiny weights[^]*the readme:\n +do what you like[^]*the card:\n +be nice/,
    );
    for (const path of ['big/net.bin', 'config.json', 'small/loose.bin'])
      expect(content(path).equals(PACK_FILES[path]!)).toBe(true);
    expect(existsSync(file('extra/mask.bin'))).toBe(false);
    expect(said).toContain('big/net.bin: 1.50 MB, sha256 is right\n');
    expect(said).toContain('small/loose.bin: 5.00 kB, no published hash, recorded\n');
    expect(said).toMatch(/all 3 files are in .*checkpoints; go on with `npm run models -- export/);
    expect(askedPaths()).toEqual(['net.bin', 'config.json', 'loose.bin']);
    // Agreed to before: neither asked nor shown again, although nobody could be asked.
    shown = '';
    expect(await pullHere(['tiny', '--mirror', server.url])).toBe(0);
    expect(shown).toBe('');
    expect(server.requests).toHaveLength(3);
  });

  it('fetches an optional part on wish', async () => {
    expect(await fetchTiny('--with', 'mask')).toBe(0);
    expect(content('extra/mask.bin').equals(PACK_FILES['extra/mask.bin']!)).toBe(true);
    await expect(fetchTiny('--with', 'hat')).rejects.toThrow('no part "hat"; choose from mask');
  });

  it('puts the files where --to says', async () => {
    checkpoints = join(modelsDir, 'elsewhere');
    expect(await fetchTiny('--to', checkpoints)).toBe(0);
    expect(content('config.json').equals(PACK_FILES['config.json']!)).toBe(true);
  });

  it('asks once at a terminal and takes no for an answer', async () => {
    expect(await pullHere(['tiny', '--mirror', server.url], 'no')).toBe(1);
    expect(said).toBe('nothing was fetched\n');
    expect(shown).toContain('Fetch them for your own use on these terms? [y/N]');
    expect(server.requests).toEqual([]);
    expect(await pullHere(['tiny', '--mirror', server.url], 'y')).toBe(0);
    expect(existsSync(file('big/net.bin'))).toBe(true);
  });

  it('wants --yes where nobody can be asked', async () => {
    await expect(pullHere(['tiny', '--mirror', server.url])).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('add --yes'),
    });
    expect(shown).toContain('be nice');
    expect(server.requests).toEqual([]);
  });

  it('replaces a damaged file and only that', async () => {
    await fetchTiny();
    const damaged = content('big/net.bin');
    damaged[7]! ^= 1;
    writeFileSync(file('big/net.bin'), damaged);
    server.requests.length = 0;
    expect(await fetchTiny()).toBe(0);
    expect(said).toMatch(
      /big\/net\.bin: has the sha256 \w+ instead of \w+ \(published\); to be repl/,
    );
    expect(content('big/net.bin').equals(PACK_FILES['big/net.bin']!)).toBe(true);
    expect(askedPaths()).toEqual(['net.bin']);
  });

  it('holds a file without a published hash to what it was at first', async () => {
    await fetchTiny();
    rmSync(file('small/loose.bin'));
    server.behaviour.files['/some/where/resolve/abc123/small/loose.bin'] = testBytes(5000, 77);
    await expect(fetchTiny()).rejects.toMatchObject({ code: 'MODEL_PACK_CORRUPT' });
    expect(existsSync(file('small/loose.bin'))).toBe(false);
    const record = readFileSync(file('sources.lock.yaml'), 'utf8');
    expect(record).toMatch(/small\/loose\.bin:\n[^]*published: false/);
  });

  it('takes such a file only over https, or from this machine', async () => {
    await expect(
      pullHere(['tiny', '--yes', '--mirror', 'http://mirror.example.org']),
    ).rejects.toThrow(
      /small\/loose\.bin has no published hash, so it must not come over plain http/,
    );
  });

  it('names the file, the address and the status when the server does not have it', async () => {
    delete server.behaviour.files['/some/where/resolve/abc123/config.json'];
    await expect(fetchTiny()).rejects.toMatchObject({
      code: 'MODEL_FETCH_FAILED',
      message: expect.stringMatching(/resolve\/abc123\/config\.json answers HTTP 404 Not Found/),
    });
    expect(existsSync(file('big/net.bin'))).toBe(true);
    expect(existsSync(file('.pull.lock'))).toBe(false);
  });

  it.each([
    [['tiny', '--mirror', 'mirror'], '--mirror "mirror" is not an http(s) address'],
    [['tiny', '--form', 'x'], "Unknown option '--form'"],
    [[], 'name one pack, e.g. musetalk-v15'],
    [['../tiny'], 'name one pack'],
    [['huge'], 'huge has no sources.yaml: there is nothing to fetch'],
    [['tiny', '--from', 'x', '--mirror', 'http://y'], 'give one'],
  ])('explains what is wrong with %j', async (args, message) => {
    await expect(pullHere([...args, '--yes'])).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

describe('models pull --from', () => {
  const theirs = (): string => join(modelsDir, 'MuseTalk');
  const adopt = (from = theirs()): Promise<number> => pullHere(['tiny', '--yes', '--from', from]);

  it('links what is right, leaves out what is not, says what is missing, and the server has the rest', async () => {
    put(theirs(), 'models/old-name/config.json', PACK_FILES['config.json']!);
    put(theirs(), 'models/big/net.bin', testBytes(1_500_000, 6));
    expect(await adopt()).toBe(1);
    expect(said).toMatch(/config\.json: linked from .*old-name.config\.json/);
    expect(statSync(file('config.json')).nlink).toBe(2);
    expect(said).toMatch(/big\/net\.bin: .*big.net\.bin has the sha256 .* not the published file/);
    expect(said).toMatch(/small\/loose\.bin: not in /);
    expect(said).toContain('2 of 3 files are missing; the same command without --from');
    expect(await fetchTiny()).toBe(0);
    expect(askedPaths()).toEqual(['net.bin', 'loose.bin']);
    // Theirs stay as they were.
    const wrong = readFileSync(join(theirs(), 'models/big/net.bin'));
    expect(wrong.equals(testBytes(1_500_000, 6))).toBe(true);
  });

  it('copies from another disk', async () => {
    // /dev/shm is a file system of its own on Linux; elsewhere both folders share a disk and the file is linked.
    const from = existsSync('/dev/shm') ? join('/dev/shm', `models-${process.pid}`) : theirs();
    for (const path of ['big/net.bin', 'config.json', 'small/loose.bin'])
      put(from, path, PACK_FILES[path]!);
    try {
      expect(await adopt(from)).toBe(0);
    } finally {
      rmSync(from, { recursive: true });
    }
    if (from !== theirs()) expect(said).toContain('big/net.bin: copied from /dev/shm');
    expect(content('big/net.bin').equals(PACK_FILES['big/net.bin']!)).toBe(true);
    expect(existsSync(`${file('big/net.bin')}.copy`)).toBe(false);
  });

  it('uses files that the user has put there already', async () => {
    for (const path of ['big/net.bin', 'config.json', 'small/loose.bin'])
      put(checkpoints, path, PACK_FILES[path]!);
    expect(await adopt(checkpoints)).toBe(0);
    expect(said).toContain('small/loose.bin: no published hash; recorded as it is');
  });
});

describe('models pull as a process', { timeout: 60_000 }, () => {
  const start = (...prefix: string[]): ReturnType<typeof startModels> =>
    startModels(
      ['pull', 'tiny', '--yes', '--mirror', server.url],
      { AVATAR_MODELS_DIR: modelsDir },
      prefix,
    );

  it('ends on Ctrl-C with a part that the next run continues', async () => {
    server.behaviour.faults = [{ kind: 'hang', afterBytes: 650_000 }];
    const first = start();
    await first.told('MB  4');
    first.child.kill('SIGINT');
    const { code, err } = await first.ended;
    expect(code).toBe(130);
    expect(err).toContain('stopped; the same command goes on where it stopped');
    const have = statSync(`${file('big/net.bin')}.part`).size;
    expect(have).toBeGreaterThan(0);
    expect(existsSync(file('.pull.lock'))).toBe(false);
    expect(await fetchTiny()).toBe(0);
    expect(server.requests[1]).toMatchObject({ range: `bytes=${have}-` });
  });

  it('lets only one process fetch into a folder, and takes over from a dead one', async () => {
    server.behaviour.faults = [{ kind: 'hang', afterBytes: 650_000 }];
    const first = start();
    await first.told('MB  4');
    const second = await start().ended;
    expect(second.code).toBe(1);
    expect(second.err).toMatch(
      new RegExp(`MODEL_FETCH_FAILED: process ${first.child.pid} on .* is already fetching`),
    );
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(file('.pull.lock'))).toBe(true);
    expect(await fetchTiny()).toBe(0);
    expect(existsSync(file('.pull.lock'))).toBe(false);
  });

  // A limit on the size of files is what any user can set; download.test.ts fills a real disk where it may mount one.
  it('names the file when it can grow no more, and goes on when it can', async () => {
    const limited = await start('bash', '-c', 'ulimit -f 800 && exec "$@"', 'limited').ended;
    expect(limited.code).toBe(1);
    expect(limited.err).toMatch(
      /MODEL_FETCH_FAILED: there is no room to write .*net\.bin\.part \(EFBIG\); make room and run/,
    );
    const have = statSync(`${file('big/net.bin')}.part`).size;
    expect(have).toBeGreaterThan(500_000);
    expect(await fetchTiny()).toBe(0);
    expect(server.requests[1]).toMatchObject({ range: `bytes=${have}-` });
  });
});
