/**
 * RGB → planar 4:2:0, BT.601 limited range (what WebRTC's I420 means), in 16.16 fixed point. Chroma is the mean of
 * each 2×2 block.
 */

const SHIFT = 16;
const HALF = 1 << (SHIFT - 1);
const fixed = (value: number): number => Math.round(value * (1 << SHIFT));

// Kr = 0.299, Kb = 0.114; luma spans 219 steps from 16, chroma 224 around 128.
const Y_R = fixed((219 / 255) * 0.299);
const Y_G = fixed((219 / 255) * 0.587);
const Y_B = fixed((219 / 255) * 0.114);
const U_R = fixed((-224 / 255) * (0.299 / 1.772));
const U_G = fixed((-224 / 255) * (0.587 / 1.772));
const U_B = fixed((224 / 255) * 0.5);
const V_R = fixed((224 / 255) * 0.5);
const V_G = fixed((-224 / 255) * (0.587 / 1.402));
const V_B = fixed((-224 / 255) * (0.114 / 1.402));

/**
 * Write one frame at `offset` of `i420`: Y, U, V planes. Width and height are even.
 * `rgb` has width × height × 3 bytes, `i420` at least offset + width × height × 3 / 2.
 */
export function rgbToI420(
  rgb: Uint8Array,
  width: number,
  height: number,
  i420: Uint8Array,
  offset: number,
): void {
  const uPlane = offset + width * height;
  const vPlane = uPlane + (width * height) / 4;
  const rowBytes = width * 3;
  // Indices stay inside the frame because width and height are even.
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const top = y * rowBytes + x * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let corner = 0; corner < 4; corner += 1) {
        const right = corner & 1;
        const below = corner >> 1;
        const at = top + below * rowBytes + right * 3;
        const r = rgb[at]!;
        const g = rgb[at + 1]!;
        const b = rgb[at + 2]!;
        red += r;
        green += g;
        blue += b;
        i420[offset + (y + below) * width + x + right] =
          16 + ((Y_R * r + Y_G * g + Y_B * b + HALF) >> SHIFT);
      }
      // The sums hold four pixels: two bits more to shift.
      const chroma = (y >> 1) * (width >> 1) + (x >> 1);
      i420[uPlane + chroma] =
        128 + ((U_R * red + U_G * green + U_B * blue + 4 * HALF) >> (SHIFT + 2));
      i420[vPlane + chroma] =
        128 + ((V_R * red + V_G * green + V_B * blue + 4 * HALF) >> (SHIFT + 2));
    }
  }
}
