import type { Picture } from './picture.ts';

/** A square of the picture, turned about its centre. Pixels; radians, clockwise on screen. */
export type RotatedSquare = {
  centerX: number;
  centerY: number;
  sizePx: number;
  rotationRad: number;
};

/** The values that 0 and 255 become. */
export type ValueRange = { readonly low: number; readonly high: number };

/**
 * Sample a turned square bilinearly into `out` (outSize × outSize × 3, RGB). Beyond the picture its edge repeats.
 *
 * Sample positions are those of MediaPipe's ImageToTensorCalculator on the CPU (OpenCV warpPerspective between corner
 * points): output pixel i reads position i · size / outSize of the square, without a half-pixel shift. The mesh was
 * measured against that; a shift here would appear in every landmark.
 */
export function cropRotatedSquare(
  picture: Picture,
  square: RotatedSquare,
  outSize: number,
  range: ValueRange,
  out: Float32Array,
): void {
  const { data, width, height, channels } = picture;
  const scale = (range.high - range.low) / 255;
  const stepX = (Math.cos(square.rotationRad) * square.sizePx) / outSize;
  const stepY = (Math.sin(square.rotationRad) * square.sizePx) / outSize;
  const half = outSize / 2;
  const maxX = width - 1;
  const maxY = height - 1;
  let o = 0;
  for (let row = 0; row < outSize; row++) {
    let x = square.centerX - half * stepX + (half - row) * stepY;
    let y = square.centerY - half * stepY - (half - row) * stepX;
    for (let column = 0; column < outSize; column++, x += stepX, y += stepY, o += 3) {
      const floorX = Math.floor(x);
      const floorY = Math.floor(y);
      const fractionX = x - floorX;
      const fractionY = y - floorY;
      const left = floorX < 0 ? 0 : floorX > maxX ? maxX : floorX;
      const right = floorX + 1 < 0 ? 0 : floorX + 1 > maxX ? maxX : floorX + 1;
      const top = (floorY < 0 ? 0 : floorY > maxY ? maxY : floorY) * width;
      const bottom = (floorY + 1 < 0 ? 0 : floorY + 1 > maxY ? maxY : floorY + 1) * width;
      // The clamps above keep all four inside the picture.
      const a = (top + left) * channels;
      const b = (top + right) * channels;
      const c = (bottom + left) * channels;
      const d = (bottom + right) * channels;
      const weightD = fractionX * fractionY;
      const weightB = fractionX - weightD;
      const weightC = fractionY - weightD;
      const weightA = 1 - fractionX - weightC;
      for (let q = 0; q < 3; q++) {
        const value =
          data[a + q]! * weightA +
          data[b + q]! * weightB +
          data[c + q]! * weightC +
          data[d + q]! * weightD;
        out[o + q] = range.low + scale * value;
      }
    }
  }
}
