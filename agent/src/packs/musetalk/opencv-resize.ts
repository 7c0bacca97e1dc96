/**
 * OpenCV's 8-bit `resize` with INTER_LANCZOS4 and INTER_LINEAR, byte for byte: coefficients of 11 bits, the same
 * rounding, replicated borders, no low-pass when shrinking (OpenCV 4, modules/imgproc/src/resize.cpp).
 * MuseTalk makes its crops with the first and pastes with the second.
 */
import { clampByte, roundHalfEven, type Picture8, type Rect } from './picture.ts';

const COEFFICIENT_ONE = 2048;
const LANCZOS_TAPS = 8;
const SIN_45 = Math.SQRT1_2;
/** cos and sin of the phase steps between neighbouring taps, 45° apart. */
const PHASES = [
  [1, 0],
  [-SIN_45, -SIN_45],
  [0, 1],
  [SIN_45, -SIN_45],
  [-1, 0],
  [SIN_45, SIN_45],
  [0, -1],
  [-SIN_45, SIN_45],
] as const;

/** Taps of one axis: `size` × `taps` source indices (inside the source) and weights of sum ≈ 2048. */
type Axis = { readonly taps: number; readonly index: Int32Array; readonly weight: Int32Array };

/** Resize to width × height with Lanczos over 8 × 8 pixels. */
export function resizeLanczos4(source: Picture8, width: number, height: number): Uint8Array {
  const { data, channels } = source;
  const columns = lanczosAxis(source.width, width);
  const rows = lanczosAxis(source.height, height);
  const rowLength = width * channels;
  // Only rows that are read are made; consecutive output rows share most of them.
  const narrowed = new Map<number, Int32Array>();
  const out = new Uint8Array(rowLength * height);
  for (let y = 0; y < height; y += 1) {
    const first = y * LANCZOS_TAPS;
    const wanted = Array.from(rows.index.subarray(first, first + LANCZOS_TAPS));
    for (const row of narrowed.keys()) if (row < Math.min(...wanted)) narrowed.delete(row);
    const taps = wanted.map((row) => {
      const known = narrowed.get(row);
      if (known) return known;
      const base = row * source.width * channels;
      const made = narrow(data, base, channels, columns, rowLength);
      narrowed.set(row, made);
      return made;
    });
    for (let i = 0; i < rowLength; i += 1) {
      let sum = 1 << 21;
      for (let k = 0; k < LANCZOS_TAPS; k += 1) sum += taps[k]![i]! * rows.weight[first + k]!;
      out[y * rowLength + i] = clampByte(Math.floor(sum / 4194304));
    }
  }
  return out;
}

function narrow(
  data: Uint8Array,
  base: number,
  channels: number,
  { index, weight, taps }: Axis,
  length: number,
): Int32Array {
  const out = new Int32Array(length);
  for (let at = 0, tap = 0; at < length; tap += taps) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      let sum = 0;
      for (let k = 0; k < taps; k += 1) {
        sum += data[base + index[tap + k]! * channels + channel]! * weight[tap + k]!;
      }
      out[at] = sum;
    }
  }
  return out;
}

function lanczosAxis(sourceSize: number, size: number): Axis {
  const index = new Int32Array(size * LANCZOS_TAPS);
  const weight = new Int32Array(size * LANCZOS_TAPS);
  const scale = 1 / (size / sourceSize);
  for (let i = 0; i < size; i += 1) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    const start = Math.floor(position);
    const weights = lanczosWeights(Math.fround(position - start));
    for (let k = 0; k < LANCZOS_TAPS; k += 1) {
      index[i * LANCZOS_TAPS + k] = Math.min(sourceSize - 1, Math.max(0, start - 3 + k));
      weight[i * LANCZOS_TAPS + k] = roundHalfEven(Math.fround(weights[k]! * COEFFICIENT_ONE));
    }
  }
  return { taps: LANCZOS_TAPS, index, weight };
}

/** The 8 weights at fraction x (0 ≤ x < 1), in float32 where OpenCV is. */
function lanczosWeights(x: number): Float32Array {
  const weights = new Float32Array(LANCZOS_TAPS);
  const phase = -Math.fround(x + 3) * Math.PI * 0.25;
  const sin = Math.sin(phase);
  const cos = Math.cos(phase);
  let sum = 0;
  for (let k = 0; k < LANCZOS_TAPS; k += 1) {
    const distance = Math.fround(Math.fround(x + 3) - k);
    const angle = -distance * Math.PI * 0.25;
    const [ofSin, ofCos] = PHASES[k]!;
    // At a distance of 0 the weight's limit is finite; a huge number makes it 1 after normalisation.
    weights[k] = Math.abs(distance) >= 1e-6 ? (ofSin * sin + ofCos * cos) / (angle * angle) : 1e30;
    sum = Math.fround(sum + weights[k]!);
  }
  const scale = Math.fround(1 / sum);
  for (let k = 0; k < LANCZOS_TAPS; k += 1) weights[k] = weights[k]! * scale;
  return weights;
}

