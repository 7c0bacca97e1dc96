/**
 * The `lite` pack's renderer: mouth parameters → a patch of the avatar's own pixels, warped on the face mesh, with a
 * 3-D mouth interior in the opening. One instance per avatar and thread; nothing is allocated once buffers have grown.
 */
import type { FaceTrack, FrameStore, PackAvatarSettings, Patch } from '../pipeline/model-pack.ts';
import { LANDMARK_COUNT } from '../pipeline/model-pack.ts';
import { CLOSED_GAP_DM, closeWeightPerDm, FaceBasis } from './face-basis.ts';
import { HoleMask } from './hole-mask.ts';
import {
  FRAME_GAP,
  FRAME_LENGTH,
  FRAME_LIGHT,
  FRAME_LIPS,
  FRAME_MOUTH_WIDTH,
  FRAME_VISIBILITY,
  HEAD_LENGTH,
  readPrepared,
} from './lite-prepare.ts';
import { MeshWarp } from './mesh-warp.ts';
import { MouthInterior, type MouthView } from './mouth-interior.ts';
import { type MouthLook, paintMouth } from './paint-mouth.ts';
import { faceCentre } from './pose-fit.ts';
import type { RendererData } from './renderer-data.ts';
import { type OpenRegion, RegionCache } from './region-cache.ts';
import { SkinShade } from './skin-shade.ts';

export { prepareLite } from './lite-prepare.ts';

/** What a renderer is made of; the arrays are shared and only read. */
export type LiteRendererParts = {
  readonly data: RendererData;
  readonly frames: FrameStore;
  readonly track: FaceTrack;
  readonly packData: Uint8Array;
  readonly settings: PackAvatarSettings;
};

const DM_PER_MM = 0.01;
/** Colour of the teeth in renderer.bin. */
const OWN_TEETH = [226, 216, 198] as const;

/** Opening in the middle as a part of the mouth's width up to which lips count as closed, and from which all is shown. */
const SHUT_PART = 0.05;
const SHOWN_PART = 0.075;

/** Thickness of the line between closed lips, px. */
const SEAM_PX = 1.2;
/** Mouths narrower than this are drawn with 2 × 2 samples per pixel. */
const FINE_MOUTH_PX = 180;

/** Renders the mouth of one avatar. */
export class LiteRenderer {
  readonly #data: RendererData;
  readonly #track: FaceTrack;
  readonly #prepared: Float32Array;
  readonly #strength: number;
  readonly #smile: number;
  readonly #view: MouthView;
  readonly #look: { -readonly [K in keyof MouthLook]: MouthLook[K] };
  readonly #limit = { width: 0, height: 0, marginPx: 2 };
  readonly #basis: FaceBasis;
  readonly #warp: MeshWarp;
  readonly #hole = new HoleMask();
  readonly #interior: MouthInterior;
  readonly #shade: SkinShade;
  readonly #regions: RegionCache;
  readonly #weights: Float32Array;
  readonly #holeX: Float32Array;
  readonly #holeY: Float32Array;
  readonly #patch: { -readonly [K in keyof Patch]: Patch[K] };
  readonly #jaw: number;
  readonly #tongue: number;
  readonly #pucker: number;
  readonly #funnel: number;
  /** Weight of mouthSmile; mouthFrown is the next one. */
  readonly #smileAt: number;
  /** mouthClose that shuts an opening of 1 dm. */
  readonly #closePerDm: number;
  #landmarksOf = -1;
  #holeAreaPx = 0;

