/** Pixels of a rectangle of a planar 4:2:0 frame as RGB, BT.601 limited range (ITU-R BT.601-7). */
import type { FrameStore } from '../pipeline/model-pack.ts';

/** A rectangle in frame px; all four numbers are even. */
export type Region = { x: number; y: number; width: number; height: number };

// 255/219, and 255/224 times 1.402, 0.344136, 0.714136, 1.772, times 65536.
const LUMA = 76309;
const V_TO_RED = 104597;
const U_TO_GREEN = 25675;
const V_TO_GREEN = 53279;
const U_TO_BLUE = 132201;

const clampByte = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

// Chroma of one row, vertically interpolated, times 4; reused.
let columnU = new Int32Array(0);
let columnV = new Int32Array(0);

/**
 * Convert a region of frame `frameIndex`. Chroma is interpolated (weights 9, 3, 3, 1), so a warped lip has no 2 px
 * steps. `packed` gets R + G·2⁸ + B·2¹⁶ per pixel, `rgb` three bytes per pixel; both hold width × height pixels.
 */
export function convertRegion(
  frames: FrameStore,
  frameIndex: number,
  region: Region,
  packed: Int32Array,
  rgb: Uint8Array,
): void {
  const { width: frameWidth, height: frameHeight, i420 } = frames;
  const chromaWidth = frameWidth >> 1;
  const chromaHeight = frameHeight >> 1;
  const luma = (frameIndex * frameWidth * frameHeight * 3) / 2;
  const uPlane = luma + frameWidth * frameHeight;
  const vFromU = chromaWidth * chromaHeight;
  const firstColumn = (region.x >> 1) - 1;
  const columns = (region.width >> 1) + 2;
  if (columnU.length < columns) {
    columnU = new Int32Array(columns);
    columnV = new Int32Array(columns);
  }
  const sumU = columnU;
  const sumV = columnV;
  let at = 0;
  let byte = 0;
  for (let row = 0; row < region.height; row += 1) {
    const y = region.y + row;
    const near = uPlane + (y >> 1) * chromaWidth;
    // The other chroma row: above for even luma rows, below for odd ones, the same at the frame's edge.
    const other = (y >> 1) + (y & 1 ? 1 : -1);
    const far = other < 0 || other >= chromaHeight ? near : uPlane + other * chromaWidth;
    for (let k = 0; k < columns; k += 1) {
      const column = firstColumn + k;
      const c = column < 0 ? 0 : column >= chromaWidth ? chromaWidth - 1 : column;
      sumU[k] = 3 * i420[near + c]! + i420[far + c]!;
      sumV[k] = 3 * i420[near + vFromU + c]! + i420[far + vFromU + c]!;
    }
    let lumaAt = luma + y * frameWidth + region.x;
    for (let column = 0; column < region.width; column += 1) {
      const c = (column >> 1) + 1;
      const beside = c + (column & 1 ? 1 : -1);
      const u = ((3 * sumU[c]! + sumU[beside]! + 8) >> 4) - 128;
      const v = ((3 * sumV[c]! + sumV[beside]! + 8) >> 4) - 128;
      const l = (i420[lumaAt]! - 16) * LUMA + 32768;
      const r = clampByte((l + V_TO_RED * v) >> 16);
      const g = clampByte((l - U_TO_GREEN * u - V_TO_GREEN * v) >> 16);
      const b = clampByte((l + U_TO_BLUE * u) >> 16);
      packed[at] = r | (g << 8) | (b << 16);
      rgb[byte] = r;
      rgb[byte + 1] = g;
      rgb[byte + 2] = b;
      at += 1;
      byte += 3;
      lumaAt += 1;
    }
  }
}
