import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/avatar-fixtures.ts';
import { damaged, damages, FUZZ_TIMEOUT_MS, fuzzing } from '../../test/fuzz/fuzz.ts';
import { AvatarError } from '../errors.ts';
import { LANDMARK_COUNT } from '../pipeline/model-pack.ts';
import { sha256 } from './bundle-key.ts';
import { BUNDLE_FILES, openBundle } from './open-bundle.ts';
import { frameFile } from './frame-store.ts';

const folder = join(temporaryFolder(), 'bundle');
const MAX_FRAME_BYTES = 1e6;
const SIDE_PX = 64;
const FRAMES = 2;

/** Opens, or an error that names the folder and the cure. */
async function expectAnswer(): Promise<'opened' | 'refused'> {
  try {
    const { frames } = await openBundle(folder, MAX_FRAME_BYTES);
    expect(frames.i420.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
    return 'opened';
  } catch (error) {
    if (!(error instanceof AvatarError)) throw error;
    expect(error.code).toMatch(/^(BUNDLE_INVALID|SOURCE_TOO_LARGE)$/);
    return 'refused';
  }
}

/** A small sound bundle, written by hand. */
beforeAll(async () => {
  const jpeg = await sharp({
    create: { width: SIDE_PX, height: SIDE_PX, channels: 3, background: '#407080' },
  })
    .jpeg()
    .toBuffer();
  const files: Record<string, Uint8Array> = {
    [BUNDLE_FILES.landmarks]: Buffer.alloc(FRAMES * LANDMARK_COUNT * 12),
    [BUNDLE_FILES.boxes]: Buffer.alloc(FRAMES * 16),
    [BUNDLE_FILES.interpolated]: Buffer.alloc(FRAMES),
    [BUNDLE_FILES.pack]: Buffer.from('pack'),
    [BUNDLE_FILES.thumbnail]: jpeg,
    [frameFile(0)]: jpeg,
    [frameFile(1)]: jpeg,
  };
  cpSync(new URL('../../../avatars/ava/clips', import.meta.url), join(folder, 'frames'), {
    recursive: true,
  });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const manifest = {
    ...{ format: 1, id: 'ava', key: 'a'.repeat(64), model: 'lite', packVersion: '1' },
    ...{ width: SIDE_PX, height: SIDE_PX, fps: 25, frameCount: FRAMES, clips: [] },
    inputs: { video: { path: 'x', sha256: 'y' }, clips: {} },
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
  };
  writeFileSync(join(folder, BUNDLE_FILES.manifest), JSON.stringify(manifest));
  expect(await expectAnswer()).toBe('opened');
});

it(
  'a damaged file of a bundle is noticed, whichever it is',
  async () => {
    const names = readdirSync(folder).filter(
      (name) => name.endsWith('.bin') || name.endsWith('.jpg'),
    );
    names.push(frameFile(0), frameFile(1));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), damages(500), async (name, list) => {
        const path = join(folder, name);
        const whole = readFileSync(path);
        const broken = damaged(whole, list);
        writeFileSync(path, broken);
        try {
          expect(await expectAnswer()).toBe(broken.equals(whole) ? 'opened' : 'refused');
        } finally {
          writeFileSync(path, whole);
        }
      }),
      fuzzing(150),
    );
  },
  FUZZ_TIMEOUT_MS,
);

it(
  'a damaged or forged bundle.json is refused without the memory it asks for',
  async () => {
    const path = join(folder, BUNDLE_FILES.manifest);
    const whole = readFileSync(path);
    const value = JSON.parse(whole.toString()) as Record<string, unknown>;
    const forged = fc
      .tuple(
        fc.constantFrom(...Object.keys(value)),
        fc.oneof(
          fc.constantFrom<unknown>(-1, -64, 0, 1, 3, 2 ** 31, 2 ** 53 - 1, 1e300, null, '', '../x'),
          fc.constantFrom<unknown>([{ name: 'x', file: '../../x.wav', durationMs: 1 }], {
            __proto__: 1,
          }),
          fc.jsonValue({ maxDepth: 2 }),
        ),
      )
      .map(([key, replacement]) => Buffer.from(JSON.stringify({ ...value, [key]: replacement })));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          forged,
          damages(whole.length, 400).map((list) => damaged(whole, list)),
        ),
        async (bytes) => {
          writeFileSync(path, bytes);
          await expectAnswer();
        },
      ),
      fuzzing(400),
    );
    writeFileSync(path, whole);
  },
  FUZZ_TIMEOUT_MS,
);
