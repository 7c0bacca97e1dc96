/**
 * OpenCV's 8-bit GaussianBlur with automatic sigma, byte for byte: weights of 8 bits whose rounding error is carried to
 * the next weight, exact sums, one rounding at the end, borders mirrored without the edge pixel (BORDER_REFLECT_101;
 * OpenCV 4, modules/imgproc/src/smooth.dispatch.cpp).
 */
import { roundHalfEven, type Rect } from './picture.ts';

const ONE = 256;
/** Kernels up to 9 that OpenCV has as constants, in 1/256. */
const SMALL_KERNELS: Readonly<Record<number, readonly number[]>> = {
  1: [256],
  3: [64, 128, 64],
  5: [16, 64, 96, 64, 16],
  7: [8, 28, 56, 72, 56, 28, 8],
  9: [4, 13, 30, 51, 60, 51, 30, 13, 4],
};

/** Weights of a kernel of `size` (odd) taps in 1/256; they add up to 256. sigma = 0.15 · size + 0.35. */
export function gaussianKernel(size: number): Int32Array {
  const known = SMALL_KERNELS[size];
  if (known) return Int32Array.from(known);
  const sigma = size * 0.15 + 0.35;
  const scale = -0.125 / (sigma * sigma);
  const half = (size - 1) / 2;
  const values = Float64Array.from({ length: half }, (_, i) =>
    Math.exp((1 - size + 2 * i) ** 2 * scale),
  );
  const factor = 1 / (2 * values.reduce((sum, value) => sum + value, 0) + 1);
  const kernel = new Int32Array(size);
  let error = 0;
  let sum = 0;
  for (let i = 0; i < half; i += 1) {
    const wanted = values[i]! * factor * ONE + error;
    const weight = roundHalfEven(wanted);
    error = wanted - weight;
    kernel[i] = weight;
    kernel[size - 1 - i] = weight;
    sum += 2 * weight;
  }
  kernel[half] = ONE - sum;
  return kernel;
}

/** Blur one channel of width × height bytes with a `size` × `size` kernel (odd). */
export function gaussianBlur(
  source: Uint8Array,
  width: number,
  height: number,
  size: number,
): Uint8Array {
  const kernel = gaussianKernel(size);
  const columns = mirroredIndices(width, size);
  const rows = mirroredIndices(height, size);
  const out = new Uint8Array(width * height);
  const lit = litPart(source, width, height);
  if (!lit) return out;
  // What is further from the lit part than half a kernel stays 0; mirrored pixels are nearer than that.
  const half = size >> 1;
  const x0 = Math.max(0, lit.x0 - half);
  const x1 = Math.min(width, lit.x1 + half);
  const narrowed = new Int32Array(width * height);
  for (let y = lit.y0; y < lit.y1; y += 1) {
    for (let x = x0; x < x1; x += 1) {
      let sum = 0;
      for (let k = 0; k < size; k += 1) sum += kernel[k]! * source[y * width + columns[x + k]!]!;
      narrowed[y * width + x] = sum;
    }
  }
  for (let y = Math.max(0, lit.y0 - half); y < Math.min(height, lit.y1 + half); y += 1) {
    for (let x = x0; x < x1; x += 1) {
      let sum = 0x8000;
      for (let k = 0; k < size; k += 1) sum += kernel[k]! * narrowed[rows[y + k]! * width + x]!;
      out[y * width + x] = sum >> 16;
    }
  }
  return out;
}

/** The smallest rectangle that holds everything but 0; undefined when there is nothing else. */
function litPart(source: Uint8Array, width: number, height: number): Rect | undefined {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (source[y * width + x] === 0) continue;
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x + 1);
      y0 = Math.min(y0, y);
      y1 = y + 1;
    }
  }
  return x1 > x0 ? { x0, y0, x1, y1 } : undefined;
}

/** Source index for every index −size/2 … length + size/2: … 2 1 0 1 2 … */
function mirroredIndices(length: number, size: number): Int32Array {
  const half = size >> 1;
  const period = Math.max(1, 2 * (length - 1));
  return Int32Array.from({ length: length + 2 * half }, (_, i) => {
    const phase = (((i - half) % period) + period) % period;
    return phase < length ? phase : period - phase;
  });
}
