import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import {
  FACE_PICTURE,
  HAS_FFMPEG,
  makeFaceVideo,
  temporaryFolder,
} from '../../test/avatar-fixtures.ts';
import { damaged, damages, FUZZ_TIMEOUT_MS, fuzzing } from '../../test/fuzz/fuzz.ts';
import { AvatarError } from '../errors.ts';
import { openSource } from './avatar-source.ts';

const folder = temporaryFolder();
const LIMITS = { maxPx: 256, maxSeconds: 4 };
const FRAME_BYTES = 256 * 256 * 3;
/** Longer than ffmpeg's own start on a busy machine; a hang lasts for ever. */
const LIMIT_MS = 20_000;

async function readAll(path: string): Promise<number> {
  let count = 0;
  for await (const frame of (await openSource(path, LIMITS)).frames()) count += frame.length;
  return count;
}

/** Frames of the promised size, or an error that names the file; soon. */
async function expectAnswer(name: string, bytes: Uint8Array): Promise<void> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const startedMs = performance.now();
  try {
    const { size, frames } = await openSource(path, LIMITS);
    expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(LIMITS.maxPx);
    let count = 0;
    for await (const frame of frames()) {
      expect(frame.length).toBe(size.width * size.height * 3);
      expect(frame.length).toBeLessThanOrEqual(FRAME_BYTES);
      count += 1;
    }
    expect(count).toBeGreaterThan(0);
  } catch (error) {
    if (!(error instanceof AvatarError)) throw error;
    expect(error.code).toMatch(/^SOURCE_(UNREADABLE|TOO_LARGE)$/);
    expect(error.message).toContain(name);
  }
  expect(performance.now() - startedMs).toBeLessThan(LIMIT_MS);
}

const pictures: { name: string; bytes: Buffer }[] = [];
beforeAll(async () => {
  const small = sharp(FACE_PICTURE).resize(288, 288);
  pictures.push(
    { name: 'a.png', bytes: await small.clone().png().toBuffer() },
    {
      name: 'a.jpg',
      bytes: await small.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    },
    { name: 'a.webp', bytes: await small.clone().webp().toBuffer() },
  );
});

it(
  'a damaged picture is a picture or a clear error',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2), damages(9000), async (index, list) => {
        const { name, bytes } = pictures[index]!;
        await expectAnswer(name, damaged(bytes, list));
      }),
      fuzzing(250),
    );
  },
  FUZZ_TIMEOUT_MS,
);

it('a picture that states a size of billions is refused without the memory for it', async () => {
  const png = Buffer.from(pictures[0]!.bytes);
  for (const [width, height] of [
    [0x7fffffff, 0x7fffffff],
    [8192, 8192],
    [100_000, 300],
    [0, 0],
  ] as const) {
    png.writeUInt32BE(width, 16);
    png.writeUInt32BE(height, 20);
    const before = process.memoryUsage.rss();
    await expectAnswer('b.png', png);
    expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
  }
});

it.each([
  ['a playlist', '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n'],
  ['a list of files', "ffconcat version 1.0\nfile '/etc/passwd'\n"],
  [
    'a picture by reference',
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><image href="/etc/passwd"/></svg>',
  ],
  ['a text', 'hello'],
  ['nothing', ''],
])('%s under the name of a picture or a video is refused', async (_what, text) => {
  for (const name of ['x.png', 'x.mp4']) {
    if (name === 'x.mp4' && !HAS_FFMPEG) continue;
    const path = join(folder, name);
    writeFileSync(path, text);
    await expect(readAll(path)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  }
});

it.skipIf(!HAS_FFMPEG)(
  'a damaged video is a video or a clear error, and ffmpeg ends',
  async () => {
    const video = join(folder, 'whole.mp4');
    makeFaceVideo(video, 0.4);
    const original = readFileSync(video);
    await fc.assert(
      fc.asyncProperty(damages(original.length, 200), async (list) => {
        await expectAnswer('damaged.mp4', damaged(original, list));
      }),
      // Two processes per video, which start slowly on a busy machine.
      fuzzing(8, 15_000),
    );
  },
  FUZZ_TIMEOUT_MS,
);
