/** Turns per-frame detections into a gap-free, smoothed face track. Pure functions, no networks. */
import { AvatarError } from '../errors.ts';
import type { FaceTrackResult } from '../face/face-tracker.ts';
import { LANDMARK_COUNT, type FaceTrack } from '../pipeline/model-pack.ts';

/** Longest run of frames without a face that is bridged, frames (0.5 s). */
export const MAX_GAP_FRAMES = 12;
const LANDMARK_STRIDE = LANDMARK_COUNT * 3;
const BOX_STRIDE = 4;
/** Passes of the [1 2 1]/4 kernel: two give [1 4 6 4 1]/16, about ±1 frame. */
const SMOOTHING_PASSES = 2;

/**
 * Bridge short gaps linearly (ends: nearest face), then smooth over time without delay.
 * @param name what the frames came from, for the message
 * @throws AvatarError FACE_NOT_FOUND with the ranges of frames that have no face for too long
 */
export function completeTrack(found: readonly (FaceTrackResult | null)[], name: string): FaceTrack {
  const gaps = findGaps(found);
  const tooLong = gaps.filter(({ from, to }) => to - from + 1 > MAX_GAP_FRAMES);
  if (gaps.length > 0 && (tooLong.length > 0 || found.every((face) => face === null))) {
    throw faceNotFound(tooLong.length > 0 ? tooLong : gaps, found.length, name);
  }
  const landmarks = new Float32Array(found.length * LANDMARK_STRIDE);
  const boxes = new Float32Array(found.length * BOX_STRIDE);
  const interpolated = new Uint8Array(found.length);
  found.forEach((face, index) => {
    if (!face) return;
    landmarks.set(face.landmarks, index * LANDMARK_STRIDE);
    const { x, y, width, height } = face.box;
    boxes.set([x, y, width, height], index * BOX_STRIDE);
  });
  for (const gap of gaps) {
    bridge(landmarks, LANDMARK_STRIDE, gap, found.length);
    bridge(boxes, BOX_STRIDE, gap, found.length);
    interpolated.fill(1, gap.from, gap.to + 1);
  }
  return {
    landmarks: smoothOverTime(landmarks, LANDMARK_STRIDE),
    boxes: smoothOverTime(boxes, BOX_STRIDE),
    interpolated,
  };
}

/**
 * Zero-phase binomial smoothing of frameCount × stride values. Ends are mirrored at the end frame, which is what a
 * source that runs to and fro shows there.
 */
export function smoothOverTime(values: Float32Array, stride: number): Float32Array {
  const frameCount = values.length / stride;
  let current = values.slice();
  if (frameCount < 2) return current;
  for (let pass = 0; pass < SMOOTHING_PASSES; pass += 1) {
    const next = new Float32Array(current.length);
    for (let frame = 0; frame < frameCount; frame += 1) {
      const before = (frame === 0 ? 1 : frame - 1) * stride;
      const after = (frame === frameCount - 1 ? frameCount - 2 : frame + 1) * stride;
      const here = frame * stride;
      for (let i = 0; i < stride; i += 1) {
        next[here + i] =
          0.5 * current[here + i]! + 0.25 * (current[before + i]! + current[after + i]!);
      }
    }
    current = next;
  }
  return current;
}

/** First and last frame of a run without a face. */
type Gap = { readonly from: number; readonly to: number };

function findGaps(found: readonly (FaceTrackResult | null)[]): Gap[] {
  const gaps: Gap[] = [];
  for (let frame = 0; frame < found.length; frame += 1) {
    if (found[frame]) continue;
    const from = frame;
    while (frame + 1 < found.length && !found[frame + 1]) frame += 1;
    gaps.push({ from, to: frame });
  }
  return gaps;
}

function bridge(values: Float32Array, stride: number, { from, to }: Gap, frameCount: number): void {
  const before = from > 0 ? from - 1 : to + 1;
  const after = to + 1 < frameCount ? to + 1 : before;
  for (let frame = from; frame <= to; frame += 1) {
    const ratio = after > before ? (frame - before) / (after - before) : 0;
    for (let i = 0; i < stride; i += 1) {
      const start = values[before * stride + i]!;
      values[frame * stride + i] = start + ratio * (values[after * stride + i]! - start);
    }
  }
}

function faceNotFound(gaps: readonly Gap[], frameCount: number, name: string): AvatarError {
  if (frameCount === 1) {
    return new AvatarError(
      'FACE_NOT_FOUND',
      `no face in ${name}; use a picture that shows one face from the front, well lit, at least 100 px wide`,
    );
  }
  const ranges = gaps.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`));
  const shown = ranges.length > 8 ? [...ranges.slice(0, 8), '…'] : ranges;
  return new AvatarError(
    'FACE_NOT_FOUND',
    `no face in ${name}, frames ${shown.join(', ')}; use a clip in which the face is visible throughout, or cut it`,
  );
}
