/**
 * The inner loops of agent/src/idle-motion/frame-warp.ts in AssemblyScript (https://www.assemblyscript.org), with 128-bit
 * SIMD: eight times as fast as the same in JavaScript. `node agent/wasm/build.mjs` compiles it; nothing else reads this file.
 *
 * All pointers are byte offsets into the module's memory. The caller sizes the memory and keeps all displacements below
 * MAX_DISPLACEMENT_PX and all moving cells CELL_PX inside the frame, so that no sample lies outside a plane.
 */

/** Side of a cell, px: CELL_PX of motion-weights.ts. */
const CELL: i32 = 16;
/** Neighbours moved by the same displacement: the step between two runs is below a tenth of a pixel. */
const RUN: i32 = 4;
/** Places between two pixels the kernel knows: 1/64 px of a displacement in 1/65536 px. */
const PHASE_SHIFT: i32 = 10;
const PHASE_MASK: i32 = 63;
/** The picture between the two passes has 16 steps per grey level; kernel weights add up to 128. */
const BETWEEN_SHIFT: i32 = 3;
const BETWEEN_LEVEL: i32 = 4;
const FULL_SHIFT: i32 = 11;
const HALF: i32 = 1024;

/**
 * Write `source`, displaced, to `target`: I420, width × height.
 * dx, dy: i32 per node, 1/65536 px. moving: u8 per cell, 1 = moves, 2 = stands still beside one that moves, 0 = neither.
 * kernel: 64 × 4 i16. between: width × height i16.
 */
export function warp(
  width: i32,
  height: i32,
  columns: i32,
  rows: i32,
  source: usize,
  target: usize,
  between: usize,
  kernel: usize,
  dx: usize,
  dy: usize,
  moving: usize,
): void {
  memory.copy(target, source, (width * height * 3) >> 1);
  const cells = columns - 1;
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < cells; column++) {
      const state = load<u8>(moving + row * cells + column);
      if (state == 0) continue;
      const node: usize = (row * columns + column) << 2;
      const at: usize = row * CELL * width + column * CELL;
      if (state == 1)
        shiftAlongRows(source + at, between + (at << 1), kernel, dx + node, columns << 2, width);
      else
        copyBetween(
          source + at,
          between + (at << 1),
          width,
          min(CELL, width - column * CELL),
          min(CELL, height - row * CELL),
        );
    }
  }
  const half = width >> 1;
  const uPlane: usize = width * height;
  const plane: usize = half * (height >> 1);
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < cells; column++) {
      if (load<u8>(moving + row * cells + column) != 1) continue;
      const node: usize = (row * columns + column) << 2;
      const at: usize = row * CELL * width + column * CELL;
      shiftAlongColumns(between + (at << 1), target + at, kernel, dy + node, columns << 2, width);
      const chroma: usize = uPlane + row * (CELL >> 1) * half + column * (CELL >> 1);
      moveChroma(source + chroma, target + chroma, dx + node, dy + node, columns << 2, half, plane);
    }
  }
}

/** One cell of luma, along its rows. nextRow: bytes from a node to the one below. */
function shiftAlongRows(
  source: usize,
  between: usize,
  kernel: usize,
  dx: usize,
  nextRow: usize,
  width: i32,
): void {
  let left = load<i32>(dx);
  let right = load<i32>(dx, 4);
  const leftStep = (load<i32>(dx + nextRow) - left) / CELL;
  const rightStep = (load<i32>(dx + nextRow, 4) - right) / CELL;
  for (let line = 0; line < CELL; line++) {
    const step = (right - left) / (CELL / RUN);
    let at = left + step / 2;
    for (let x = 0; x < CELL; x += RUN) {
      const taps = kernel + (((at >> PHASE_SHIFT) & PHASE_MASK) << 3);
      const pixels = v128.load8x8_u(source + x + (at >> 16) - 1);
      const first = i32x4.dot_i16x8_s(
        v128.shuffle<i16>(pixels, pixels, 0, 1, 1, 2, 2, 3, 3, 4),
        v128.load32_splat(taps),
      );
      const second = i32x4.dot_i16x8_s(
        v128.shuffle<i16>(pixels, pixels, 2, 3, 3, 4, 4, 5, 5, 6),
        v128.load32_splat(taps, 4),
      );
      const sum = i32x4.shr_s(i32x4.add(first, second), BETWEEN_SHIFT);
      v128.store64_lane(between + (x << 1), i16x8.narrow_i32x4_s(sum, sum), 0);
      at += step;
    }
    source += width;
    between += width << 1;
    left += leftStep;
    right += rightStep;
  }
}

/** One cell that stands still, as the second pass wants to read it. */
function copyBetween(
  source: usize,
  between: usize,
  width: i32,
  cellWidth: i32,
  cellHeight: i32,
): void {
  for (let line = 0; line < cellHeight; line++) {
    for (let x = 0; x < cellWidth; x++) {
      store<i16>(between + (x << 1), <i16>((<i32>load<u8>(source + x)) << BETWEEN_LEVEL));
    }
    source += width;
    between += width << 1;
  }
}

