import { describe, expect, it } from 'vitest';
import { MeshWarp, type MovedMesh, type WarpTarget } from './mesh-warp.ts';
import { sharpen } from './sharpen.ts';

const SIDE = 40;

/** A square of two triangles from (8, 8) to (32, 32) whose corners all move by (dx, dy). */
function square(dx: number, dy: number): MovedMesh {
  return {
    x: Float32Array.of(8, 32, 32, 8),
    y: Float32Array.of(8, 8, 32, 32),
    dx: new Float32Array(4).fill(dx),
    dy: new Float32Array(4).fill(dy),
  };
}

function target(value: (x: number, y: number) => number): WarpTarget {
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  const packed = new Int32Array(SIDE * SIDE);
  for (let k = 0; k < SIDE * SIDE; k += 1) {
    const grey = value(k % SIDE, Math.floor(k / SIDE));
    rgb.fill(grey, k * 3, k * 3 + 3);
    packed[k] = grey | (grey << 8) | (grey << 16);
  }
  const sharp = new Int32Array(SIDE * SIDE);
  sharpen(packed, rgb, SIDE, SIDE, sharp);
  const alpha = new Uint8Array(SIDE * SIDE);
  return { region: { x: 0, y: 0, width: SIDE, height: SIDE }, packed, sharp, rgb, alpha };
}

const warp = (basis: MovedMesh, on: WarpTarget): void =>
  new MeshWarp(Uint16Array.of(0, 1, 2, 0, 2, 3), 0, square(0, 0)).draw(basis, on);

describe('MeshWarp', () => {
  it('moves pixels exactly by whole steps and draws each once', () => {
    const on = target((x, y) => (x * 7 + y * 13) % 251);
    const before = Uint8Array.from(on.rgb);
    warp(square(3, -2), on);
    for (let y = 6; y < 30; y += 1) {
      for (let x = 11; x < 35; x += 1) {
        expect(on.alpha[y * SIDE + x]).toBe(255);
        expect(on.rgb[(y * SIDE + x) * 3 + 1]).toBe(before[((y + 2) * SIDE + x - 3) * 3 + 1]);
      }
    }
    expect(on.alpha.filter((a) => a > 0)).toHaveLength(24 * 24);
  });

  it('interpolates between pixels and keeps flat colour flat', () => {
    const ramp = target((x) => x * 6);
    warp(square(0.5, 0), ramp);
    expect(ramp.rgb[(20 * SIDE + 20) * 3]).toBe(117);
    const flat = target(() => 77);
    warp(square(1.3, 2.7), flat);
    expect(Array.from(flat.rgb).every((v) => v === 77)).toBe(true);
  });

  it('keeps the contrast of a fine pattern halfway between the pixels', () => {
    const on = target((_, y) => (y % 6 < 3 ? 60 : 200));
    warp(square(0, 0.5), on);
    const column = Array.from({ length: 12 }, (_, k) => on.rgb[((14 + k) * SIDE + 20) * 3]!);
    expect(Math.max(...column) - Math.min(...column)).toBeGreaterThanOrEqual(138);
  });

  it('is transparent for movements below a quarter pixel, in proportion', () => {
    const on = target(() => 50);
    warp(square(0.125, 0), on);
    expect(Math.abs(on.alpha[20 * SIDE + 20]! - 127)).toBeLessThanOrEqual(1);
    const still = target(() => 50);
    warp(square(0, 0), still);
    expect(still.alpha.every((a) => a === 0)).toBe(true);
  });

  it('draws skin that has turned to the far side of a head below the skin that hides it', () => {
    // The second triangle is the far side: seen from the front it lies right of the first, here it has turned behind it.
    const front = { x: Float32Array.of(8, 20, 8, 32), y: Float32Array.of(8, 8, 32, 32) };
    const turned = { x: Float32Array.of(8, 20, 8, 2), y: front.y };
    const moved = { ...turned, dx: new Float32Array(4), dy: Float32Array.of(2, 2, 2, -4) };
    const rows = (x: number, y: number): number => (x + y * 5) % 256;
    const [hidden, alone] = [target(rows), target(rows)];
    new MeshWarp(Uint16Array.of(0, 1, 2, 1, 3, 2), 0, front).draw(moved, hidden);
    new MeshWarp(Uint16Array.of(0, 1, 2), 0, front).draw(moved, alone);
    const inside = [18 * SIDE + 13, 18 * SIDE + 14, 22 * SIDE + 11, 22 * SIDE + 12].map(
      (k) => k * 3,
    );
    for (const at of inside) expect(hidden.rgb[at]).toBe(alone.rgb[at]);
  });

  it('cuts what moves outside the region', () => {
    const on = target(() => 90);
    warp(square(20, 25), on);
    expect(on.alpha[SIDE * SIDE - 1]).toBe(255);
    expect(on.alpha.filter((a) => a > 0).length).toBeLessThan(24 * 24);
  });
});
