/**
 * A sharper copy of a picture for resampling between pixels. Bilinear sampling blurs most halfway between two pixels;
 * there it equals a Catmull-Rom cubic when the samples are p + (2p − left − right) / 8. Mixing in this copy by how far
 * a sample lies from the pixel grid keeps beards and pores as crisp as in the frame, for half the cost of a cubic.
 */

/** Write `packed` (R + G·2⁸ + B·2¹⁶, from the bytes of `rgb`) plus an eighth of its 3 × 3 cross Laplacian to `sharp`. */
export function sharpen(rgb: Uint8Array, width: number, height: number, sharp: Int32Array): void {
  const row = width * 3;
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = y === 0 ? 0 : -row;
    const down = y === height - 1 ? 0 : row;
    for (let x = 0; x < width; x += 1, at += 1) {
      const left = x === 0 ? 0 : -3;
      const right = x === width - 1 ? 0 : 3;
      let packed = 0;
      for (let channel = 0, k = at * 3; channel < 24; channel += 8, k += 1) {
        const around = rgb[k + up]! + rgb[k + down]! + rgb[k + left]! + rgb[k + right]!;
        const value = (rgb[k]! * 12 - around + 4) >> 3;
        packed |= (value < 0 ? 0 : value > 255 ? 255 : value) << channel;
      }
      sharp[at] = packed;
    }
  }
}
