/**
 * Moves an I420 frame by a MotionGrid: luma with a 4-tap kernel, first along rows and then along columns; chroma with
 * its four neighbours. Fixed point, nothing allocated per frame. Cells that cannot move are copied byte by byte.
 *
 * The kernel keeps detail between pixels (a bilinear one would blur and sharpen the picture in the rhythm of the motion).
 */
import { MAX_DISPLACEMENT_PX, type MotionGrid } from './motion-grid.ts';
import { CELL_PX } from './motion-weights.ts';

/** Places between two pixels the kernel knows: 1/64 px. */
const PHASES = 64;
const PHASE_SHIFT = 10;
/** Kernel weights add up to this. */
const UNITY = 128;
/** The picture between the two passes has 16 steps per grey level. */
const BETWEEN_SHIFT = 3;
const BETWEEN_LEVEL = 4;
const FULL_SHIFT = 7 + BETWEEN_LEVEL;
const HALF = 1 << (FULL_SHIFT - 1);
/** Neighbours moved by the same displacement: twice as fast, and the step between two runs is below a tenth of a pixel. */
const RUN = 4;
/** Cubic convolution's free parameter (R. Keys 1981): −0.5 is Catmull-Rom; this one keeps more of fine hair. */
const SHARPNESS = -0.9;
const kernel = createKernel();

/** What the warp of one size of frame needs; made once. */
export class FrameWarp {
  readonly #width: number;
  readonly #height: number;
  readonly #grid: MotionGrid;
  /** Luma after the first pass. */
  readonly #between: Int16Array;

  constructor(width: number, height: number, grid: MotionGrid) {
    this.#width = width;
    this.#height = height;
    this.#grid = grid;
    this.#between = new Int16Array(width * height);
  }

  /** Write `source` (I420), displaced by the grid's dx and dy, to `target`. They must not overlap. */
  apply(source: Uint8Array, target: Uint8Array): void {
    target.set(source);
    const { columns, rows, isMoving } = this.#grid;
    // All cells with isMoving lie at least CELL_PX inside the frame (see motion-weights.ts), so indices stay inside.
    for (let row = 0; row < rows - 1; row += 1) {
      for (let column = 0; column < columns - 1; column += 1) {
        const cell = row * (columns - 1) + column;
        if (isMoving[cell] === 1) this.#shiftAlongRows(source, row, column);
        else if (this.#hasMovingNeighbour(cell, row)) this.#copyBetween(source, row, column);
      }
    }
    for (let row = 0; row < rows - 1; row += 1) {
      for (let column = 0; column < columns - 1; column += 1) {
        if (isMoving[row * (columns - 1) + column] === 0) continue;
        this.#shiftAlongColumns(target, row, column);
        this.#moveChroma(source, target, row, column);
      }
    }
  }

  #hasMovingNeighbour(cell: number, row: number): boolean {
    const { columns, rows, isMoving } = this.#grid;
    return (
      (row > 0 && isMoving[cell - columns + 1] === 1) ||
      (row < rows - 2 && isMoving[cell + columns - 1] === 1)
    );
  }