/** One cell of luma, along its columns: RUN × RUN pixels share a displacement. */
function shiftAlongColumns(
  between: usize,
  target: usize,
  kernel: usize,
  dy: usize,
  nextRow: usize,
  width: i32,
): void {
  const topLeft = load<i32>(dy);
  const bottomLeft = load<i32>(dy + nextRow);
  const topStep = (load<i32>(dy, 4) - topLeft) / (CELL / RUN);
  const bottomStep = (load<i32>(dy + nextRow, 4) - bottomLeft) / (CELL / RUN);
  const line: usize = width << 1;
  let top = topLeft + topStep / 2;
  let bottom = bottomLeft + bottomStep / 2;
  for (let x = 0; x < CELL; x += RUN) {
    const step = (bottom - top) / (CELL / RUN);
    let at = top + step / 2;
    for (let y = 0; y < CELL; y += RUN) {
      const taps = kernel + (((at >> PHASE_SHIFT) & PHASE_MASK) << 3);
      const k01 = v128.load32_splat(taps);
      const k23 = v128.load32_splat(taps, 4);
      let from = between + (x << 1) + (y + (at >> 16) - 1) * width * 2;
      const p0 = v128.load64_zero(from);
      const p1 = v128.load64_zero((from += line));
      const p2 = v128.load64_zero((from += line));
      const p3 = v128.load64_zero((from += line));
      const p4 = v128.load64_zero((from += line));
      const p5 = v128.load64_zero((from += line));
      const p6 = v128.load64_zero(from + line);
      const p12 = pairs(p1, p2);
      const p23 = pairs(p2, p3);
      const p34 = pairs(p3, p4);
      const p45 = pairs(p4, p5);
      const a = level(pairs(p0, p1), p23, k01, k23);
      const b = level(p12, p34, k01, k23);
      const c = level(p23, p45, k01, k23);
      const d = level(p34, pairs(p5, p6), k01, k23);
      const all = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
      const to = target + x + y * width;
      v128.store32_lane(to, all, 0);
      v128.store32_lane(to + width, all, 1);
      v128.store32_lane(to + width * 2, all, 2);
      v128.store32_lane(to + width * 3, all, 3);
      at += step;
    }
    top += topStep;
    bottom += bottomStep;
  }
}

/** Two rows of four values as four pairs. */
function pairs(above: v128, below: v128): v128 {
  return v128.shuffle<i16>(above, below, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** Four pixels from four rows. */
function level(first: v128, second: v128, k01: v128, k23: v128): v128 {
  const sum = i32x4.add(i32x4.dot_i16x8_s(first, k01), i32x4.dot_i16x8_s(second, k23));
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(HALF)), FULL_SHIFT);
}

/** One cell of both chroma planes, bilinear: half the displacement in planes of half the size. */
function moveChroma(
  source: usize,
  target: usize,
  dx: usize,
  dy: usize,
  nextRow: usize,
  width: i32,
  plane: usize,
): void {
  const size = CELL >> 1;
  let leftX = load<i32>(dx) >> 1;
  let rightX = load<i32>(dx, 4) >> 1;
  let leftY = load<i32>(dy) >> 1;
  let rightY = load<i32>(dy, 4) >> 1;
  const leftXStep = ((load<i32>(dx + nextRow) >> 1) - leftX) / size;
  const rightXStep = ((load<i32>(dx + nextRow, 4) >> 1) - rightX) / size;
  const leftYStep = ((load<i32>(dy + nextRow) >> 1) - leftY) / size;
  const rightYStep = ((load<i32>(dy + nextRow, 4) >> 1) - rightY) / size;
  for (let line = 0; line < size; line++) {
    const stepX = (rightX - leftX) / (size / RUN);
    const stepY = (rightY - leftY) / (size / RUN);
    let atX = leftX + stepX / 2;
    let atY = leftY + stepY / 2;
    for (let x = 0; x < size; x += RUN) {
      const from = source + x + (atX >> 16) + (atY >> 16) * width;
      const fx = (atX >> 8) & 255;
      const fy = (atY >> 8) & 255;
      const k3 = (fx * fy) >> 8;
      const k1 = i16x8.splat(<i16>(fx - k3));
      const k2 = i16x8.splat(<i16>(fy - k3));
      const k0 = i16x8.splat(<i16>(256 - fx - fy + k3));
      const corner = i16x8.splat(<i16>k3);
      blend(from, target + x, width, k0, k1, k2, corner);
      blend(from + plane, target + x + plane, width, k0, k1, k2, corner);
      atX += stepX;
      atY += stepY;
    }
    source += width;
    target += width;
    leftX += leftXStep;
    rightX += rightXStep;
    leftY += leftYStep;
    rightY += rightYStep;
  }
}

/** Four samples, each from its four neighbours; sums stay below 65536 because the four weights add up to 256. */
function blend(from: usize, to: usize, width: i32, k0: v128, k1: v128, k2: v128, k3: v128): void {
  const above = i16x8.add(
    i16x8.mul(v128.load8x8_u(from), k0),
    i16x8.mul(v128.load8x8_u(from + 1), k1),
  );
  const below = i16x8.add(
    i16x8.mul(v128.load8x8_u(from + width), k2),
    i16x8.mul(v128.load8x8_u(from + width + 1), k3),
  );
  const sum = i16x8.add(i16x8.add(above, below), i16x8.splat(128));
  const levels = i16x8.shr_u(sum, 8);
  v128.store32_lane(to, i8x16.narrow_i16x8_u(levels, levels), 0);
}
