/**
 * A sharper copy of a picture for resampling between pixels. Bilinear sampling blurs most halfway between two pixels;
 * there it equals a Catmull-Rom cubic when the samples are p + (2p − left − right) / 8. Mixing in this copy by how far
 * a sample lies from the pixel grid keeps beards and pores as crisp as in the frame, for half the cost of a cubic.
 */

const clampByte = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/**
 * Write the pixels of `packed` (R + G·2⁸ + B·2¹⁶; the same pixels as bytes in `rgb`) minus an eighth of their cross
 * Laplacian to `sharp`. The outermost pixels are copied.
 */
export function sharpen(
  packed: Int32Array,
  rgb: Uint8Array,
  width: number,
  height: number,
  sharp: Int32Array,
): void {
  const row = width * 3;
  const last = width * (height - 1);
  for (let x = 0; x < width; x += 1) {
    sharp[x] = packed[x]!;
    sharp[last + x] = packed[last + x]!;
  }
  for (let y = 1; y < height - 1; y += 1) {
    const from = y * width;
    sharp[from] = packed[from]!;
    sharp[from + width - 1] = packed[from + width - 1]!;
    for (let at = from + 1, k = at * 3; at < from + width - 1; at += 1, k += 3) {
      const r = 12 * rgb[k]! - rgb[k - row]! - rgb[k + row]! - rgb[k - 3]! - rgb[k + 3]! + 4;
      const g =
        12 * rgb[k + 1]! - rgb[k + 1 - row]! - rgb[k + 1 + row]! - rgb[k - 2]! - rgb[k + 4]! + 4;
      const b =
        12 * rgb[k + 2]! - rgb[k + 2 - row]! - rgb[k + 2 + row]! - rgb[k - 1]! - rgb[k + 5]! + 4;
      sharp[at] = clampByte(r >> 3) | (clampByte(g >> 3) << 8) | (clampByte(b >> 3) << 16);
    }
  }
}
