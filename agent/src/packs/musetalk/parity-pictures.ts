/** Golden tensors as pictures, and the parts of pictures that were kept. */
import type { GoldenTensor } from './golden-vectors.ts';
import type { Picture8, Rect } from './picture.ts';

/** Copy of a BGR picture as RGB, or the other way round. */
export function swapRedAndBlue(data: Uint8Array): Uint8Array {
  const out = data.slice();
  for (let i = 0; i + 2 < out.length; i += 3) {
    out[i] = data[i + 2]!;
    out[i + 2] = data[i]!;
  }
  return out;
}

/** Part of a picture that lies inside it. */
export function cut({ data, width, channels }: Picture8, { x0, y0, x1, y1 }: Rect): Picture8 {
  const out = new Uint8Array((x1 - x0) * (y1 - y0) * channels);
  const row = (x1 - x0) * channels;
  for (let y = y0; y < y1; y += 1) {
    const from = (y * width + x0) * channels;
    out.set(data.subarray(from, from + row), (y - y0) * row);
  }
  return { data: out, width: x1 - x0, height: y1 - y0, channels };
}

/** Every `step`-th row. */
export function keptRows({ data, width, height, channels }: Picture8, step: number): Uint8Array {
  const row = width * channels;
  const out = new Uint8Array(Math.ceil(height / step) * row);
  for (let y = 0, to = 0; y < height; y += step, to += row) {
    out.set(data.subarray(y * row, (y + 1) * row), to);
  }
  return out;
}

/** Values of a tensor of bytes. */
export function bytesOf({ data }: GoldenTensor): Uint8Array {
  return data instanceof Uint8Array ? data : Uint8Array.from(data);
}

/** A tensor [height, width, channels]. */
export function toPicture(tensor: GoldenTensor): Picture8 {
  const [height = 0, width = 0, channels = 1] = tensor.shape;
  return { data: bytesOf(tensor), width, height, channels };
}
