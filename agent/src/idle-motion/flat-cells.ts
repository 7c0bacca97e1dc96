/**
 * Cells of a still picture that look the same when they move by a few pixels: a plain wall behind the head. They are
 * left where they are, which costs nothing, shimmers nowhere and leaves the encoder nothing to send.
 */
import type { FrameStore } from '../pipeline/model-pack.ts';
import { CELL_PX, type MotionWeights } from './motion-weights.ts';

/** Pixels around a cell that may move into it. */
const REACH_PX = 8;
/** Distance of the pixels compared, and the difference that nobody sees when the cell moves by half of it. */
const LUMA_STRIDE_PX = 4;
const MAX_LUMA_STEP = 3;
const MAX_CHROMA_STEP = 2;

/** weights.isMoving without the flat cells outside the head (inside it the mouth may be drawn over them). */
export function withoutFlatCells(weights: MotionWeights, frames: FrameStore): Uint8Array {
  const cells = weights.isMoving.slice();
  const { width, height, i420 } = frames;
  const chromaWidth = width >> 1;
  const uPlane = width * height;
  const vPlane = uPlane + chromaWidth * (height >> 1);
  const columns = weights.columns - 1;
  for (let cell = 0; cell < cells.length; cell += 1) {
    if (cells[cell] === 0 || weights.isHead[cell] === 1) continue;
    const x = (cell % columns) * CELL_PX - REACH_PX;
    const y = Math.floor(cell / columns) * CELL_PX - REACH_PX;
    const size = CELL_PX + 2 * REACH_PX;
    const isFlat =
      largestStep(i420, x, y, size, width, LUMA_STRIDE_PX) <= MAX_LUMA_STEP &&
      largestStep(i420.subarray(uPlane), x >> 1, y >> 1, size >> 1, chromaWidth, 2) <=
        MAX_CHROMA_STEP &&
      largestStep(i420.subarray(vPlane), x >> 1, y >> 1, size >> 1, chromaWidth, 2) <=
        MAX_CHROMA_STEP;
    if (isFlat) cells[cell] = 0;
  }
  return cells;
}

/** Largest difference of two samples `stride` apart, across or down, in a square that lies inside the plane. */
function largestStep(
  plane: Uint8Array,
  x: number,
  y: number,
  size: number,
  width: number,
  stride: number,
): number {
  let largest = 0;
  for (let row = y; row < y + size; row += 1) {
    for (let at = row * width + x; at < row * width + x + size; at += 1) {
      const here = plane[at]!;
      const across = at + stride < row * width + x + size ? plane[at + stride]! : here;
      const down = row + stride < y + size ? plane[at + stride * width]! : here;
      largest = Math.max(largest, Math.abs(across - here), Math.abs(down - here));
    }
  }
  return largest;
}
