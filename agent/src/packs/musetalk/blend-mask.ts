/**
 * Where and how strongly a made face replaces the frame: the square around the face box, its parsing, the jaw mask,
 * the cut above the middle and the blur. Same steps and numbers as MuseTalk's prepared path
 * (musetalk/utils/blending.py, get_image_prepare_material).
 */
import { gaussianBlur } from './gaussian-blur.ts';
import { jawMask, PARSING_SIZE } from './jaw-mask.ts';
import type { Picture8, Rect } from './picture.ts';
import { BICUBIC, BILINEAR, pillowResize } from './pillow-resize.ts';

/** Side of the square in longest sides of the face box. */
const EXPAND = 1.5;
/** Part of the square above which nothing is replaced. */
const UPPER_BOUNDARY = 0.5;
/** Blur kernel in sides of the square. */
const BLUR = 0.1;

/** The square around a face box; it may leave the frame. */
export function maskSquare({ x0, y0, x1, y1 }: Rect): Rect {
  const centreX = Math.floor((x0 + x1) / 2);
  const centreY = Math.floor((y0 + y1) / 2);
  const half = Math.trunc(Math.floor(Math.max(x1 - x0, y1 - y0) / 2) * EXPAND);
  return { x0: centreX - half, y0: centreY - half, x1: centreX + half, y1: centreY + half };
}

/** Pixels of `rect` as a picture of its own; black outside `source`. */
export function cropBlack(source: Picture8, rect: Rect): Picture8 {
  const { channels } = source;
  const width = rect.x1 - rect.x0;
  const height = rect.y1 - rect.y0;
  const data = new Uint8Array(width * height * channels);
  const from = Math.max(0, rect.x0);
  const to = Math.min(source.width, rect.x1);
  if (to <= from) return { data, width, height, channels };
  for (let y = Math.max(0, rect.y0); y < Math.min(source.height, rect.y1); y += 1) {
    const row = source.data.subarray(
      (y * source.width + from) * channels,
      (y * source.width + to) * channels,
    );
    data.set(row, ((y - rect.y0) * width + from - rect.x0) * channels);
  }
  return { data, width, height, channels };
}

/** What a face-parsing network is given: the square as 512 × 512 RGB bytes. */
export function parsingPicture(frame: Picture8, square: Rect): Uint8Array {
  return pillowResize(cropBlack(frame, square), PARSING_SIZE, PARSING_SIZE, BILINEAR);
}

/**
 * Weight of the made face, 0–255, over the square (side × side).
 * @param classes parsing of the square, 512 × 512 class numbers (jaw-mask.ts)
 */
export function blendMask(box: Rect, classes: Uint8Array): Uint8Array {
  const square = maskSquare(box);
  const side = square.x1 - square.x0;
  // Nothing above the middle is kept; the resize looks a few rows further up.
  const reach = Math.ceil(BICUBIC.reach * Math.max(1, PARSING_SIZE / side)) + 2;
  const firstRow = Math.max(0, Math.floor(PARSING_SIZE * UPPER_BOUNDARY) - reach);
  const jaw = {
    data: jawMask(classes, firstRow),
    width: PARSING_SIZE,
    height: PARSING_SIZE,
    channels: 1,
  };
  const mask = pillowResize(jaw, side, side, BICUBIC);
  const top = Math.trunc(side * UPPER_BOUNDARY);
  for (let y = 0, at = 0; y < side; y += 1) {
    const isRow = y >= top && y >= box.y0 - square.y0 && y < box.y1 - square.y0;
    for (let x = 0; x < side; x += 1, at += 1) {
      if (!isRow || x < box.x0 - square.x0 || x >= box.x1 - square.x0) mask[at] = 0;
    }
  }
  // Python: int(0.1 * side // 2 * 2) + 1
  return gaussianBlur(mask, side, side, Math.trunc(Math.floor((BLUR * side) / 2) * 2) + 1);
}
