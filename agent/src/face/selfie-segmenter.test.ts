import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFaceModels } from './face-models.node.ts';
import type { FaceModels } from './face-models.ts';
import type { Picture } from './picture.ts';
import { PERSON_MASK_SIZE, segmentPerson } from './selfie-segmenter.ts';

const packDirectory = path.resolve(import.meta.dirname, '../../../models/face');
const facePicture = path.join(packDirectory, 'golden/face.png');

let models: FaceModels;
beforeAll(async () => {
  models = await loadFaceModels(packDirectory);
});
afterAll(() => models.release());

async function head(width: number, height: number, channels: 3 | 4): Promise<Picture> {
  const image = sharp(facePicture).resize(width, height, { fit: 'fill' });
  const data = await (channels === 4 ? image.ensureAlpha() : image.removeAlpha()).raw().toBuffer();
  return { data, width, height, channels };
}

/** Value of the mask at a place of the picture given in parts of its size. */
const at = (mask: Float32Array, x: number, y: number): number =>
  mask[Math.floor(y * PERSON_MASK_SIZE) * PERSON_MASK_SIZE + Math.floor(x * PERSON_MASK_SIZE)]!;

describe('segmentPerson', () => {
  it.each([
    [640, 640],
    [200, 200],
    [960, 540],
  ])('separates the head from the background at %i x %i', async (width, height) => {
    const mask = await segmentPerson(models, await head(width, height, 3));
    expect(mask).toHaveLength(PERSON_MASK_SIZE ** 2);
    expect(Math.min(...mask)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...mask)).toBeLessThanOrEqual(1);
    expect(at(mask, 0.5, 0.5)).toBeGreaterThan(0.9);
    expect(at(mask, 0.5, 0.95)).toBeGreaterThan(0.9);
    expect(at(mask, 0.05, 0.05)).toBeLessThan(0.1);
    expect(at(mask, 0.95, 0.3)).toBeLessThan(0.1);
  });

  it('gives the same mask for RGBA as for RGB', async () => {
    const rgb = await segmentPerson(models, await head(320, 320, 3));
    expect(await segmentPerson(models, await head(320, 320, 4))).toEqual(rgb);
  });

  it('finds nobody on a blank picture', async () => {
    const blank = {
      data: new Uint8Array(64 * 64 * 3).fill(120),
      width: 64,
      height: 64,
      channels: 3,
    } as const;
    expect(Math.max(...(await segmentPerson(models, blank)))).toBeLessThan(0.5);
  });

  it('keeps two overlapping calls apart', async () => {
    const first = await head(320, 320, 3);
    const blank = { ...first, data: new Uint8Array(first.data.length) };
    const alone = await segmentPerson(models, first);
    const [together] = await Promise.all([
      segmentPerson(models, first),
      segmentPerson(models, blank),
    ]);
    expect(together).toEqual(alone);
  });
});
