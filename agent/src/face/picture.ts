import { AvatarError } from '../errors.ts';

/** A picture in memory: rows from the top, RGB or RGBA order, 8 bits per channel, no padding between rows. Alpha is ignored. */
export type Picture = {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
};

/** An axis-aligned rectangle in picture pixels. It may reach beyond the picture. */
export type Box = { x: number; y: number; width: number; height: number };

/**
 * Refuse a picture whose bytes do not fit its size, before a hot loop reads beyond them.
 *
 * @throws AvatarError INTERNAL
 */
export function assertPicture({ data, width, height, channels }: Picture): void {
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!whole || data.length !== width * height * channels) {
    throw new AvatarError(
      'INTERNAL',
      `A picture of ${width}x${height} with ${channels} channels cannot hold ${data.length} bytes.`,
    );
  }
}
