import { describe, expect, it } from 'vitest';
import { i420ToRgb } from './png-writer.ts';

describe('i420ToRgb', () => {
  it.each([
    ['black', [16, 128, 128], [0, 0, 0]],
    ['white', [235, 128, 128], [255, 255, 255]],
    ['red', [81, 90, 240], [254, 0, 0]],
    ['blue', [41, 240, 110], [0, 0, 255]],
  ])('shows the BT.601 bytes of %s', (_name, [y, u, v], rgb) => {
    const picture = Uint8Array.of(y!, y!, y!, y!, u!, v!);
    const shown = new Uint8Array(12);
    i420ToRgb(picture, 2, 2, shown);
    expect([...shown.subarray(9)].map((value, i) => Math.abs(value - rgb[i]!) <= 1)).toEqual([
      true,
      true,
      true,
    ]);
  });
});
