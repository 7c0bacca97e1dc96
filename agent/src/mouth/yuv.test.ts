import { describe, expect, it } from 'vitest';
import type { FrameStore } from '../pipeline/model-pack.ts';
import { convertRegion } from './yuv.ts';

function flatFrame(y: number, u: number, v: number): FrameStore {
  const i420 = new Uint8Array(new SharedArrayBuffer(96));
  i420.fill(y, 0, 64);
  i420.fill(u, 64, 80);
  i420.fill(v, 80, 96);
  return { width: 8, height: 8, frameCount: 1, i420 };
}

function firstPixel(frames: FrameStore): number[] {
  const rgb = new Uint8Array(48);
  const packed = new Int32Array(16);
  convertRegion(frames, 0, { x: 2, y: 2, width: 4, height: 4 }, packed, rgb);
  expect(packed[0]).toBe(rgb[0]! | (rgb[1]! << 8) | (rgb[2]! << 16));
  return Array.from(rgb.subarray(0, 3));
}

describe('convertRegion', () => {
  it('maps limited-range black, white and the primaries of BT.601', () => {
    expect(firstPixel(flatFrame(16, 128, 128))).toEqual([0, 0, 0]);
    expect(firstPixel(flatFrame(235, 128, 128))).toEqual([255, 255, 255]);
    const near = (got: number[], want: number[]): void =>
      got.forEach((value, k) => expect(Math.abs(value - want[k]!)).toBeLessThanOrEqual(2));
    near(firstPixel(flatFrame(81, 90, 240)), [255, 0, 0]);
    near(firstPixel(flatFrame(145, 54, 34)), [0, 255, 0]);
    near(firstPixel(flatFrame(41, 240, 110)), [0, 0, 255]);
  });

  it('interpolates chroma instead of repeating it', () => {
    const frames = flatFrame(120, 128, 128);
    for (let row = 0; row < 4; row += 1) frames.i420.fill(160, 80 + row * 4 + 2, 80 + row * 4 + 4);
    const rgb = new Uint8Array(8 * 2 * 3);
    convertRegion(frames, 0, { x: 0, y: 4, width: 8, height: 2 }, new Int32Array(16), rgb);
    const red = [2, 3, 4, 5].map((x) => rgb[x * 3]!);
    expect(red[0]).toBeLessThan(red[1]!);
    expect(red[1]).toBeLessThan(red[2]!);
    expect(red[2]).toBeLessThan(red[3]!);
  });

  it('reads the frame it is asked for', () => {
    const i420 = new Uint8Array(new SharedArrayBuffer(192)).fill(128);
    i420.fill(16, 0, 64);
    i420.fill(235, 96, 160);
    const frames: FrameStore = { width: 8, height: 8, frameCount: 2, i420 };
    const rgb = new Uint8Array(12);
    convertRegion(frames, 1, { x: 0, y: 0, width: 2, height: 2 }, new Int32Array(4), rgb);
    expect(Array.from(rgb)).toEqual(new Array(12).fill(255));
  });
});
