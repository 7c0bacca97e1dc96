import type { ValueRange } from './affine-crop.ts';
import type { Box, Picture } from './picture.ts';

/** For each output cell of one axis: the source cells it reads, `count` of them from `start`, and their weights. */
type AxisTaps = { start: Int32Array; count: Int32Array; weights: Float32Array; maxCount: number };

/**
 * Scale a rectangle of the picture into `out` (outWidth × outHeight × 3, RGB). Shrinking averages the covered area, so
 * that small faces survive strong reduction; enlarging is bilinear. Beyond the picture everything is black.
 */
export function resampleRegion(
  picture: Picture,
  region: Box,
  outSize: { width: number; height: number },
  range: ValueRange,
  out: Float32Array,
): void {
  const { data, width, height, channels } = picture;
  const columns = axisTaps(region.x, region.width, outSize.width, width);
  const rows = axisTaps(region.y, region.height, outSize.height, height);
  const scale = (range.high - range.low) / 255;
  const rowLength = outSize.width * 3;

  // Neighbouring output rows share source rows: the last two that were narrowed are kept.
  const narrowed = [new Float32Array(rowLength), new Float32Array(rowLength)];
  const narrowedRow = [-1, -1];
  let slot = 0;
  const narrow = (sourceRow: number): Float32Array => {
    if (narrowedRow[0] === sourceRow) return narrowed[0]!;
    if (narrowedRow[1] === sourceRow) return narrowed[1]!;
    slot = 1 - slot;
    narrowedRow[slot] = sourceRow;
    const target = narrowed[slot]!;
    const base = sourceRow * width;
    for (let x = 0, o = 0; x < outSize.width; x++, o += 3) {
      const tap = x * columns.maxCount;
      const count = columns.count[x]!;
      let from = (base + columns.start[x]!) * channels;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let k = 0; k < count; k++, from += channels) {
        const weight = columns.weights[tap + k]!;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
      }
      target[o] = red;
      target[o + 1] = green;
      target[o + 2] = blue;
    }
    return target;
  };

  out.fill(range.low, 0, rowLength * outSize.height);
  for (let y = 0; y < outSize.height; y++) {
    const o = y * rowLength;
    for (let k = 0; k < rows.count[y]!; k++) {
      const weight = scale * rows.weights[y * rows.maxCount + k]!;
      const row = narrow(rows.start[y]! + k);
      for (let i = 0; i < rowLength; i++) out[o + i]! += weight * row[i]!;
    }
  }
}

/** Taps of one axis; cells outside 0…limit−1 are left out, which leaves their share black. */
function axisTaps(origin: number, length: number, outCount: number, limit: number): AxisTaps {
  const step = length / outCount;
  const maxCount = Math.ceil(Math.max(step, 1)) + 1;
  const start = new Int32Array(outCount);
  const count = new Int32Array(outCount);
  const weights = new Float32Array(outCount * maxCount);
  for (let i = 0; i < outCount; i++) {
    // A shrunk cell covers [from, to); an enlarged one reads the two cells around its centre, a window one cell wide.
    const centre = origin + (i + 0.5) * step;
    const reach = Math.max(step, 1) / 2;
    let from = centre - reach;
    let to = centre + reach;
    // Enlarging inside the picture repeats the outermost cells instead of fading them to black.
    if (step < 1 && from < 0 && centre >= 0) [from, to] = [0, 1];
    if (step < 1 && to > limit && centre <= limit) [from, to] = [limit - 1, limit];
    const first = Math.max(0, Math.floor(from));
    const end = Math.min(limit, Math.ceil(to));
    start[i] = Math.min(first, limit - 1);
    count[i] = Math.max(0, Math.min(maxCount, end - first));
    for (let k = 0; k < count[i]!; k++) {
      const covered = Math.min(to, first + k + 1) - Math.max(from, first + k);
      weights[i * maxCount + k] = covered / (to - from);
    }
  }
  return { start, count, weights, maxCount };
}
