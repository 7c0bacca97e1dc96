/**
 * Pillow's 8-bit `Image.resize` with BILINEAR and BICUBIC, byte for byte: the filter widens when shrinking, weights of
 * 22 bits, columns first (Pillow, src/libImaging/Resample.c). MuseTalk resizes its parsing pictures and masks with it.
 */
import { clampByte, type Picture8 } from './picture.ts';

/** Bits of a weight's fraction: 32 − 8 for the pixel − 2 for sums beyond 1. */
const PRECISION_BITS = 22;
const ONE = 2 ** PRECISION_BITS;

/** A resampling kernel: weight at a distance in px, 0 beyond `reach`. */
export type Filter = { readonly reach: number; readonly weight: (distance: number) => number };

/** Image.BILINEAR */
export const BILINEAR: Filter = { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/** Image.BICUBIC, a = −0.5 */
export const BICUBIC: Filter = {
  reach: 2,
  weight: (distance) => {
    const x = Math.abs(distance);
    const a = -0.5;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
  },
};

/** First source index and weights per output index. */
type Axis = { readonly first: Int32Array; readonly weights: readonly Int32Array[] };

/** Resize to width × height. */
export function pillowResize(
  source: Picture8,
  width: number,
  height: number,
  filter: Filter,
): Uint8Array {
  const { channels } = source;
  let current = source;
  if (width !== source.width) {
    const data = new Uint8Array(width * source.height * channels);
    const { first, weights } = axisOf(source.width, width, filter);
    for (let y = 0, at = 0; y < source.height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const from = (y * source.width + first[x]!) * channels;
        for (let channel = 0; channel < channels; channel += 1, at += 1) {
          data[at] = weighted(source.data, from + channel, channels, weights[x]!);
        }
      }
    }
    current = { data, width, height: source.height, channels };
  }
  if (height === source.height) return current.data.slice();
  const rowLength = width * channels;
  const out = new Uint8Array(rowLength * height);
  const { first, weights } = axisOf(source.height, height, filter);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let i = 0; i < rowLength; i += 1, at += 1) {
      out[at] = weighted(current.data, first[y]! * rowLength + i, rowLength, weights[y]!);
    }
  }
  return out;
}

function weighted(data: Uint8Array, from: number, step: number, weights: Int32Array): number {
  let sum = ONE / 2;
  for (let k = 0; k < weights.length; k += 1) sum += data[from + k * step]! * weights[k]!;
  return clampByte(Math.floor(sum / ONE));
}

function axisOf(sourceSize: number, size: number, filter: Filter): Axis {
  const scale = sourceSize / size;
  const stretch = Math.max(1, scale);
  const reach = filter.reach * stretch;
  const first = new Int32Array(size);
  const weights = Array.from({ length: size }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - reach + 0.5));
    const to = Math.min(sourceSize, Math.trunc(centre + reach + 0.5));
    first[i] = from;
    const raw = Float64Array.from({ length: to - from }, (_unused, k) =>
      filter.weight((k + from - centre + 0.5) * (1 / stretch)),
    );
    const sum = raw.reduce((total, value) => total + value, 0);
    return Int32Array.from(raw, (value) => {
      const normalised = sum === 0 ? value : value / sum;
      return Math.trunc(normalised * ONE + (normalised < 0 ? -0.5 : 0.5));
    });
  });
  return { first, weights };
}
