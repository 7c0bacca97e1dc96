/**
 * One eye as the lids see it: an axis from its left to its right corner on screen, the upper and lower lid as heights
 * over that axis, and the room below the brow that a falling lid can unfold.
 */

/** Landmarks of one eye, each row from the corner on the left of the picture to the one on the right. */
export type EyeIndices = {
  readonly upper: readonly number[];
  readonly lower: readonly number[];
  /** Lower edge of the brow. */
  readonly brow: readonly number[];
};

/** The eye on the left of the picture (the subject's right), then the other. */
export const EYES: readonly EyeIndices[] = [
  {
    upper: [33, 246, 161, 160, 159, 158, 157, 173, 133],
    lower: [33, 7, 163, 144, 145, 153, 154, 155, 133],
    brow: [46, 53, 52, 65, 55],
  },
  {
    upper: [362, 398, 384, 385, 386, 387, 388, 466, 263],
    lower: [362, 382, 381, 380, 374, 373, 390, 249, 263],
    brow: [285, 295, 282, 283, 276],
  },
];

/** Samples of each lid from corner to corner. */
export const LID_SAMPLES = 49;
/** Share of the way from lid to brow that moves when the lid falls. */
const UNFOLDING_SHARE = 0.85;

/** See the head of this file. Reused from frame to frame. */
export type EyeShape = {
  /** Left corner, px. */
  x: number;
  y: number;
  /** Unit vector along the eye; downwards is (−alongY, alongX). */
  alongX: number;
  alongY: number;
  /** Distance of the corners, px. */
  lengthPx: number;
  /** Heights below the axis, px, at LID_SAMPLES places from corner to corner. */
  readonly upper: Float32Array;
  readonly lower: Float32Array;
  /** Largest distance of the lids, px. */
  openPx: number;
  /** Height of skin above the upper lid that moves with it, px. */
  reachPx: number;
};

/** A shape to fill in. */
export const emptyEyeShape = (): EyeShape => ({
  x: 0,
  y: 0,
  alongX: 1,
  alongY: 0,
  lengthPx: 0,
  upper: new Float32Array(LID_SAMPLES),
  lower: new Float32Array(LID_SAMPLES),
  openPx: 0,
  reachPx: 0,
});

/** Measure the eye `indices` of the 478 landmarks that begin at `offset` of `landmarks`. Allocates nothing. */
export function measureEye(
  landmarks: Float32Array,
  offset: number,
  indices: EyeIndices,
  shape: EyeShape,
): void {
  const { upper, lower, brow } = indices;
  const first = offset + upper[0]! * 3;
  const last = offset + upper[upper.length - 1]! * 3;
  shape.x = landmarks[first]!;
  shape.y = landmarks[first + 1]!;
  const acrossX = landmarks[last]! - shape.x;
  const acrossY = landmarks[last + 1]! - shape.y;
  shape.lengthPx = Math.max(1e-3, Math.hypot(acrossX, acrossY));
  shape.alongX = acrossX / shape.lengthPx;
  shape.alongY = acrossY / shape.lengthPx;
  sampleLid(landmarks, offset, upper, shape, shape.upper);
  sampleLid(landmarks, offset, lower, shape, shape.lower);
  shape.openPx = 0;
  for (let i = 0; i < LID_SAMPLES; i += 1) {
    shape.openPx = Math.max(shape.openPx, shape.lower[i]! - shape.upper[i]!);
  }
  let browHeight = 0;
  for (const i of brow) browHeight += heightOf(landmarks, offset + i * 3, shape) / brow.length;
  const lidHeight = shape.upper[(LID_SAMPLES - 1) >> 1]!;
  shape.reachPx = UNFOLDING_SHARE * Math.max(0, lidHeight - browHeight);
}

/** Heights of a row of landmarks at LID_SAMPLES even places, smoothed a little; 0 at both corners. */
function sampleLid(
  landmarks: Float32Array,
  offset: number,
  row: readonly number[],
  shape: EyeShape,
  into: Float32Array,
): void {
  let segment = 0;
  for (let i = 0; i < LID_SAMPLES; i += 1) {
    const wanted = (i / (LID_SAMPLES - 1)) * shape.lengthPx;
    while (
      segment < row.length - 2 &&
      placeOf(landmarks, offset + row[segment + 1]! * 3, shape) < wanted
    ) {
      segment += 1;
    }
    const left = offset + row[segment]! * 3; // segment + 1 < row.length
    const right = offset + row[segment + 1]! * 3;
    const from = placeOf(landmarks, left, shape);
    const ratio = (wanted - from) / Math.max(1e-3, placeOf(landmarks, right, shape) - from);
    const start = heightOf(landmarks, left, shape);
    const bounded = Math.min(1, Math.max(0, ratio));
    into[i] = start + bounded * (heightOf(landmarks, right, shape) - start);
  }
  for (let pass = 0; pass < 4; pass += 1) {
    let before = into[0]!;
    for (let i = 1; i < LID_SAMPLES - 1; i += 1) {
      const here = into[i]!;
      into[i] = (before + 2 * here + into[i + 1]!) / 4;
      before = here;
    }
  }
}

const placeOf = (landmarks: Float32Array, at: number, shape: EyeShape): number =>
  (landmarks[at]! - shape.x) * shape.alongX + (landmarks[at + 1]! - shape.y) * shape.alongY;

const heightOf = (landmarks: Float32Array, at: number, shape: EyeShape): number =>
  (landmarks[at + 1]! - shape.y) * shape.alongX - (landmarks[at]! - shape.x) * shape.alongY;
