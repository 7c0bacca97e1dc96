/**
 * OpenCV's 8-bit GaussianBlur with automatic sigma, byte for byte: weights of 8 bits whose rounding error is carried to
 * the next weight, exact sums, one rounding at the end, borders mirrored without the edge pixel (BORDER_REFLECT_101;
 * OpenCV 4, modules/imgproc/src/smooth.dispatch.cpp).
 */
import { roundHalfEven } from './picture.ts';

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
  const narrowed = new Int32Array(width * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      let sum = 0;
      for (let k = 0; k < size; k += 1) sum += kernel[k]! * source[y * width + columns[x + k]!]!;
      narrowed[at] = sum;
    }
  }
  const out = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      let sum = 0x8000;
      for (let k = 0; k < size; k += 1) sum += kernel[k]! * narrowed[rows[y + k]! * width + x]!;
      out[at] = sum >> 16;
    }
  }
  return out;
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
