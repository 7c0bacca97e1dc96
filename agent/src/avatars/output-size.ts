import { AvatarError } from '../errors.ts';

/** A picture size, px. */
export type Size = { readonly width: number; readonly height: number };

/** Largest side of a source picture or video, px. */
export const MAX_SOURCE_SIDE_PX = 8192;
/** Largest area of a source picture or video, px. */
export const MAX_SOURCE_AREA_PX = 64_000_000;
/** Below this long side the mouth has too few pixels to be drawn, px. */
export const MIN_SOURCE_SIDE_PX = 256;
/** Smallest short side, px: what I420 encoders and the face networks still handle. */
const MIN_SOURCE_SHORT_SIDE_PX = 64;

/**
 * Size of an avatar's frames: the source's aspect ratio, long side at most `maxPx`, never enlarged, both sides even
 * (4:2:0 video needs that). `name` is only for messages.
 * @throws AvatarError SOURCE_TOO_LARGE | SOURCE_UNREADABLE
 */
export function outputSize({ width, height }: Size, maxPx: number, name: string): Size {
  const shown = `${name} is ${width}×${height} px`;
  if (Math.max(width, height) > MAX_SOURCE_SIDE_PX || width * height > MAX_SOURCE_AREA_PX) {
    throw new AvatarError(
      'SOURCE_TOO_LARGE',
      `${shown}, at most ${MAX_SOURCE_SIDE_PX} px per side and 64 million px are read; scale it down`,
    );
  }
  if (
    Math.max(width, height) < MIN_SOURCE_SIDE_PX ||
    Math.min(width, height) < MIN_SOURCE_SHORT_SIDE_PX
  ) {
    throw new AvatarError(
      'SOURCE_UNREADABLE',
      `${shown}, too small to animate; use one of at least ${MIN_SOURCE_SIDE_PX}×${MIN_SOURCE_SIDE_PX} px`,
    );
  }
  const scale = Math.min(1, maxPx / Math.max(width, height));
  const even = (side: number): number => Math.max(2, Math.floor((side * scale + 1e-6) / 2) * 2);
  return { width: even(width), height: even(height) };
}
