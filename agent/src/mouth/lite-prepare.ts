/**
 * What the renderer needs to know about an avatar: the pose of every frame, how open its own mouth is, the light on
 * its face and the colour of its lips, and where its teeth sit. Stored in the bundle, the same bytes for the same input.
 */
import { AvatarError } from '../errors.ts';
import type { FaceTrack, FrameStore } from '../pipeline/model-pack.ts';
import { LANDMARK_COUNT } from '../pipeline/model-pack.ts';
import { FaceBasis } from './face-basis.ts';
import { faceCentre, fitPose, POSE_LENGTH, POSE_ORIGIN, POSE_SCALE, yawOf } from './pose-fit.ts';
import type { RendererData } from './renderer-data.ts';

/** Numbers per frame in the prepared data: pose (13), then the fields below. */
export const FRAME_LENGTH = 20;
/** How far the frame can be driven, 0–1: 0 for heads turned too far. */
export const FRAME_VISIBILITY = POSE_LENGTH;
/** Opening of the frame's own mouth, dm. */
export const FRAME_GAP = POSE_LENGTH + 1;
/** Light on the face, 0–1. */
export const FRAME_LIGHT = POSE_LENGTH + 2;
/** Colour of the lips, RGB 0–255. */
export const FRAME_LIPS = POSE_LENGTH + 3;
/** Width of the mouth in px. */
export const FRAME_MOUTH_WIDTH = POSE_LENGTH + 6;
/** Numbers before the first frame: version, frame count, width, height, teeth offset x y z (dm), arch scale. */
export const HEAD_LENGTH = 8;
const VERSION = 1;

/** A mouth is driven fully up to the first yaw and not at all from the second, radians. */
const FULL_YAW = (30 * Math.PI) / 180;
const LAST_YAW = (40 * Math.PI) / 180;
/** Pose residual as a part of the face scale above which the landmarks are not a face. */
const MAX_RESIDUAL_DM = 0.16;
const RIGHT_CORNER = 61;
const LEFT_CORNER = 291;
const UPPER_LIP = 13;
const CHEEKS_AND_NOSE = [50, 280, 205, 425, 4, 5, 195, 101, 330] as const;
const RED_LIPS = [15, 16, 86, 316, 85, 315, 11, 12, 72, 302] as const;

/** Make the bytes of an avatar. @throws AvatarError FACE_NOT_FOUND when no frame shows a usable face */
export function prepareLite(data: RendererData, frames: FrameStore, track: FaceTrack): Uint8Array {
  const { frameCount, width, height } = frames;
  const stride = LANDMARK_COUNT * 3;
  if (track.landmarks.length !== frameCount * stride) {
    throw new AvatarError(
      'FACE_NOT_FOUND',
      `The face track has ${track.landmarks.length / stride} frames, the avatar ${frameCount}. Prepare the avatar again.`,
    );
  }
  const out = new Float32Array(HEAD_LENGTH + frameCount * FRAME_LENGTH);
  out.set([VERSION, frameCount, width, height]);
  const basis = new FaceBasis(data);
  const centre = faceCentre(data);
  const upperLips = [[], [], []] as [number[], number[], number[]];
  const mouthWidths: number[] = [];
  for (let frame = 0; frame < frameCount; frame += 1) {
    const at = HEAD_LENGTH + frame * FRAME_LENGTH;
    const from = frame * stride;
    const residualPx = fitPose(data, track.landmarks, from, out, at);
    const scale = out[at + POSE_SCALE]!;
    if (!(residualPx < scale * MAX_RESIDUAL_DM)) continue;
    const turn = (LAST_YAW - Math.abs(yawOf(out, at))) / (LAST_YAW - FULL_YAW);
    const visibility = Math.min(1, Math.max(0, turn));
    out[at + FRAME_VISIBILITY] = visibility * visibility * (3 - 2 * visibility);
    basis.setLandmarks(track.landmarks, from);
    out[at + FRAME_GAP] = basis.sourceGapPx(out, at) / scale;
    const corner = (k: number, axis: number): number => track.landmarks[from + k * 3 + axis]!;
    const mouthWidthPx = Math.hypot(
      corner(LEFT_CORNER, 0) - corner(RIGHT_CORNER, 0),
      corner(LEFT_CORNER, 1) - corner(RIGHT_CORNER, 1),
    );
    out[at + FRAME_MOUTH_WIDTH] = mouthWidthPx;
    const seen: Seen = { frames, frame, landmarks: track.landmarks, from };
    out[at + FRAME_LIGHT] = lightOf(seen);
    meanColour(seen, RED_LIPS, out, at + FRAME_LIPS);
    if (visibility < 0.5) continue;
    mouthWidths.push(mouthWidthPx / scale / Math.cos(yawOf(out, at)));
    const lip = toFace(out, at, centre, track.landmarks, from + UPPER_LIP * 3);
    for (let axis = 0; axis < 3; axis += 1) upperLips[axis]!.push(lip[axis]!);
  }
  if (mouthWidths.length === 0) {
    throw new AvatarError(
      'FACE_NOT_FOUND',
      'No frame shows the face from the front (within 35°). Use a source that looks into the camera.',
    );
  }
  const rest = data.restFace;
  const restLip = (axis: number): number => rest[UPPER_LIP * 3 + axis]!;
  const restWidth = rest[LEFT_CORNER * 3]! - rest[RIGHT_CORNER * 3]!;
  out[4] = clamp(median(upperLips[0]) - restLip(0), 0.08);
  out[5] = clamp(median(upperLips[1]) - restLip(1), 0.3);
  out[6] = clamp(median(upperLips[2]) - restLip(2), 0.06);
  out[7] = 1 + clamp((median(mouthWidths) / restWidth - 1) * 0.6, 0.15);
  return new Uint8Array(out.buffer);
}

