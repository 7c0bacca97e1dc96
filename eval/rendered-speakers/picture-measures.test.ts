/** Pictures and polygons whose answer is known. */
import { describe, expect, it } from 'vitest';
import type { Patch } from '../../agent/src/pipeline/model-pack.ts';
import {
  fineStructure,
  frameAlpha,
  outsideMaximum,
  polygonArea,
  polygonMask,
  rimSteps,
  shrink,
  similarity,
  type Luma,
} from './picture-measures.ts';

const count = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);
const RECTANGLE = Float64Array.of(2, 3, 12, 3, 12, 9, 2, 9);

const lumaOf = (width: number, height: number, at: (x: number, y: number) => number): Luma => ({
  width,
  height,
  values: Uint8Array.from({ length: width * height }, (_, k) => at(k % width, (k / width) | 0)),
});

/** A patch of 4×4 px at (2, 2) of an 8×8 frame, opaque. */
const PATCH: Patch = {
  x: 2,
  y: 2,
  width: 4,
  height: 4,
  rgb: new Uint8Array(48),
  alpha: new Uint8Array(16).fill(255),
};
const FRAME_BYTES = 8 * 8 * 1.5;

describe('a polygon', () => {
  it('has the area of a rectangle, either way round', () => {
    expect(polygonArea(RECTANGLE)).toBe(60);
    expect(polygonArea(Float64Array.of(2, 9, 12, 9, 12, 3, 2, 3))).toBe(60);
  });

  it('covers the pixels whose centres it holds', () => {
    const mask = polygonMask(RECTANGLE, 16, 16);
    expect(count(mask)).toBe(60);
    expect([mask[3 * 16 + 2], mask[2 * 16 + 2], mask[3 * 16 + 12]]).toEqual([1, 0, 0]);
  });

  it('loses its part outside the picture', () => {
    expect(count(polygonMask(Float64Array.of(-5, -5, 4, -5, 4, 4, -5, 4), 16, 16))).toBe(16);
  });

  it('shrinks and grows by whole pixels', () => {
    const mask = polygonMask(RECTANGLE, 16, 16);
    expect(count(shrink(mask, 16, 16, 1))).toBe(8 * 4);
    expect(count(shrink(mask, 16, 16, -1))).toBe(12 * 8);
    expect(count(mask)).toBe(60);
  });
});

describe('fine structure', () => {
  const everywhere = new Uint8Array(100).fill(1);

  it('is nothing on a slope', () => {
    const slope = lumaOf(10, 10, (x, y) => 5 * x + 7 * y);
    expect(fineStructure(slope, everywhere)).toEqual({ energy: 0, pixels: 64 });
  });

  it('is (4 · step)² per pixel of a chessboard', () => {
    const board = lumaOf(10, 10, (x, y) => ((x + y) % 2) * 50);
    const { energy, pixels } = fineStructure(board, everywhere);
    expect(energy / pixels).toBe(200 ** 2);
  });

  it('counts the mask only', () => {
    const board = lumaOf(10, 10, (x, y) => (x < 5 ? ((x + y) % 2) * 50 : 25));
    const right = polygonMask(Float64Array.of(6, 0, 10, 0, 10, 10, 6, 10), 10, 10);
    expect(fineStructure(board, right).energy).toBe(0);
  });
});

describe('outside the patch', () => {
  it('a change inside it does not count, in brightness and in colour', () => {
    const before = new Uint8Array(FRAME_BYTES).fill(100);
    const after = before.slice();
    after[3 * 8 + 3] = 200;
    after[64 + 1 * 4 + 1] = 200;
    expect(outsideMaximum(before, after, 8, PATCH)).toBe(0);
  });

  it.each([
    ['brightness', 0],
    ['colour', 64],
  ])('a change of %s by 3 is found', (_name, at) => {
    const before = new Uint8Array(FRAME_BYTES).fill(100);
    const after = before.slice();
    after[at] = 103;
    expect(outsideMaximum(before, after, 8, PATCH)).toBe(3);
  });
});

describe('the rim of a patch', () => {
  const alpha = frameAlpha(PATCH, 8);

  it('shows no new steps where the picture is as it was', () => {
    const picture = lumaOf(8, 8, (x, y) => 10 * x + y * y);
    const steps = rimSteps(picture, picture, alpha);
    expect(steps.pairs).toBe(16);
    expect(steps.after).toBe(steps.before);
  });

  it('shows a patch that is 20 brighter by 20 per pair', () => {
    const flat = lumaOf(8, 8, () => 50);
    const seam = lumaOf(8, 8, (x, y) => (alpha[y * 8 + x] === 0 ? 50 : 70));
    const steps = rimSteps(flat, seam, alpha);
    expect([steps.before, steps.after / steps.pairs]).toEqual([0, 20]);
  });
});

describe('similarity', () => {
  const box = { x: 0, y: 0, width: 16, height: 16 };
  const picture = lumaOf(16, 16, (x, y) => 100 + 40 * Math.sin(x) * Math.cos(y));

  it('is 1 for the same picture and negative for its negative', () => {
    expect(similarity(picture, picture, box)).toBeCloseTo(1, 9);
    const negative = lumaOf(16, 16, (x, y) => 200 - picture.values[y * 16 + x]!);
    expect(similarity(picture, negative, box)).toBeLessThan(-0.5);
  });
});
