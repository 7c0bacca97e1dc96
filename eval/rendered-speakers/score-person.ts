/** Renders one person's mouth shapes with the product's code and compares each with the true picture. */
import { completeTrack } from '../../agent/src/avatars/face-track.ts';
import { blendPatch } from '../../agent/src/compositing/blend-patch.ts';
import { AvatarError } from '../../agent/src/errors.ts';
import { faceBox } from '../../agent/src/face/face-mesh.ts';
import { LIPS_INNER, LIPS_OUTER } from '../../agent/src/face/landmarks.ts';
import { LiteRenderer, prepareLite } from '../../agent/src/mouth/lite-renderer.ts';
import type { RendererData } from '../../agent/src/mouth/renderer-data.ts';
import {
  LANDMARK_COUNT,
  type FaceTrack,
  type FrameStore,
  type PackAvatarSettings,
} from '../../agent/src/pipeline/model-pack.ts';
import type { FaceSet, RenderedPerson, TruePicture } from './face-set.ts';
import {
  drawnLandmarks,
  drawnMotion,
  drawnOpening,
  landmarkVertices,
  meanDistance,
  pointsOf,
} from './mesh-points.ts';
import {
  fineStructure,
  frameAlpha,
  outsideMaximum,
  polygonArea,
  polygonMask,
  rimSteps,
  shrink,
  similarity,
  type Luma,
} from './picture-measures.ts';

/** Outer and inner lips. */
export const LIP_LANDMARKS = [...LIPS_OUTER, ...LIPS_INNER];
/** Jaw line below the mouth, from side to side. */
export const JAW_LANDMARKS = [136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365];
/** An opening smaller than this part of the face crop's area counts as closed lips. */
const CLOSED_SHARE = 0.002;
const SETTINGS: PackAvatarSettings = { bboxShiftPx: 0, strengthRatio: 1 };

/** One rendered mouth shape against the truth. Lengths in px of the face crop. */
export type PictureScore = {
  readonly person: string;
  readonly shape: string;
  readonly lipErrorPx: number;
  readonly jawErrorPx: number;
  /** The same of the movement alone: what remains when the landmarks at rest were elsewhere. */
  readonly lipMotionErrorPx: number;
  readonly jawMotionErrorPx: number;
  /** How far the truth itself has moved from the closed mouth. */
  readonly lipStillErrorPx: number;
  readonly jawStillErrorPx: number;
  /** Whether the true mouth is open enough for the figures on openings. */
  readonly isOpen: boolean;
  /** Area between the lips: rendered (the polygon that is filled), true polygon, truly seen inside of the mouth, px². */
  readonly openingPx2: number;
  readonly trueOpeningPx2: number;
  readonly trueInsidePx2: number;
  /** Mean squared Laplacian of brightness inside the mouth and on the skin that moves, rendered and true. */
  readonly insideTexture: number;
  readonly trueInsideTexture: number;
  readonly skinTexture: number;
  readonly trueSkinTexture: number;
  /** Largest change of a byte of the frame outside the patch. */
  readonly outsideMaximum: number;
  /** Steps of brightness across the patch's rim ÷ the same in the source. */
  readonly seamRatio: number;
  /** Structural similarity of the mouth to the truth, 0–1. */
  readonly ssim: number;
};

/** What a report may show. */
export type ScoredPicture = {
  readonly score: PictureScore;
  readonly truth: TruePicture;
  /** I420 of the rendered frame. */
  readonly rendered: Uint8Array;
};

/** An avatar made of a person's closed mouth. */
export type StillAvatar = {
  readonly frames: FrameStore;
  readonly track: FaceTrack;
  readonly packData: Uint8Array;
  readonly settings: PackAvatarSettings;
};

/**
 * Prepare the `rest` picture as the product does, its landmarks given (468 or 478 × 3).
 * @throws AvatarError FACE_NOT_FOUND when they are no face
 */
export function stillAvatar(
  data: RendererData,
  { name, rest }: RenderedPerson,
  sizePx: number,
  given: Float32Array,
): StillAvatar {
  const i420 = new Uint8Array(new SharedArrayBuffer(rest.i420.length));
  i420.set(rest.i420);
  const frames = { width: sizePx, height: sizePx, frameCount: 1, i420 };
  // The irises are not part of the true mesh; the pack does not use them.
  const landmarks = new Float32Array(LANDMARK_COUNT * 3);
  landmarks.set(given);
  const track = completeTrack([{ landmarks, score: 1, box: faceBox(landmarks) }], name);
  const packData = prepareLite(data, frames, track);
  return { frames, track, packData, settings: SETTINGS };
}

/** Score every speaking picture of a person. `landmarks`: those of the closed mouth, true or detected. */
export function scorePerson(
  set: FaceSet,
  data: RendererData,
  person: RenderedPerson,
  landmarks: Float32Array,
): ScoredPicture[] {
  const avatar = stillAvatar(data, person, set.sizePx, landmarks);
  const renderer = new LiteRenderer({ data, ...avatar });
  const vertices = landmarkVertices(data);
  return person.speaking.map((truth) =>
    scorePicture({ set, data, person, truth, renderer, vertices }),
  );
}