/** Read what `prepareLite` wrote. @throws AvatarError BUNDLE_INVALID when it belongs to other frames */
export function readPrepared(bytes: Uint8Array, frames: FrameStore): Float32Array {
  const { frameCount, width, height } = frames;
  const expected = (HEAD_LENGTH + frameCount * FRAME_LENGTH) * 4;
  const values = bytes.length === expected ? new Float32Array(new Uint8Array(bytes).buffer) : null;
  const fits =
    values?.[0] === VERSION &&
    values[1] === frameCount &&
    values[2] === width &&
    values[3] === height;
  if (!fits) {
    throw new AvatarError(
      'BUNDLE_INVALID',
      `The lite pack's data (${bytes.length} bytes) does not fit ${frameCount} frames of ${width}×${height}. Prepare the avatar again.`,
    );
  }
  return values;
}

const clamp = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}

/** A landmark in the mean face's system, dm. */
function toFace(
  pose: Float32Array,
  at: number,
  centre: Float64Array,
  landmarks: Float32Array,
  from: number,
): [number, number, number] {
  const scale = pose[at + POSE_SCALE]!;
  const x = (landmarks[from]! - pose[at + POSE_ORIGIN]!) / scale;
  const y = (-landmarks[from + 1]! - pose[at + POSE_ORIGIN + 1]!) / scale;
  const z = (-landmarks[from + 2]! - pose[at + POSE_ORIGIN + 2]!) / scale;
  // The inverse of a rotation is its transpose.
  return [
    pose[at]! * x + pose[at + 3]! * y + pose[at + 6]! * z + centre[0]!,
    pose[at + 1]! * x + pose[at + 4]! * y + pose[at + 7]! * z + centre[1]!,
    pose[at + 2]! * x + pose[at + 5]! * y + pose[at + 8]! * z + centre[2]!,
  ];
}

/** One frame and where its landmarks start. */
type Seen = { frames: FrameStore; frame: number; landmarks: Float32Array; from: number };

/** Pixel of a landmark, moved into the frame: index into luma, and into U (V lies a plane further). */
function pixelOf(seen: Seen, landmark: number): { luma: number; chroma: number } {
  const { width, height } = seen.frames;
  const start = (seen.frame * width * height * 3) / 2;
  const at = seen.from + landmark * 3;
  const x = Math.min(width - 1, Math.max(0, Math.floor(seen.landmarks[at]!)));
  const y = Math.min(height - 1, Math.max(0, Math.floor(seen.landmarks[at + 1]!)));
  return {
    luma: start + y * width + x,
    chroma: start + width * height + (y >> 1) * (width >> 1) + (x >> 1),
  };
}

/** Mean RGB of the pixels at some landmarks. */
function meanColour(seen: Seen, points: readonly number[], out: Float32Array, to: number): void {
  const { width, height, i420 } = seen.frames;
  let luma = 0;
  let u = 0;
  let v = 0;
  for (const point of points) {
    const pixel = pixelOf(seen, point);
    luma += i420[pixel.luma]!;
    u += i420[pixel.chroma]!;
    v += i420[pixel.chroma + (width * height) / 4]!;
  }
  const l = (luma / points.length - 16) * 1.16438;
  const cu = u / points.length - 128;
  const cv = v / points.length - 128;
  out[to] = Math.min(255, Math.max(0, l + 1.59603 * cv));
  out[to + 1] = Math.min(255, Math.max(0, l - 0.39176 * cu - 0.81297 * cv));
  out[to + 2] = Math.min(255, Math.max(0, l + 2.01723 * cu));
}

/** Light on the face, 0–1: between the mean and the brightest of cheeks and nose. */
function lightOf(seen: Seen): number {
  let sum = 0;
  let brightest = 0;
  for (const point of CHEEKS_AND_NOSE) {
    const luma = (seen.frames.i420[pixelOf(seen, point).luma]! - 16) / 219;
    const light = Math.min(1, Math.max(0, luma));
    sum += light;
    brightest = Math.max(brightest, light);
  }
  return 0.5 * (sum / CHEEKS_AND_NOSE.length) + 0.5 * brightest;
}