  /** @throws AvatarError BUNDLE_INVALID when packData belongs to other frames */
  constructor(parts: LiteRendererParts) {
    const { data, frames, track, packData, settings } = parts;
    this.#data = data;
    this.#track = track;
    this.#strength = settings.strengthRatio;
    this.#smile = settings.smileRatio ?? 0;
    this.#prepared = readPrepared(packData, frames);
    this.#view = {
      pose: this.#prepared,
      poseAt: 0,
      centre: faceCentre(data),
      placement: {
        offsetX: this.#prepared[4]!,
        offsetY: this.#prepared[5]! + (settings.teethOffsetMm ?? 0) * DM_PER_MM,
        offsetZ: this.#prepared[6]!,
        archScale: this.#prepared[7]!,
      },
      jaw: 0,
      tongue: 0,
      samples: 1,
    };
    this.#look = {
      samples: 1,
      strength: 0,
      light: 0,
      lips: this.#prepared,
      lipsAt: 0,
      upX: 0,
      upY: 0,
      shadowPx: 0,
      reveal: 0,
      ownOpen: 0,
      recess: 0,
    };
    this.#basis = new FaceBasis(data);
    const fine = this.#basis.x.length;
    this.#warp = new MeshWarp(data.meshTriangles, data.fanTriangleCount, fine);
    this.#interior = new MouthInterior(data, toothTint(settings.teethColour));
    this.#shade = new SkinShade(data);
    this.#regions = new RegionCache(frames);
    this.#weights = new Float32Array(data.parameterNames.length + data.extraShapeNames.length);
    this.#holeX = new Float32Array(fine);
    this.#holeY = new Float32Array(fine);
    this.#patch = {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      rgb: new Uint8Array(0),
      alpha: new Uint8Array(0),
    };
    this.#jaw = data.parameterNames.indexOf('jawOpen');
    this.#tongue = data.parameterNames.indexOf('tongueUp');
    this.#pucker = data.parameterNames.indexOf('mouthPucker');
    this.#funnel = data.parameterNames.indexOf('mouthFunnel');
    this.#smileAt = data.parameterNames.length;
    this.#closePerDm = closeWeightPerDm(data);
  }

  /** Area of the opening in the latest patch, px², without the seam of closed lips. */
  get holeAreaPx(): number {
    return this.#holeAreaPx;
  }

  /** The fine mesh of the latest patch: vertices in frame px and how far the mouth has moved them. For evaluation. */
  get mesh(): Readonly<Pick<FaceBasis, 'x' | 'y' | 'dx' | 'dy'>> {
    return this.#basis;
  }

  /**
   * Draw the mouth of frame `sourceFrame` for parameters (0–1, in the order of the data), scaled by `speechRatio`
   * (0 = the frame as it is, 1 = fully driven). Null where there is nothing to draw. The patch's buffers are valid
   * until the next call.
   */
  render(sourceFrame: number, parameters: Float32Array, speechRatio: number): Patch | null {
    const prepared = this.#prepared;
    const at = HEAD_LENGTH + sourceFrame * FRAME_LENGTH;
    this.#holeAreaPx = 0;
    const ratio = speechRatio * (prepared[at + FRAME_VISIBILITY] ?? 0);
    if (!(ratio > 0)) return null;
    if (this.#landmarksOf !== sourceFrame) {
      this.#basis.setLandmarks(this.#track.landmarks, sourceFrame * LANDMARK_COUNT * 3);
      this.#landmarksOf = sourceFrame;
    }
    const weights = this.#weights;
    weights.fill(0);
    for (let k = 0; k < this.#data.parameterNames.length; k += 1) {
      weights[k] = Math.min(1.2, Math.max(0, parameters[k]! * this.#strength)) * ratio;
    }
    // Rounded lips leave no room for a smile.
    const smile = this.#smile * ratio * Math.max(0, 1 - 0.6 * weights[this.#pucker]!);
    weights[smile > 0 ? this.#smileAt : this.#smileAt + 1] = Math.abs(smile);
    const jaw = weights[this.#jaw]!;
    // An avatar whose own mouth is open is shut first, then driven like any other.
    const openDm = Math.max(0, prepared[at + FRAME_GAP]! - CLOSED_GAP_DM);
    this.#basis.displace(weights, openDm * this.#closePerDm * ratio, ratio, prepared, at);
    const region = this.#regions.open(sourceFrame, this.#basis);
    if (region === null) return null;
    this.#warp.draw(this.#basis, region);
    this.#shade.draw(weights, this.#basis, region);
    this.#drawMouth(at, jaw, region);
    const patch = this.#patch;
    patch.x = region.region.x;
    patch.y = region.region.y;
    patch.width = region.region.width;
    patch.height = region.region.height;
    patch.rgb = region.rgb;
    patch.alpha = region.alpha;
    return patch;
  }

  #drawMouth(at: number, jaw: number, target: OpenRegion): void {
    const prepared = this.#prepared;
    const { x, y, dx, dy } = this.#basis;
    const { region } = target;
    const loop = this.#data.lipLoop;
    // Closed lips keep a seam of SEAM_PX, so that their line stays smooth; the upper half of the loop comes first.
    const half = (loop.length - 1) >> 1;
    const upScale = SEAM_PX / 2 / Math.hypot(prepared[at + 1]!, prepared[at + 4]!);
    for (let k = 0; k < loop.length - 1; k += 1) {
      const v = loop[k]!;
      const side = k === 0 || k === half ? 0 : k < half ? upScale : -upScale;
      this.#holeX[v] = x[v]! + dx[v]! - region.x + side * prepared[at + 1]!;
      this.#holeY[v] = y[v]! + dy[v]! - region.y - side * prepared[at + 4]!;
    }
    this.#holeAreaPx = loopAreaPx(loop, this.#basis);
    const mouthWidthPx = prepared[at + FRAME_MOUTH_WIDTH]!;
    const radius = Math.max(1, Math.round(mouthWidthPx * 0.026));
    this.#limit.width = region.width;
    this.#limit.height = region.height;
    if (!this.#hole.draw(loop, this.#holeX, this.#holeY, this.#limit)) return;
    this.#hole.blur(radius);
    const samples = mouthWidthPx < FINE_MOUTH_PX ? 2 : 1;
    const view = this.#view;
    view.poseAt = at;
    view.jaw = jaw;
    view.tongue = this.#weights[this.#tongue]!;
    view.samples = samples;
    this.#interior.draw(view, this.#hole.bounds, region);
    const look = this.#look;
    look.samples = samples;
    // The interior appears as the lips start to move, so the first frame of speech does not pop.
    look.strength = Math.min(1, this.#basis.lipTravelPx / (0.03 * mouthWidthPx));
    const gapPart = this.#middleGapPx(loop) / mouthWidthPx;
    look.reveal = Math.min(1, Math.max(0, (gapPart - SHUT_PART) / (SHOWN_PART - SHUT_PART)));
    look.ownOpen = Math.min(1, Math.max(0, prepared[at + FRAME_GAP]! - CLOSED_GAP_DM) / 0.03);
    look.light = prepared[at + FRAME_LIGHT]!;
    look.lipsAt = at + FRAME_LIPS;
    look.upX = prepared[at + 1]!;
    look.upY = -prepared[at + 4]!;
    look.shadowPx = 0.03 * mouthWidthPx;
    look.recess = Math.min(
      1,
      0.8 * this.#weights[this.#pucker]! + 0.5 * this.#weights[this.#funnel]!,
    );
    paintMouth(target, this.#hole, this.#interior, look);
  }

  /** Distance between the middles of the drawn lips. */
  #middleGapPx(loop: Uint16Array): number {
    const { x, y, dx, dy } = this.#basis;
    const quarter = (loop.length - 1) >> 2;
    const upper = loop[quarter]!;
    const lower = loop[3 * quarter]!;
    return Math.hypot(
      x[upper]! + dx[upper]! - x[lower]! - dx[lower]!,
      y[upper]! + dy[upper]! - y[lower]! - dy[lower]!,
    );
  }
}

/** Area of the displaced polygon of fine vertices `loop`, px². */
function loopAreaPx(loop: Uint16Array, basis: FaceBasis): number {
  const { x, y, dx, dy } = basis;
  let doubled = 0;
  for (let k = 1; k < loop.length; k += 1) {
    const a = loop[k - 1]!;
    const b = loop[k]!;
    doubled += (x[a]! + dx[a]!) * (y[b]! + dy[b]!) - (x[b]! + dx[b]!) * (y[a]! + dy[a]!);
  }
  return Math.abs(doubled) / 2;
}

/** Factors that turn our teeth into `colour` (#rrggbb); none for undefined. */
function toothTint(colour: string | undefined): [number, number, number] {
  const value = colour === undefined ? null : Number.parseInt(colour.slice(1), 16);
  if (value === null || Number.isNaN(value)) return [1, 1, 1];
  return [
    (value >> 16) / OWN_TEETH[0],
    ((value >> 8) & 255) / OWN_TEETH[1],
    (value & 255) / OWN_TEETH[2],
  ];
}