  #shiftAlongRows(source: Uint8Array, row: number, column: number): void {
    const { dx, columns } = this.#grid;
    const between = this.#between;
    const node = row * columns + column;
    const width = this.#width;
    let left = toFixed(dx[node]!);
    let right = toFixed(dx[node + 1]!);
    const leftStep = (toFixed(dx[node + columns]!) - left) / CELL_PX;
    const rightStep = (toFixed(dx[node + columns + 1]!) - right) / CELL_PX;
    for (let line = 0; line < CELL_PX; line += 1) {
      const start = (row * CELL_PX + line) * width + column * CELL_PX;
      const step = ((right - left) / (CELL_PX / RUN)) | 0;
      let at = (left + step / 2) | 0;
      for (let to = start; to < start + CELL_PX; to += RUN) {
        const from = to + (at >> 16);
        const tap = ((at >> PHASE_SHIFT) & (PHASES - 1)) << 2;
        const k0 = kernel[tap]!;
        const k1 = kernel[tap + 1]!;
        const k2 = kernel[tap + 2]!;
        const k3 = kernel[tap + 3]!;
        const p0 = source[from - 1]!;
        const p1 = source[from]!;
        const p2 = source[from + 1]!;
        const p3 = source[from + 2]!;
        const p4 = source[from + 3]!;
        const p5 = source[from + 4]!;
        const p6 = source[from + 5]!;
        between[to] = (p0 * k0 + p1 * k1 + p2 * k2 + p3 * k3) >> BETWEEN_SHIFT;
        between[to + 1] = (p1 * k0 + p2 * k1 + p3 * k2 + p4 * k3) >> BETWEEN_SHIFT;
        between[to + 2] = (p2 * k0 + p3 * k1 + p4 * k2 + p5 * k3) >> BETWEEN_SHIFT;
        between[to + 3] = (p3 * k0 + p4 * k1 + p5 * k2 + p6 * k3) >> BETWEEN_SHIFT;
        at += step;
      }
      left += leftStep;
      right += rightStep;
    }
  }

  #copyBetween(source: Uint8Array, row: number, column: number): void {
    const width = this.#width;
    const endX = Math.min(width, (column + 1) * CELL_PX);
    const endY = Math.min(this.#height, (row + 1) * CELL_PX);
    for (let y = row * CELL_PX; y < endY; y += 1) {
      const line = y * width;
      for (let at = line + column * CELL_PX; at < line + endX; at += 1) {
        this.#between[at] = source[at]! << BETWEEN_LEVEL; // at < width × height
      }
    }
  }

  #shiftAlongColumns(target: Uint8Array, row: number, column: number): void {
    const { dy, columns } = this.#grid;
    const between = this.#between;
    const node = row * columns + column;
    const width = this.#width;
    const below = width * 2;
    let top = toFixed(dy[node]!);
    let bottom = toFixed(dy[node + columns]!);
    const topStep = (toFixed(dy[node + 1]!) - top) / CELL_PX;
    const bottomStep = (toFixed(dy[node + columns + 1]!) - bottom) / CELL_PX;
    const first = row * CELL_PX * width + column * CELL_PX;
    for (let start = first; start < first + CELL_PX; start += 1) {
      const step = ((bottom - top) / (CELL_PX / RUN)) | 0;
      let at = (top + step / 2) | 0;
      for (let to = start; to < start + CELL_PX * width; to += RUN * width) {
        const from = to + (at >> 16) * width;
        const tap = ((at >> PHASE_SHIFT) & (PHASES - 1)) << 2;
        const k0 = kernel[tap]!;
        const k1 = kernel[tap + 1]!;
        const k2 = kernel[tap + 2]!;
        const k3 = kernel[tap + 3]!;
        const p0 = between[from - width]!;
        const p1 = between[from]!;
        const p2 = between[from + width]!;
        const p3 = between[from + below]!;
        const p4 = between[from + below + width]!;
        const p5 = between[from + 2 * below]!;
        const p6 = between[from + 2 * below + width]!;
        const a = (p0 * k0 + p1 * k1 + p2 * k2 + p3 * k3 + HALF) >> FULL_SHIFT;
        const b = (p1 * k0 + p2 * k1 + p3 * k2 + p4 * k3 + HALF) >> FULL_SHIFT;
        const c = (p2 * k0 + p3 * k1 + p4 * k2 + p5 * k3 + HALF) >> FULL_SHIFT;
        const d = (p3 * k0 + p4 * k1 + p5 * k2 + p6 * k3 + HALF) >> FULL_SHIFT;
        target[to] = a < 0 ? 0 : a > 255 ? 255 : a;
        target[to + width] = b < 0 ? 0 : b > 255 ? 255 : b;
        target[to + below] = c < 0 ? 0 : c > 255 ? 255 : c;
        target[to + below + width] = d < 0 ? 0 : d > 255 ? 255 : d;
        at += step;
      }
      top += topStep;
      bottom += bottomStep;
    }
  }

  #moveChroma(source: Uint8Array, target: Uint8Array, row: number, column: number): void {
    const { dx, dy, columns } = this.#grid;
    const width = this.#width >> 1;
    const uPlane = this.#width * this.#height;
    const toV = width * (this.#height >> 1);
    const size = CELL_PX >> 1;
    const node = row * columns + column;
    const below = node + columns;
    // Half the displacement in a plane of half the size; each sample lies in the middle of its 2×2 pixels.
    let leftX = toFixed(dx[node]!) / 2;
    let rightX = toFixed(dx[node + 1]!) / 2;
    let leftY = toFixed(dy[node]!) / 2;
    let rightY = toFixed(dy[node + 1]!) / 2;
    const leftXStep = (toFixed(dx[below]!) / 2 - leftX) / size;
    const rightXStep = (toFixed(dx[below + 1]!) / 2 - rightX) / size;
    const leftYStep = (toFixed(dy[below]!) / 2 - leftY) / size;
    const rightYStep = (toFixed(dy[below + 1]!) / 2 - rightY) / size;
    for (let line = 0; line < size; line += 1) {
      const start = uPlane + (row * size + line) * width + column * size;
      const stepX = ((rightX - leftX) / (CELL_PX / RUN)) | 0;
      const stepY = ((rightY - leftY) / (CELL_PX / RUN)) | 0;
      let atX = (leftX + stepX / 2) | 0;
      let atY = (leftY + stepY / 2) | 0;
      for (let to = start; to < start + size; to += RUN / 2) {
        const above = to + (atX >> 16) + (atY >> 16) * width;
        const fx = (atX >> 8) & 255;
        const fy = (atY >> 8) & 255;
        const k3 = (fx * fy) >> 8;
        const k1 = fx - k3;
        const k2 = fy - k3;
        const k0 = 256 - k1 - k2 - k3;
        for (let at = 0; at <= toV; at += toV) {
          const from = above + at;
          const a = source[from + 1]!;
          const b = source[from + width + 1]!;
          const left2 = source[from]! * k0 + source[from + width]! * k2;
          const right2 = source[from + 2]! * k1 + source[from + width + 2]! * k3;
          target[to + at] = (left2 + a * k1 + b * k3 + 128) >> 8;
          target[to + at + 1] = (a * k0 + b * k2 + right2 + 128) >> 8;
        }
        atX += stepX;
        atY += stepY;
      }
      leftX += leftXStep;
      rightX += rightXStep;
      leftY += leftYStep;
      rightY += rightYStep;
    }
  }
}

/** px → 1/65536 px, bounded so that no sample ever lies outside the frame. */
function toFixed(px: number): number {
  const bounded = Math.min(MAX_DISPLACEMENT_PX, Math.max(-MAX_DISPLACEMENT_PX, px));
  return Math.round(bounded * 65536);
}

/** Four weights for each of PHASES places between two pixels; every four add up to UNITY. */
function createKernel(): Int16Array {
  const weights = new Int16Array(PHASES * 4);
  for (let phase = 0; phase < PHASES; phase += 1) {
    const t = phase / PHASES;
    const near = (d: number): number => (SHARPNESS + 2) * d * d * d - (SHARPNESS + 3) * d * d + 1;
    const far = (d: number): number => SHARPNESS * (d * d * d - 5 * d * d + 8 * d - 4);
    const four = [far(1 + t), near(t), near(1 - t), far(2 - t)].map((w) => Math.round(w * UNITY));
    const rest = UNITY - four.reduce((sum, weight) => sum + weight, 0);
    four[t < 0.5 ? 1 : 2]! += rest;
    weights.set(four, phase * 4);
  }
  return weights;
}
