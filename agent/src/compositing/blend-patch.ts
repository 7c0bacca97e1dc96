/**
 * Blends a pack's patch (RGB + alpha) into a planar 4:2:0 frame, BT.601 limited range (ITU-R BT.601-7, 8 bit).
 * In place, region of the patch only, nothing allocated. Where alpha is 0 no byte changes.
 */
import type { Patch } from '../pipeline/model-pack.ts';

/** Y = 16 + (R·16829 + G·33039 + B·6416) / 65536: 65.481, 128.553, 24.966 over 255. */
const Y_R = 16829;
const Y_G = 33039;
const Y_B = 6416;
/** Cb and Cr: 112 · (B − Y) / 0.886 and 112 · (R − Y) / 0.701 over 255; each row adds up to 0, grey has no colour. */
const U_R = -9714;
const U_G = -19070;
const U_B = 28784;
const V_R = 28784;
const V_G = -24103;
const V_B = -4681;
/** Four alphas of 255: a block of 2×2 pixels that is patch alone. */
const FULL_BLOCK_ALPHA = 4 * 255;

/** Whether a patch lies on even pixels inside a frame and its buffers hold its size. */
export function isDrawable(patch: Patch, frameWidthPx: number, frameHeightPx: number): boolean {
  const { x, y, width, height } = patch;
  return (
    isEvenFrom0(x) &&
    isEvenFrom0(y) &&
    isEvenFrom0(width) &&
    isEvenFrom0(height) &&
    x + width <= frameWidthPx &&
    y + height <= frameHeightPx &&
    patch.rgb.length >= width * height * 3 &&
    patch.alpha.length >= width * height
  );
}

const isEvenFrom0 = (value: number): boolean => value >= 0 && value % 2 === 0;

/**
 * Blend `patch` into `i420` (frameWidthPx × frameHeightPx, planes Y, U, V). A chroma sample takes the mean of its
 * 2×2 pixels weighted by their alpha. The patch must be drawable.
 */
export function blendPatch(
  i420: Uint8Array,
  frameWidthPx: number,
  frameHeightPx: number,
  patch: Patch,
): void {
  const { x, y, width, height, rgb, alpha } = patch;
  const chromaWidth = frameWidthPx >> 1;
  const uPlane = frameWidthPx * frameHeightPx;
  const vPlane = uPlane + chromaWidth * (frameHeightPx >> 1);
  // All indices stay inside: isDrawable checked the rectangle and the buffers, width and height are even.
  for (let row = 0; row < height; row += 2) {
    for (let column = 0; column < width; column += 2) {
      let blockAlpha = 0;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let corner = 0; corner < 4; corner += 1) {
        const dy = corner >> 1;
        const dx = corner & 1;
        const at = (row + dy) * width + column + dx;
        const a = alpha[at]!;
        if (a === 0) continue;
        const r = rgb[at * 3]!;
        const g = rgb[at * 3 + 1]!;
        const b = rgb[at * 3 + 2]!;
        blockAlpha += a;
        red += a * r;
        green += a * g;
        blue += a * b;
        const luma = 16 + ((r * Y_R + g * Y_G + b * Y_B + 32768) >> 16);
        const to = (y + row + dy) * frameWidthPx + x + column + dx;
        i420[to] = mix255(i420[to]!, luma, a);
      }
      if (blockAlpha === 0) continue;
      const to = ((y + row) >> 1) * chromaWidth + ((x + column) >> 1);
      const u = 128 * blockAlpha + (red * U_R + green * U_G + blue * U_B) / 65536;
      const v = 128 * blockAlpha + (red * V_R + green * V_G + blue * V_B) / 65536;
      const keep = FULL_BLOCK_ALPHA - blockAlpha;
      i420[uPlane + to] = ((i420[uPlane + to]! * keep + u) / FULL_BLOCK_ALPHA + 0.5) | 0;
      i420[vPlane + to] = ((i420[vPlane + to]! * keep + v) / FULL_BLOCK_ALPHA + 0.5) | 0;
    }
  }
}

/** Weighted mean of two bytes, rounded, exact at both ends: (below·(255 − a) + above·a) / 255. */
function mix255(below: number, above: number, a: number): number {
  const sum = below * (255 - a) + above * a + 128;
  return (sum + (sum >> 8)) >> 8;
}
