/** The summary on made-up pictures, and one real person with generous limits. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluateRenderedSpeakers, summary } from './evaluate.ts';
import type { PictureScore, ScoredPicture } from './score-person.ts';

const modelsDir = fileURLToPath(new URL('../../models', import.meta.url));

const PICTURE: PictureScore = {
  person: 'p1',
  shape: 'aa',
  lipErrorPx: 1,
  jawErrorPx: 2,
  lipMotionErrorPx: 1,
  jawMotionErrorPx: 2,
  lipStillErrorPx: 8,
  jawStillErrorPx: 6,
  isOpen: true,
  openingPx2: 900,
  trueOpeningPx2: 1000,
  trueInsidePx2: 900,
  insideTexture: 80,
  trueInsideTexture: 100,
  skinTexture: 9,
  trueSkinTexture: 10,
  outsideMaximum: 0,
  seamRatio: 1,
  ssim: 0.8,
};

describe('the summary', () => {
  it('averages errors and divides sums', () => {
    const small = { ...PICTURE, lipErrorPx: 2, openingPx2: 200, trueInsidePx2: 100 };
    const result = summary([PICTURE, small]);
    expect(result.lipLandmarkErrorPx).toBe(1.5);
    expect(result.openAreaRatio).toBeCloseTo(1.1, 9);
    expect(result.textureRatio).toBeCloseTo(0.8, 9);
  });

  it('leaves closed lips out of the figures on openings, not of the others', () => {
    const shut = { ...PICTURE, isOpen: false, openingPx2: 50, outsideMaximum: 3, ssim: 0.4 };
    const result = summary([PICTURE, shut]);
    expect(result.openAreaRatio).toBe(1);
    expect(result.ssim).toBeCloseTo(0.6, 9);
    expect(result.outsideMaskMaxError).toBe(3);
  });
});

describe('a rendered speaker', () => {
  it('moves much like the truth, opens as far and touches nothing else', async () => {
    const pictures: ScoredPicture[] = [];
    const scores = await evaluateRenderedSpeakers({
      modelsDir,
      people: ['p1'],
      onPicture: (picture) => pictures.push(picture),
    });
    expect(pictures.map(({ truth }) => truth.shape)).toEqual(Object.keys(scores.byShape));
    expect(scores.lipLandmarkErrorPx).toBeLessThan(0.4 * scores.lipStillErrorPx);
    expect(scores.transfer.lipLandmarkErrorPx).toBeLessThan(1.2);
    expect(scores.detected.lipMotionErrorPx).toBeLessThan(0.4 * scores.lipStillErrorPx);
    expect(scores.openAreaRatio).toBeGreaterThan(0.7);
    expect(scores.openAreaRatio).toBeLessThan(1.4);
    expect(scores.textureRatio).toBeGreaterThan(0.4);
    expect(scores.outsideMaskMaxError).toBe(0);
    expect(scores.seamRatio).toBeLessThan(1.2);
  }, 120_000);

  it('that does not exist is refused with the names of those that do', async () => {
    await expect(evaluateRenderedSpeakers({ modelsDir, people: ['nobody'] })).rejects.toThrow(
      /there are: p1/,
    );
  });

  it('without data names the missing file', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'faces-'));
    try {
      await expect(evaluateRenderedSpeakers({ modelsDir, dataDir })).rejects.toMatchObject({
        code: 'SOURCE_MISSING',
      });
      await writeFile(join(dataDir, 'faces.json'), '{"people": []}');
      await expect(evaluateRenderedSpeakers({ modelsDir, dataDir })).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
      });
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
