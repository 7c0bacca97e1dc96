import { describe, expect, it } from 'vitest';
import { isDrawable } from '../../compositing/blend-patch.ts';
import { maskSquare } from './blend-mask.ts';
import { FACE_SIZE, PatchMaker, placeOf } from './mouth-patch.ts';

const BOX = { x0: 31, y0: 13, x1: 132, y1: 150 };
const SQUARE = maskSquare(BOX);
const SIDE = SQUARE.x1 - SQUARE.x0;

/** 255 in a rectangle of the frame. */
function maskOf(x0: number, y0: number, x1: number, y1: number): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const x = SQUARE.x0 + (i % SIDE);
    const y = SQUARE.y0 + Math.floor(i / SIDE);
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? 255 : 0;
  });
}

/** A face whose red grows to the right, green downwards. */
const face = new Uint8Array(FACE_SIZE * FACE_SIZE * 3);
for (let i = 0; i < FACE_SIZE * FACE_SIZE; i += 1) {
  face.set([9, Math.floor(i / FACE_SIZE), i % FACE_SIZE], i * 3);
}

describe('mouth patch', () => {
  it('covers the visible part of the box on even pixels', () => {
    const place = placeOf(BOX, SQUARE, maskOf(41, 91, 101, 149));
    expect(place.region).toEqual({ x0: 40, y0: 90, x1: 102, y1: 150 });
    const patch = new PatchMaker(place.alpha.length).make(face, place, 1);
    expect(isDrawable(patch, 200, 150)).toBe(true);
    expect(patch.alpha[0]).toBe(0);
    expect(patch.alpha[patch.width + 1]).toBe(255);
  });

  it('is clear outside the box, whatever the blurred mask says', () => {
    const place = placeOf(BOX, SQUARE, maskOf(-1000, 80, 1000, 1000));
    expect(place.region).toEqual({ x0: 30, y0: 80, x1: 132, y1: 150 });
    for (let row = 0; row < 70; row += 1) expect(place.alpha[row * 102]).toBe(0);
    expect(place.alpha[1]).toBe(255);
  });

  it('shows the face as RGB at its place, scaled to the box', () => {
    const place = placeOf(BOX, SQUARE, maskOf(31, 82, 132, 150));
    const patch = new PatchMaker(place.alpha.length).make(face, place, 1);
    const x = 80;
    const y = 100;
    const at = ((y - patch.y) * patch.width + x - patch.x) * 3;
    expect(patch.rgb[at]).toBeCloseTo(((x + 0.5 - BOX.x0) / 101) * 256, -0.5);
    expect(patch.rgb[at + 1]).toBeCloseTo(((y + 0.5 - BOX.y0) / 137) * 256, -0.5);
    expect(patch.rgb[at + 2]).toBe(9);
  });

  it('fades with the ratio', () => {
    const place = placeOf(BOX, SQUARE, maskOf(41, 91, 101, 149));
    const patch = new PatchMaker(place.alpha.length).make(face, place, 0.5);
    expect(Math.max(...patch.alpha)).toBe(128);
  });

  it('of an empty mask is empty', () => {
    const place = placeOf(BOX, SQUARE, new Uint8Array(SIDE * SIDE));
    expect(place.alpha.some((weight) => weight > 0)).toBe(false);
    expect(isDrawable(new PatchMaker(place.alpha.length).make(face, place, 1), 200, 150)).toBe(
      true,
    );
  });
});
