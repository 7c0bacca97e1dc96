/** Which avatars may blink: those whose eyes are plainly there. Everything else keeps its eyes as they are. */
import { LANDMARK_COUNT, type FaceTrack, type FrameStore } from '../pipeline/model-pack.ts';
import { emptyEyeShape, EYES, measureEye, type EyeShape } from './eye-shape.ts';
import { measureHead } from './head-geometry.ts';
import { lumaAt } from './lid-edge.ts';
import { canUnfold } from './lid-motion.ts';
import { trimReach } from './lid-room.ts';

/** A face turned further shows one eye from the side: 25°. */
const MAX_SIN_YAW = Math.sin((25 * Math.PI) / 180);
/** Below this an eye is a dark spot. */
const MIN_EYE_PX = 12;
/** Opening as share of the eye's length: below it is closed or laughing, above it the landmarks are wrong. */
const MIN_OPENING = 0.16;
const MAX_OPENING = 0.8;
/** Share of the eye that may be as bright as a reflection on glasses (limited-range white). */
const MAX_GLARE_SHARE = 0.25;
const GLARE_LUMA = 230;
/** A source whose eyes close to this share of their usual opening blinks by itself. */
const OWN_BLINK_RATIO = 0.5;

/**
 * Whether lids may close on every frame of the source: both eyes open, in front view, without glare, with
 * enough skin below brow or glasses to close them, and not blinking by themselves already.
 */
export function canBlink(frames: FrameStore, track: FaceTrack): boolean {
  const openings: number[] = [];
  for (let frame = 0; frame < frames.frameCount; frame += 1) {
    const offset = frame * LANDMARK_COUNT * 3;
    const landmarks = track.landmarks.subarray(offset, offset + LANDMARK_COUNT * 3);
    if (Math.abs(measureHead(landmarks).sinYaw) > MAX_SIN_YAW) return false;
    const luma = frames.i420.subarray(frame * frameBytes(frames));
    let opening = Infinity;
    for (const indices of EYES) {
      const shape = emptyEyeShape();
      measureEye(landmarks, 0, indices, shape);
      if (!isPlain(luma, frames.width, frames.height, shape)) return false;
      opening = Math.min(opening, shape.openPx / shape.lengthPx);
    }
    openings.push(opening);
  }
  const usual = openings.toSorted((a, b) => a - b)[openings.length >> 1] ?? 0;
  return Math.min(...openings) > OWN_BLINK_RATIO * usual;
}

const frameBytes = ({ width, height }: FrameStore): number => (width * height * 3) / 2;

function isPlain(luma: Uint8Array, width: number, height: number, shape: EyeShape): boolean {
  const { lengthPx, openPx, upper, lower } = shape;
  const opening = openPx / lengthPx;
  if (lengthPx < MIN_EYE_PX || opening < MIN_OPENING || opening > MAX_OPENING) return false;
  trimReach(luma, width, height, shape);
  if (!canUnfold(shape)) return false;
  let eye = 0;
  let glare = 0;
  for (let i = 8; i < upper.length - 8; i += 2) {
    const place = (i / (upper.length - 1)) * lengthPx;
    for (let below = upper[i]!; below < lower[i]!; below += 1) {
      eye += 1;
      if (lumaAt(luma, width, height, shape, place, below) >= GLARE_LUMA) glare += 1;
    }
  }
  return glare <= MAX_GLARE_SHARE * eye;
}
