import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FrameWarp } from './frame-warp.ts';
import { SOURCE_SHA256 } from './frame-warp.wasm.ts';
import type { MotionGrid } from './motion-grid.ts';
import { CELL_PX } from './motion-weights.ts';

const WIDTH = 128;
const HEIGHT = 96;
const COLUMNS = WIDTH / CELL_PX + 1;
const ROWS = HEIGHT / CELL_PX + 1;

/** A grid in which all cells but the outermost move by the same. */
function gridOf(dx: number, dy: number): MotionGrid {
  const isMoving = new Uint8Array((COLUMNS - 1) * (ROWS - 1));
  for (let row = 1; row < ROWS - 2; row += 1) {
    isMoving.fill(1, row * (COLUMNS - 1) + 1, (row + 1) * (COLUMNS - 1) - 1);
  }
  return {
    columns: COLUMNS,
    rows: ROWS,
    isMoving,
    dx: new Float32Array(COLUMNS * ROWS).fill(dx),
    dy: new Float32Array(COLUMNS * ROWS).fill(dy),
  } as unknown as MotionGrid;
}

function picture(at: (x: number, y: number) => number): Uint8Array {
  const planes = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
  for (let i = 0; i < WIDTH * HEIGHT; i += 1) planes[i] = at(i % WIDTH, Math.floor(i / WIDTH));
  for (let i = WIDTH * HEIGHT; i < planes.length; i += 1) planes[i] = 60 + ((i * 7) % 120);
  return planes;
}

function warp(source: Uint8Array, dx: number, dy: number): Uint8Array {
  const target = new Uint8Array(source.length);
  new FrameWarp(WIDTH, HEIGHT, gridOf(dx, dy)).apply(source, target);
  return target;
}

const noise = picture((x, y) => 30 + ((x * 73 + y * 151 + x * y * 11) % 190));
const isInside = (x: number, y: number): boolean =>
  x >= CELL_PX && y >= CELL_PX && x < WIDTH - CELL_PX && y < HEIGHT - CELL_PX;

/** Mean length of the luma gradient inside. */
function gradient(planes: Uint8Array): number {
  let sum = 0;
  for (let y = 32; y < HEIGHT - 32; y += 1) {
    for (let x = 32; x < WIDTH - 32; x += 1) {
      const at = y * WIDTH + x;
      sum += Math.hypot(planes[at + 1]! - planes[at]!, planes[at + WIDTH]! - planes[at]!);
    }
  }
  return sum;
}

describe('FrameWarp', () => {
  it('runs the loops of the source beside it: `node agent/wasm/build.mjs` after a change', () => {
    const source = readFileSync(new URL('../../wasm/frame-warp.as.ts', import.meta.url));
    expect(createHash('sha256').update(source).digest('hex')).toBe(SOURCE_SHA256);
  });

  it('gives every byte back when nothing moves', () => {
    expect(Buffer.compare(warp(noise, 0, 0), noise)).toBe(0);
  });

  it('moves by whole pixels without changing a value', () => {
    const moved = warp(noise, 2, -4);
    for (let y = 2 * CELL_PX; y < HEIGHT - 2 * CELL_PX; y += 1) {
      for (let x = CELL_PX; x < WIDTH - CELL_PX; x += 1) {
        expect(moved[y * WIDTH + x]).toBe(noise[(y - 4) * WIDTH + x + 2]);
      }
    }
    const chroma = WIDTH * HEIGHT;
    const half = WIDTH / 2;
    expect(moved[chroma + 20 * half + 30]).toBe(noise[chroma + 18 * half + 31]);
    const v = chroma * 1.25;
    expect(moved[v + 20 * half + 30]).toBe(noise[v + 18 * half + 31]);
  });

  it('leaves the outermost 16 px alone at any displacement', () => {
    const moved = warp(noise, 9.3, -11.7);
    for (let i = 0; i < WIDTH * HEIGHT; i += 1) {
      if (!isInside(i % WIDTH, Math.floor(i / WIDTH))) expect(moved[i]).toBe(noise[i]);
    }
  });

  it('keeps a flat picture flat', () => {
    const flat = picture(() => 77);
    const luma = warp(flat, 0.37, 1.81).subarray(0, WIDTH * HEIGHT);
    expect(luma.every((value) => value === 77)).toBe(true);
  });

  it.each([0.25, 0.5, 0.75])('is as sharp %f px off as on the pixel, within 6 %%', (offset) => {
    // Detail of 4.5 px: what hair and brows have in a sharp 512 px portrait.
    const waves = picture((x, y) => 128 + 50 * Math.sin(x * 1.4) + 50 * Math.sin(y * 1.4 + 1));
    const ratio = gradient(warp(waves, offset, offset)) / gradient(waves);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.06);
  });

  it('moves a ramp by the asked fraction of a pixel', () => {
    const ramp = picture((x) => 40 + x);
    const moved = warp(ramp.slice(), 0.5, 0);
    const row = moved.subarray(40 * WIDTH, 41 * WIDTH);
    for (let x = 32; x < 96; x += 1) expect(row[x]! - (40 + x)).toBeGreaterThanOrEqual(0);
    expect(warp(ramp, 3.25, 0)[40 * WIDTH + 60]).toBe(103);
    const slope = picture((_, y) => 40 + 2 * y);
    const lower = warp(slope, 0, -3.25);
    for (let x = 32; x < 96; x += 1) expect(lower[48 * WIDTH + x]).toBe(40 + 2 * 48 - 6 - 1);
  });

  it('mixes four neighbours of the colour planes by where the displacement falls between them', () => {
    const planes = picture(() => 128);
    const u = WIDTH * HEIGHT;
    const at = u + 20 * (WIDTH / 2) + 30;
    planes.fill(100, u);
    planes[at] = 180;
    // 0.5 px of luma is a quarter of a colour sample, each way.
    expect(warp(planes, -0.5, -0.5)[at]).toBe(100 + 80 * 0.75 * 0.75);
    expect(warp(planes, 0.5, -0.5)[at - 1]).toBe(100 + 80 * 0.25 * 0.75);
  });

  it('follows a displacement that grows across the picture', () => {
    const grid = gridOf(0, 0);
    grid.dx.forEach((_, node) => (grid.dx[node] = 0.1 * (node % COLUMNS)));
    const ramp = picture((x) => 2 * x);
    const target = new Uint8Array(ramp.length);
    new FrameWarp(WIDTH, HEIGHT, grid).apply(ramp, target);
    for (let x = 32; x < 96; x += 1) {
      const expected = 2 * (x + (0.1 * x) / CELL_PX);
      expect(Math.abs(target[40 * WIDTH + x]! - expected)).toBeLessThan(0.7);
    }
  });
});
