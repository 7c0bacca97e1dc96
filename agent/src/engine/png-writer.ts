/** Writes I420 frames as numbered PNG files, for looking at single frames. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** BT.601 limited range to RGB (ITU-R BT.601-7), into width × height × 3 bytes. Chroma is repeated, not smoothed. */
export function i420ToRgb(i420: Uint8Array, width: number, height: number, rgb: Uint8Array): void {
  const chromaWidth = width >> 1;
  const uPlane = width * height;
  const vPlane = uPlane + chromaWidth * (height >> 1);
  // Indices stay inside: the buffer holds width × height × 3 / 2 bytes, both even.
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const chroma = (y >> 1) * chromaWidth + (x >> 1);
      const luma = 1.164384 * (i420[y * width + x]! - 16);
      const u = i420[uPlane + chroma]! - 128;
      const v = i420[vPlane + chroma]! - 128;
      const to = (y * width + x) * 3;
      rgb[to] = clamped(luma + 1.596027 * v);
      rgb[to + 1] = clamped(luma - 0.391762 * u - 0.812968 * v);
      rgb[to + 2] = clamped(luma + 2.017232 * u);
    }
  }
}

const clamped = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));

/** Files 000000.png, 000001.png … in one folder. */
export class PngWriter {
  readonly #folder: string;
  readonly #width: number;
  readonly #height: number;
  readonly #rgb: Uint8Array;

  private constructor(folder: string, width: number, height: number) {
    this.#folder = folder;
    this.#width = width;
    this.#height = height;
    this.#rgb = new Uint8Array(width * height * 3);
  }

  /** Make the folder. */
  static async create(folder: string, width: number, height: number): Promise<PngWriter> {
    await mkdir(folder, { recursive: true });
    return new PngWriter(folder, width, height);
  }

  async write(planes: Uint8Array, frameIndex: number): Promise<void> {
    i420ToRgb(planes, this.#width, this.#height, this.#rgb);
    const raw = { width: this.#width, height: this.#height, channels: 3 as const };
    await sharp(this.#rgb, { raw })
      .png({ compressionLevel: 3 })
      .toFile(join(this.#folder, `${String(frameIndex).padStart(6, '0')}.png`));
  }
}
