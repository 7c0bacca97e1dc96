import { describe, expect, it } from 'vitest';
import { cropRotatedSquare } from './affine-crop.ts';
import type { Picture } from './picture.ts';

/** Red is 10·x, green 10·y, blue 7: a crop then says where each value came from. */
function gradient(width: number, height: number, channels: 3 | 4 = 3): Picture {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += channels) data.set([10 * x, 10 * y, 7], i);
  }
  return { data, width, height, channels };
}

const BYTES = { low: 0, high: 255 };

function crop(
  picture: Picture,
  square: Parameters<typeof cropRotatedSquare>[1],
  size: number,
): Float32Array {
  const out = new Float32Array(size * size * 3);
  cropRotatedSquare(picture, square, size, BYTES, out);
  return out;
}

describe('cropRotatedSquare', () => {
  it('copies an unturned square of the same size exactly', () => {
    const out = crop(gradient(8, 8), { centerX: 4, centerY: 4, sizePx: 4, rotationRad: 0 }, 4);
    expect([...out.subarray(0, 6)]).toEqual([20, 20, 7, 30, 20, 7]);
    expect([...out.subarray(45)]).toEqual([50, 50, 7]);
  });

  it('interpolates between pixels', () => {
    const out = crop(gradient(8, 8), { centerX: 4.25, centerY: 4.5, sizePx: 4, rotationRad: 0 }, 4);
    expect(out[0]).toBeCloseTo(22.5, 4);
    expect(out[1]).toBeCloseTo(25, 4);
  });

  it('turns clockwise on screen: the first row of a quarter turn runs down the picture', () => {
    const out = crop(
      gradient(9, 9),
      { centerX: 4, centerY: 4, sizePx: 4, rotationRad: Math.PI / 2 },
      4,
    );
    expect(out[0]).toBeCloseTo(60, 3);
    expect(out[1]).toBeCloseTo(20, 3);
    expect(out[3]).toBeCloseTo(60, 3);
    expect(out[4]).toBeCloseTo(30, 3);
  });

  it('repeats the edge beyond the picture', () => {
    const out = crop(gradient(4, 4), { centerX: -10, centerY: 100, sizePx: 4, rotationRad: 0 }, 4);
    expect([...out.subarray(0, 3)]).toEqual([0, 30, 7]);
  });

  it('maps bytes to the wanted range', () => {
    const out = new Float32Array(3);
    const white: Picture = { data: new Uint8Array([255, 0, 51]), width: 1, height: 1, channels: 3 };
    const square = { centerX: 0, centerY: 0, sizePx: 1, rotationRad: 0 };
    cropRotatedSquare(white, square, 1, { low: -1, high: 1 }, out);
    expect(out[0]).toBeCloseTo(1, 6);
    expect(out[1]).toBeCloseTo(-1, 6);
    expect(out[2]).toBeCloseTo(-0.6, 6);
  });

  it('gives the same values for RGBA as for RGB', () => {
    const square = { centerX: 3.3, centerY: 4.1, sizePx: 5, rotationRad: 0.3 };
    expect(crop(gradient(8, 8, 4), square, 6)).toEqual(crop(gradient(8, 8, 3), square, 6));
  });
});
