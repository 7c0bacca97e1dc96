import { describe, expect, it } from 'vitest';
import { rgbToI420 } from './rgb-to-i420.ts';

/** One 2×2 frame of a single colour: [Y, U, V]. */
function convert(r: number, g: number, b: number): number[] {
  const i420 = new Uint8Array(6);
  rgbToI420(
    Uint8Array.from({ length: 12 }, (_, i) => [r, g, b][i % 3]!),
    2,
    2,
    i420,
    0,
  );
  expect(new Set(i420.slice(0, 4)).size).toBe(1);
  return [i420[0]!, i420[4]!, i420[5]!];
}

describe('rgbToI420', () => {
  it('gives the limited-range values of BT.601 for the primaries', () => {
    expect(convert(0, 0, 0)).toEqual([16, 128, 128]);
    expect(convert(255, 255, 255)).toEqual([235, 128, 128]);
    expect(convert(255, 0, 0)).toEqual([81, 90, 240]);
    expect(convert(0, 255, 0)).toEqual([145, 54, 34]);
    expect(convert(0, 0, 255)).toEqual([41, 240, 110]);
  });

  it('keeps every grey without colour', () => {
    for (let grey = 0; grey < 256; grey += 1) {
      expect(convert(grey, grey, grey).slice(1)).toEqual([128, 128]);
    }
  });

  it('averages chroma over 2×2 pixels and writes planes at the offset', () => {
    const rgb = new Uint8Array(4 * 2 * 3);
    rgb.set([255, 0, 0], 0);
    const i420 = new Uint8Array(20).fill(7);
    rgbToI420(rgb, 4, 2, i420, 4);
    expect([...i420.slice(0, 4)]).toEqual([7, 7, 7, 7]);
    expect([...i420.slice(4, 12)]).toEqual([81, 16, 16, 16, 16, 16, 16, 16]);
    // A quarter of red's chroma: 128 + (90 − 128)/4 and 128 + (240 − 128)/4.
    expect([...i420.slice(12, 16)]).toEqual([119, 128, 156, 128]);
    expect([...i420.slice(16)]).toEqual([7, 7, 7, 7]);
  });
});