/** Bilinear resize to one size, made once and used for many pictures of the same size. */
export class LinearResize {
  readonly #channels: number;
  readonly #sourceWidth: number;
  readonly #columns: Axis;
  readonly #rows: Axis;
  readonly #isHalving: boolean;
  /** The two source rows the current output row lies between, already resized in x. */
  readonly #rowPair: [Int32Array, Int32Array];
  readonly #rowOf: [number, number] = [-1, -1];

  constructor(
    source: { readonly width: number; readonly height: number; readonly channels: number },
    target: { readonly width: number; readonly height: number },
  ) {
    this.#channels = source.channels;
    this.#sourceWidth = source.width;
    this.#columns = linearAxis(source.width, target.width, true);
    this.#rows = linearAxis(source.height, target.height, false);
    this.#isHalving = source.width === 2 * target.width && source.height === 2 * target.height;
    const length = target.width * source.channels;
    this.#rowPair = [new Int32Array(length), new Int32Array(length)];
  }

  /**
   * Rows y0 … y1 − 1 and columns x0 … x1 − 1 (`part`) of the resized picture, into `out` where a row has
   * `outStride` bytes; the first pixel goes to `outOffset`.
   */
  run(data: Uint8Array, part: Rect, out: Uint8Array, outOffset: number, outStride: number): void {
    this.#rowOf.fill(-1);
    for (let y = part.y0; y < part.y1; y += 1) {
      const to = outOffset + (y - part.y0) * outStride;
      if (this.#isHalving) this.#halveRow(data, y, part, out, to);
      else this.#mixRow(data, y, part, out, to);
    }
  }

  #mixRow(data: Uint8Array, y: number, { x0, x1 }: Rect, out: Uint8Array, to: number): void {
    const upper = this.#row(data, this.#rows.index[2 * y]!, x0, x1, -1);
    const lower = this.#row(data, this.#rows.index[2 * y + 1]!, x0, x1, upper);
    const above = this.#rowPair[upper];
    const below = this.#rowPair[lower];
    const aboveWeight = this.#rows.weight[2 * y]!;
    const belowWeight = this.#rows.weight[2 * y + 1]!;
    const end = (x1 - x0) * this.#channels;
    for (let i = 0; i < end; i += 1) {
      const a = (aboveWeight * (above[i]! >> 4)) >> 16;
      const b = (belowWeight * (below[i]! >> 4)) >> 16;
      out[to + i] = (a + b + 2) >> 2;
    }
  }

  /** Which of the two row buffers holds source row `row`; makes it there when needed, sparing buffer `keep`. */
  #row(data: Uint8Array, row: number, x0: number, x1: number, keep: number): 0 | 1 {
    if (this.#rowOf[0] === row) return 0;
    if (this.#rowOf[1] === row) return 1;
    const slot = keep === 0 || (keep === -1 && this.#rowOf[0] > this.#rowOf[1]) ? 1 : 0;
    const target = this.#rowPair[slot];
    const channels = this.#channels;
    const base = row * this.#sourceWidth * channels;
    const { index, weight } = this.#columns;
    for (let x = x0, at = 0; x < x1; x += 1) {
      const left = base + index[2 * x]! * channels;
      const right = base + index[2 * x + 1]! * channels;
      const leftWeight = weight[2 * x]!;
      const rightWeight = weight[2 * x + 1]!;
      for (let channel = 0; channel < channels; channel += 1, at += 1) {
        target[at] = data[left + channel]! * leftWeight + data[right + channel]! * rightWeight;
      }
    }
    this.#rowOf[slot] = row;
    return slot;
  }

  /** OpenCV takes the mean of 2 × 2 pixels when both sides are exactly halved. */
  #halveRow(data: Uint8Array, y: number, { x0, x1 }: Rect, out: Uint8Array, to: number): void {
    const channels = this.#channels;
    const stride = this.#sourceWidth * channels;
    for (let x = x0, at = to; x < x1; x += 1) {
      const from = 2 * y * stride + 2 * x * channels;
      for (let channel = 0; channel < channels; channel += 1, at += 1) {
        const a = from + channel;
        const sum =
          data[a]! + data[a + channels]! + data[a + stride]! + data[a + stride + channels]!;
        out[at] = (sum + 2) >> 2;
      }
    }
  }
}

function linearAxis(sourceSize: number, size: number, isHorizontal: boolean): Axis {
  const index = new Int32Array(size * 2);
  const weight = new Int32Array(size * 2);
  const scale = 1 / (size / sourceSize);
  for (let i = 0; i < size; i += 1) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    let start = Math.floor(position);
    let rest = Math.fround(position - start);
    // In x OpenCV moves to the edge pixel; in y it repeats the edge row, which rounds differently.
    if (isHorizontal && start < 0) [start, rest] = [0, 0];
    if (isHorizontal && start >= sourceSize - 1) [start, rest] = [sourceSize - 1, 0];
    index[2 * i] = Math.min(sourceSize - 1, Math.max(0, start));
    index[2 * i + 1] = Math.min(sourceSize - 1, Math.max(0, start + 1));
    weight[2 * i] = roundHalfEven(Math.fround(Math.fround(1 - rest) * COEFFICIENT_ONE));
    weight[2 * i + 1] = roundHalfEven(Math.fround(rest * COEFFICIENT_ONE));
  }
  return { taps: 2, index, weight };
}
