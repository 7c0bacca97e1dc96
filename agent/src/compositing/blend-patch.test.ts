import { describe, expect, it } from 'vitest';
import type { Patch } from '../pipeline/model-pack.ts';
import { blendPatch, isDrawable } from './blend-patch.ts';

const WIDTH = 16;
const HEIGHT = 12;
const Y_BYTES = WIDTH * HEIGHT;
const C_BYTES = Y_BYTES / 4;

const frameOf = (seed: number): Uint8Array =>
  Uint8Array.from({ length: (Y_BYTES * 3) / 2 }, (_, i) => 16 + ((i * 37 + seed * 11) % 220));

const patchOf = (
  colour: (pixel: number) => [number, number, number],
  alpha: (pixel: number) => number,
  place: { x: number; y: number; width: number; height: number },
): Patch => {
  const pixels = place.width * place.height;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i += 1) rgb.set(colour(i), i * 3);
  return { ...place, rgb, alpha: Uint8Array.from({ length: pixels }, (_, i) => alpha(i)) };
};
const place = { x: 4, y: 2, width: 8, height: 6 };

/** BT.601 limited range from its definition, in floating point. */
const yuvOf = ([r, g, b]: [number, number, number]): [number, number, number] => {
  const luma = 0.299 * r + 0.587 * g + 0.114 * b;
  return [
    16 + (219 * luma) / 255,
    128 + (224 * (b - luma)) / (2 * 0.886 * 255),
    128 + (224 * (r - luma)) / (2 * 0.701 * 255),
  ];
};

describe('blendPatch', () => {
  it('changes no byte where alpha is 0', () => {
    const frame = frameOf(1);
    blendPatch(
      frame,
      WIDTH,
      HEIGHT,
      patchOf(
        () => [255, 0, 9],
        () => 0,
        place,
      ),
    );
    expect(frame).toEqual(frameOf(1));
  });

  it('changes only the pixels and the chroma blocks under alpha > 0', () => {
    const frame = frameOf(2);
    const before = frameOf(2);
    blendPatch(
      frame,
      WIDTH,
      HEIGHT,
      patchOf(
        () => [250, 10, 60],
        (i) => (i === 9 ? 255 : 0),
        place,
      ),
    );
    const changed = [...frame.keys()].filter((i) => frame[i] !== before[i]);
    // Patch pixel 9 is row 1, column 1: frame pixel (5, 3), chroma sample (2, 1).
    const chroma = 1 * (WIDTH / 2) + 2;
    expect(changed).toEqual([3 * WIDTH + 5, Y_BYTES + chroma, Y_BYTES + C_BYTES + chroma]);
  });

  it.each([
    ['black', [0, 0, 0], [16, 128, 128]],
    ['white', [255, 255, 255], [235, 128, 128]],
    ['red', [255, 0, 0], [81, 90, 240]],
    ['green', [0, 255, 0], [145, 54, 34]],
    ['blue', [0, 0, 255], [41, 240, 110]],
  ] as const)('writes the BT.601 bytes of %s', (_name, colour, expected) => {
    const frame = frameOf(3);
    blendPatch(
      frame,
      WIDTH,
      HEIGHT,
      patchOf(
        () => [...colour],
        () => 255,
        place,
      ),
    );
    const chroma = 1 * (WIDTH / 2) + 2;
    expect([
      frame[2 * WIDTH + 4],
      frame[Y_BYTES + chroma],
      frame[Y_BYTES + C_BYTES + chroma],
    ]).toEqual([...expected]);
  });

  it('stays within one level of the exact blend for any colour and alpha', () => {
    const frame = frameOf(4);
    const before = frameOf(4);
    const colour = (i: number): [number, number, number] => [
      (i * 53) % 256,
      (i * 97) % 256,
      (i * 29) % 256,
    ];
    const alpha = (i: number): number => (i * 71) % 256;
    blendPatch(frame, WIDTH, HEIGHT, patchOf(colour, alpha, place));
    for (let row = 0; row < place.height; row += 1) {
      for (let column = 0; column < place.width; column += 1) {
        const pixel = row * place.width + column;
        const at = (place.y + row) * WIDTH + place.x + column;
        const share = alpha(pixel) / 255;
        const exact = before[at]! * (1 - share) + yuvOf(colour(pixel))[0] * share;
        expect(Math.abs(frame[at]! - exact)).toBeLessThanOrEqual(1);
      }
    }
    for (let row = 0; row < place.height / 2; row += 1) {
      for (let column = 0; column < place.width / 2; column += 1) {
        const at = Y_BYTES + (place.y / 2 + row) * (WIDTH / 2) + place.x / 2 + column;
        const pixels = [0, 1, 8, 9].map((offset) => row * 2 * place.width + column * 2 + offset);
        const exact = pixels.reduce((sum, pixel) => {
          const share = alpha(pixel) / 255;
          return sum + (before[at]! * (1 - share) + yuvOf(colour(pixel))[1] * share) / 4;
        }, 0);
        expect(Math.abs(frame[at]! - exact)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('draws up to the last row and column', () => {
    const frame = frameOf(5);
    const corner = { x: WIDTH - 2, y: HEIGHT - 2, width: 2, height: 2 };
    blendPatch(
      frame,
      WIDTH,
      HEIGHT,
      patchOf(
        () => [255, 255, 255],
        () => 255,
        corner,
      ),
    );
    expect(frame[Y_BYTES - 1]).toBe(235);
    expect(frame[frame.length - 1]).toBe(128);
    expect(frame.length).toBe((Y_BYTES * 3) / 2);
  });
});

describe('isDrawable', () => {
  const patch = patchOf(
    () => [1, 2, 3],
    () => 1,
    place,
  );
  it('accepts a patch inside the frame', () => {
    expect(isDrawable(patch, WIDTH, HEIGHT)).toBe(true);
  });
  it.each([
    ['outside on the right', { x: 10 }],
    ['outside at the bottom', { y: 8 }],
    ['on odd pixels', { x: 3 }],
    ['at a negative place', { y: -2 }],
    ['at no place', { x: Number.NaN }],
    ['with a buffer too short', { alpha: new Uint8Array(3) }],
  ])('refuses one %s', (_name, change) => {
    expect(isDrawable({ ...patch, ...change }, WIDTH, HEIGHT)).toBe(false);
  });
});