function scorePicture(given: {
  set: FaceSet;
  data: RendererData;
  person: RenderedPerson;
  truth: TruePicture;
  renderer: LiteRenderer;
  vertices: Int32Array;
}): ScoredPicture {
  const { set, data, person, truth, renderer, vertices } = given;
  const { sizePx } = set;
  const patch = renderer.render(0, truth.parameters, 1);
  if (patch === null) {
    throw new AvatarError(
      'INTERNAL',
      `${person.name}: the renderer draws nothing for ${truth.shape}`,
    );
  }
  const rendered = person.rest.i420.slice();
  blendPatch(rendered, sizePx, sizePx, patch);
  const alpha = frameAlpha(patch, sizePx);
  const cropPerPx = set.facePx / faceSidePx(person.rest.landmarks);
  const error = (picked: readonly number[]): number =>
    cropPerPx * meanDistance(drawnLandmarks(renderer, vertices, picked), truth.landmarks, picked);
  const moved = truth.landmarks.map((value, k) => value - person.rest.landmarks[k]!);
  const motion = (picked: readonly number[]): number =>
    cropPerPx * meanDistance(drawnMotion(renderer, vertices, picked), moved, picked);
  const still = (picked: readonly number[]): number =>
    cropPerPx * meanDistance(pointsOf(person.rest.landmarks, picked), truth.landmarks, picked);
  const opening = drawnOpening(renderer, data);
  const [own, should, source] = [rendered, truth.i420, person.rest.i420].map((i420): Luma => ({
    width: sizePx,
    height: sizePx,
    values: i420.subarray(0, sizePx * sizePx),
  })) as [Luma, Luma, Luma];
  const drawnMask = polygonMask(opening, sizePx, sizePx);
  const trueMask = truth.inside.map((covered) => (covered > 127 ? 1 : 0));
  const inside = density(own, shrink(drawnMask, sizePx, sizePx, 1));
  const trueInside = density(should, shrink(trueMask, sizePx, sizePx, 1));
  // Skin: what the patch has fully drawn, clear of both openings.
  const open = shrink(
    drawnMask.map((m, k) => m | trueMask[k]!),
    sizePx,
    sizePx,
    -4,
  );
  const skin = shrink(
    alpha.map((a, k) => (a === 255 && open[k] === 0 ? 1 : 0)),
    sizePx,
    sizePx,
    1,
  );
  const rim = rimSteps(source, own, alpha);
  const score: PictureScore = {
    person: person.name,
    shape: truth.shape,
    lipErrorPx: error(LIP_LANDMARKS),
    jawErrorPx: error(JAW_LANDMARKS),
    lipMotionErrorPx: motion(LIP_LANDMARKS),
    jawMotionErrorPx: motion(JAW_LANDMARKS),
    lipStillErrorPx: still(LIP_LANDMARKS),
    jawStillErrorPx: still(JAW_LANDMARKS),
    isOpen: truth.insideAreaPx2 * cropPerPx ** 2 > CLOSED_SHARE * set.facePx ** 2,
    openingPx2: polygonArea(opening) * cropPerPx ** 2,
    trueOpeningPx2: truth.lipPolygonAreaPx2 * cropPerPx ** 2,
    trueInsidePx2: truth.insideAreaPx2 * cropPerPx ** 2,
    insideTexture: inside,
    trueInsideTexture: trueInside,
    skinTexture: density(own, skin),
    trueSkinTexture: density(should, skin),
    outsideMaximum: outsideMaximum(person.rest.i420, rendered, sizePx, patch),
    seamRatio: rim.after / rim.before,
    ssim: similarity(own, should, mouthBox(truth, person.rest, sizePx)),
  };
  return { score, truth, rendered };
}

function density(luma: Luma, mask: Uint8Array): number {
  const { energy, pixels } = fineStructure(luma, mask);
  return pixels === 0 ? 0 : energy / pixels;
}

/** Longer side of the box of a face's landmarks. */
function faceSidePx(landmarks: Float32Array): number {
  const { width, height } = faceBox(landmarks);
  return Math.max(width, height);
}

/** Rectangle around the lips at rest and while speaking, with a margin of a tenth of the mouth's width. */
function mouthBox(truth: TruePicture, rest: TruePicture, sizePx: number) {
  const xs: number[] = [];
  const ys: number[] = [];
  for (const { landmarks } of [truth, rest]) {
    for (const k of LIPS_OUTER) {
      xs.push(landmarks[k * 3]!);
      ys.push(landmarks[k * 3 + 1]!);
    }
  }
  const margin = 0.1 * (Math.max(...xs) - Math.min(...xs));
  const x = Math.max(0, Math.floor(Math.min(...xs) - margin));
  const y = Math.max(0, Math.floor(Math.min(...ys) - margin));
  return {
    x,
    y,
    width: Math.min(sizePx, Math.ceil(Math.max(...xs) + margin)) - x,
    height: Math.min(sizePx, Math.ceil(Math.max(...ys) + margin)) - y,
  };
}
