/**
 * The light a face stands in, whatever the colour of its skin: from the whites of its eyes, which are about as bright
 * as teeth.
 */
import type { FaceTrack, FrameStore } from '../pipeline/model-pack.ts';
import { LANDMARK_COUNT } from '../pipeline/model-pack.ts';

/** Rims of both eyes, around each. */
const EYES = [
  [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
  [362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398],
] as const;
/** The white of an eye among its pixels by brightness: below are iris, lashes and the lid's shade, above highlights. */
const WHITE_FROM = 0.72;
const WHITE_TO = 0.92;
/** Brightness of the white of an eye in full light, 0–1. */
const FULL_WHITE = 0.8;
/** Fewer pixels say nothing: the eye is shut or too small. */
const MIN_EYE_PIXELS = 24;
/** Frames looked at in a video, evenly spaced: light changes slowly, and some frames blink. */
const MAX_FRAMES = 24;

/**
 * Light on the eyes of an avatar, 0–1 (1 = full): the median over frames, 0 where no eye can be read. Shut eyes and
 * sunglasses read as dark; glasses that mirror a window read as bright (`sceneLight` limits that).
 */
export function eyeLight(frames: FrameStore, track: FaceTrack): number {
  const step = Math.max(1, Math.ceil(frames.frameCount / MAX_FRAMES));
  const found: number[] = [];
  for (let frame = 0; frame < frames.frameCount; frame += step) {
    const whites = EYES.map((rim) => whiteOf(frames, track, frame, rim));
    found.push(Math.max(...whites));
  }
  found.sort((a, b) => a - b);
  return Math.min(1, found[found.length >> 1]! / FULL_WHITE);
}

/** Brightness of the white of one eye, 0–1; 0 when it cannot be seen. */
function whiteOf(
  { width, height, i420 }: FrameStore,
  { landmarks }: FaceTrack,
  frame: number,
  rim: readonly number[],
): number {
  const from = frame * LANDMARK_COUNT * 3;
  const xs = rim.map((k) => landmarks[from + k * 3]!);
  const ys = rim.map((k) => landmarks[from + k * 3 + 1]!);
  const start = (frame * width * height * 3) / 2;
  const seen: number[] = [];
  const lastRow = Math.min(height - 1, Math.ceil(Math.max(...ys)));
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y <= lastRow; y += 1) {
    const [left, right] = crossings(xs, ys, y + 0.5);
    for (let x = Math.max(0, Math.ceil(left - 0.5)); x + 0.5 < right && x < width; x += 1) {
      seen.push((i420[start + y * width + x]! - 16) / 219);
    }
  }
  if (seen.length < MIN_EYE_PIXELS) return 0;
  seen.sort((a, b) => a - b);
  const first = Math.floor(seen.length * WHITE_FROM);
  const last = Math.ceil(seen.length * WHITE_TO);
  let sum = 0;
  for (let k = first; k < last; k += 1) sum += seen[k]!;
  return Math.min(1, Math.max(0, sum / (last - first)));
}

/** Where a row meets the outline of an eye, left and right; right < left when it does not. */
function crossings(xs: readonly number[], ys: readonly number[], row: number): [number, number] {
  let left = Infinity;
  let right = -Infinity;
  for (let k = 0; k < xs.length; k += 1) {
    const next = (k + 1) % xs.length;
    if (ys[k]! < row === ys[next]! < row) continue;
    const x = xs[k]! + ((row - ys[k]!) / (ys[next]! - ys[k]!)) * (xs[next]! - xs[k]!);
    if (x < left) left = x;
    if (x > right) right = x;
  }
  return [left, right];
}
