import { describe, expect, it } from 'vitest';
import type { Box, Picture } from './picture.ts';
import { resampleRegion } from './resample.ts';

/** A grey picture from rows of values. */
function grey(rows: number[][]): Picture {
  const data = Uint8Array.from(rows.flat().flatMap((value) => [value, value, value]));
  return { data, width: rows[0]!.length, height: rows.length, channels: 3 };
}

/** The red channel of the result, as rows. */
function resample(picture: Picture, region: Box, width: number, height: number): number[][] {
  const out = new Float32Array(width * height * 3);
  resampleRegion(picture, region, { width, height }, { low: 0, high: 255 }, out);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => Math.round(out[(y * width + x) * 3]! * 1000) / 1000),
  );
}

const whole = ({ width, height }: Picture): Box => ({ x: 0, y: 0, width, height });

describe('resampleRegion', () => {
  it('leaves a picture of the wanted size as it is', () => {
    const picture = grey([
      [1, 2, 3],
      [40, 50, 60],
    ]);
    expect(resample(picture, whole(picture), 3, 2)).toEqual([
      [1, 2, 3],
      [40, 50, 60],
    ]);
  });

  it('averages the covered area when it shrinks', () => {
    const picture = grey([
      [0, 100, 10, 30],
      [100, 200, 50, 70],
    ]);
    expect(resample(picture, whole(picture), 2, 1)).toEqual([[100, 40]]);
  });

  it('weights pixels that a cell covers in part', () => {
    const picture = grey([[0, 90, 180]]);
    expect(resample(picture, whole(picture), 2, 1)).toEqual([[30, 150]]);
  });

  it('keeps the mean of a fine pattern, whatever the factor', () => {
    const picture = grey(
      Array.from({ length: 37 }, (_, y) =>
        Array.from({ length: 53 }, (_, x) => ((x + y) % 2) * 200),
      ),
    );
    const mean =
      resample(picture, whole(picture), 8, 5)
        .flat()
        .reduce((sum, value) => sum + value, 0) / 40;
    expect(mean).toBeCloseTo(100, 0);
  });

  it('enlarges bilinearly and repeats the outermost pixels', () => {
    const picture = grey([[0, 100]]);
    expect(resample(picture, whole(picture), 4, 1)).toEqual([[0, 25, 75, 100]]);
  });

  it('is black beyond the picture', () => {
    const picture = grey([[200, 200]]);
    expect(resample(picture, { x: -2, y: 0, width: 4, height: 1 }, 2, 1)).toEqual([[0, 200]]);
    expect(resample(picture, { x: 50, y: 50, width: 4, height: 4 }, 2, 1)).toEqual([[0, 0]]);
  });
});
