/**
 * A made face (256 × 256) becomes the patch that the service blends over a frame: resized to the face box where the
 * mask lets it be seen, BGR to RGB, with the mask as alpha. What is blended outside the box would be the frame itself.
 */
import type { Patch } from '../../pipeline/model-pack.ts';
import { LinearResize } from './opencv-resize.ts';
import type { Rect } from './picture.ts';

/** Side of the network's pictures, px. */
export const FACE_SIZE = 256;
const CHANNELS = 3;

/** Where a made face goes in one frame. */
export type PatchPlace = {
  /** The face box, inside the frame. */
  readonly box: Rect;
  /** What is blended: even edges, inside the frame. */
  readonly region: Rect;
  /** Weight of the made face over `region`, 0–255; 0 outside `box`. */
  readonly alpha: Uint8Array;
};

/**
 * The part of a mask (over `square`, side × side) that is not 0 inside `box`, grown to even edges.
 * @param box inside a frame of even size
 */
export function placeOf(box: Rect, square: Rect, mask: Uint8Array): PatchPlace {
  const side = square.x1 - square.x0;
  const weightAt = (x: number, y: number): number =>
    mask[(y - square.y0) * side + x - square.x0] ?? 0; // the box lies inside its square
  let [left, top, right, bottom] = [box.x1, box.y1, box.x0, box.y0];
  for (let y = box.y0; y < box.y1; y += 1) {
    for (let x = box.x0; x < box.x1; x += 1) {
      if (weightAt(x, y) === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  if (right <= left) [left, top, right, bottom] = [box.x0, box.y0, box.x0, box.y0];
  const region = { x0: left & ~1, y0: top & ~1, x1: (right + 1) & ~1, y1: (bottom + 1) & ~1 };
  const width = region.x1 - region.x0;
  const alpha = new Uint8Array(width * (region.y1 - region.y0));
  for (let y = Math.max(region.y0, box.y0); y < Math.min(region.y1, box.y1); y += 1) {
    for (let x = Math.max(region.x0, box.x0); x < Math.min(region.x1, box.x1); x += 1) {
      alpha[(y - region.y0) * width + x - region.x0] = weightAt(x, y);
    }
  }
  return { box, region, alpha };
}

/** Makes the patches of one avatar into buffers of its own: valid until the next call. */
export class PatchMaker {
  readonly #resizers = new Map<number, LinearResize>();
  readonly #patch: Patch;

  /** @param maxPixels pixels of the largest region */
  constructor(maxPixels: number) {
    this.#patch = {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      rgb: new Uint8Array(maxPixels * CHANNELS),
      alpha: new Uint8Array(maxPixels),
    };
  }

  /**
   * @param bgr FACE_SIZE × FACE_SIZE × 3 bytes
   * @param ratio multiplies the mask, 0–1
   */
  make(bgr: Uint8Array, { box, region, alpha }: PatchPlace, ratio: number): Patch {
    const patch = this.#patch;
    patch.x = region.x0;
    patch.y = region.y0;
    patch.width = region.x1 - region.x0;
    patch.height = region.y1 - region.y0;
    const part = {
      x0: Math.max(region.x0, box.x0) - box.x0,
      y0: Math.max(region.y0, box.y0) - box.y0,
      x1: Math.min(region.x1, box.x1) - box.x0,
      y1: Math.min(region.y1, box.y1) - box.y0,
    };
    const stride = patch.width * CHANNELS;
    const offset =
      (box.y0 + part.y0 - region.y0) * stride + (box.x0 + part.x0 - region.x0) * CHANNELS;
    this.#resizerOf(box).run(bgr, part, patch.rgb, offset, stride);
    const { rgb } = patch;
    const pixels = patch.width * patch.height;
    for (let i = 0, at = 0; i < pixels; i += 1, at += CHANNELS) {
      const blue = rgb[at]!; // at < maxPixels · 3
      rgb[at] = rgb[at + 2]!;
      rgb[at + 2] = blue;
      patch.alpha[i] = ratio === 1 ? alpha[i]! : Math.round(alpha[i]! * ratio);
    }
    return patch;
  }

  /** Boxes of an avatar have few sizes: their taps are kept. */
  #resizerOf(box: Rect): LinearResize {
    const width = box.x1 - box.x0;
    const height = box.y1 - box.y0;
    const key = width * 65536 + height;
    const known = this.#resizers.get(key);
    if (known) return known;
    const source = { width: FACE_SIZE, height: FACE_SIZE, channels: CHANNELS };
    const made = new LinearResize(source, { width, height });
    this.#resizers.set(key, made);
    return made;
  }
}

/** Blend a patch over an RGB frame in place, with Pillow's rounding: the way MuseTalk's own pictures come about. */
export function blendOverRgb(rgb: Uint8Array, frameWidthPx: number, patch: Patch): void {
  for (let row = 0; row < patch.height; row += 1) {
    for (let column = 0; column < patch.width; column += 1) {
      const at = row * patch.width + column;
      const weight = patch.alpha[at]!; // at < width · height
      const to = ((patch.y + row) * frameWidthPx + patch.x + column) * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const face = patch.rgb[at * CHANNELS + channel]!;
        const sum = face * weight + rgb[to + channel]! * (255 - weight) + 128;
        rgb[to + channel] = (sum + (sum >> 8)) >> 8;
      }
    }
  }
}
