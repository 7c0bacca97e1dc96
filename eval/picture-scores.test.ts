import { describe, expect, it } from 'vitest';
import { changeOutside, roomNoise } from './picture-scores.ts';

/** 4 × 4 pixels of I420: 16 luma bytes, 4 of U, 4 of V. */
const WIDTH = 4;
const source = new Uint8Array(24).fill(100);
const with_ = (at: number, value: number): Uint8Array => {
  const planes = source.slice();
  planes[at] = value;
  return planes;
};

describe('change outside the mask', () => {
  const mask = new Uint8Array(16);
  mask[5] = 1; // column 1, row 1: the first chroma block

  it('sees every plane, however small the change', () => {
    expect(changeOutside(source, source, mask, WIDTH)).toBe(0);
    for (const at of [0, 4, 15, 17, 19, 21, 23]) {
      expect(changeOutside(with_(at, 97), source, mask, WIDTH), `byte ${at}`).toBe(3);
    }
  });

  it('leaves the pixel of the mask and its chroma alone', () => {
    for (const at of [5, 16, 20]) expect(changeOutside(with_(at, 0), source, mask, WIDTH)).toBe(0);
  });
});

describe('room noise', () => {
  it('has −50 dB and is the same every time', () => {
    const noise = roomNoise(1);
    const power = noise.reduce((sum, value) => sum + (value / 32_768) ** 2, 0) / noise.length;
    expect(10 * Math.log10(power)).toBeCloseTo(-50, 0);
    expect(roomNoise(1)).toEqual(noise);
  });
});
