/**
 * The `lite` pack's renderer: mouth parameters → a patch of the avatar's own pixels, warped on the face mesh, with a
 * 3-D mouth interior in the opening. One instance per avatar and thread; nothing is allocated once buffers have grown.
 */
import type { FaceTrack, FrameStore, PackAvatarSettings, Patch } from '../pipeline/model-pack.ts';
import { LANDMARK_COUNT } from '../pipeline/model-pack.ts';
import { eyeLight } from './eye-light.ts';
import { CLOSED_GAP_DM, closeWeightPerDm, FaceBasis } from './face-basis.ts';
import {
  FRAME_GAP,
  FRAME_LENGTH,
  FRAME_VISIBILITY,
  HEAD_LENGTH,
  readPrepared,
} from './lite-prepare.ts';
import { MeshWarp } from './mesh-warp.ts';
import { MouthOpening } from './mouth-opening.ts';
import { shutRatios } from './own-opening.ts';
import { RegionCache } from './region-cache.ts';
import type { RendererData } from './renderer-data.ts';
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

/** Renders the mouth of one avatar. */
export class LiteRenderer {
  readonly #data: RendererData;
  readonly #track: FaceTrack;
  readonly #prepared: Float32Array;
  readonly #strength: number;
  readonly #smile: number;
  readonly #basis: FaceBasis;
  readonly #warp: MeshWarp;
  readonly #opening: MouthOpening;
  readonly #shade: SkinShade;
  readonly #regions: RegionCache;
  readonly #weights: Float32Array;
  readonly #patch: { -readonly [K in keyof Patch]: Patch[K] };
  readonly #pucker: number;
  /** Weight of mouthSmile; mouthFrown is the next one. */
  readonly #smileAt: number;
  /** mouthClose that shuts an opening of 1 dm. */
  readonly #closePerDm: number;
  /** How far each frame's own mouth is shut at rest, 0–1. */
  readonly #shut: Float32Array;
  #restOfStill: Patch | null = null;
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
    this.#shut = shutRatios(
      Float32Array.from(
        { length: frames.frameCount },
        (_, frame) => this.#prepared[HEAD_LENGTH + frame * FRAME_LENGTH + FRAME_GAP]!,
      ),
    );
    this.#basis = new FaceBasis(data);
    // The mean face looks at the viewer; its y is up.
    this.#basis.setLandmarks(
      data.restFace.map((value, k) => (k % 3 === 1 ? -value : value)),
      0,
    );
    this.#warp = new MeshWarp(data.meshTriangles, data.fanTriangleCount, this.#basis);
    this.#opening = new MouthOpening(data, this.#prepared, settings, eyeLight(frames, track));
    this.#shade = new SkinShade(data);
    this.#regions = new RegionCache(frames);
    this.#weights = new Float32Array(data.parameterNames.length + data.extraShapeNames.length);
    this.#patch = {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      rgb: new Uint8Array(0),
      alpha: new Uint8Array(0),
    };
    this.#pucker = data.parameterNames.indexOf('mouthPucker');
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
   * (0 = the mouth at rest, 1 = fully driven). Null where there is nothing to draw. The patch's buffers are valid
   * until the next call.
   */
  render(sourceFrame: number, parameters: Float32Array, speechRatio: number): Patch | null {
    this.#holeAreaPx = 0;
    const ratio = speechRatio * this.#visibility(sourceFrame);
    if (!(ratio > 0)) return null;
    const weights = this.#weights;
    weights.fill(0);
    for (let k = 0; k < this.#data.parameterNames.length; k += 1) {
      weights[k] = Math.min(1.2, Math.max(0, parameters[k]! * this.#strength)) * ratio;
    }
    // Rounded lips leave no room for a smile.
    const smile = this.#smile * ratio * Math.max(0, 1 - 0.6 * weights[this.#pucker]!);
    weights[smile > 0 ? this.#smileAt : this.#smileAt + 1] = Math.abs(smile);
    return this.#draw(sourceFrame, ratio);
  }

  /**
   * The mouth of frame `sourceFrame` at rest: shut lips where the source's own are open, else null. It is what `render`
   * comes to as the speech ratio goes to 0. The patch of a still is drawn once; others are valid until the next call.
   */
  resting(sourceFrame: number): Patch | null {
    if (this.#restOfStill !== null) return this.#restOfStill;
    if (!(this.#shut[sourceFrame]! > 0) || this.#visibility(sourceFrame) === 0) return null;
    this.#weights.fill(0);
    const patch = this.#draw(sourceFrame, 0);
    if (patch === null || this.#shut.length > 1) return patch;
    this.#restOfStill = { ...patch, rgb: patch.rgb.slice(), alpha: patch.alpha.slice() };
    return this.#restOfStill;
  }

  #visibility(sourceFrame: number): number {
    return this.#prepared[HEAD_LENGTH + sourceFrame * FRAME_LENGTH + FRAME_VISIBILITY] ?? 0;
  }

  /** Draw `#weights`, which are scaled by `ratio` already. */
  #draw(sourceFrame: number, ratio: number): Patch | null {
    const prepared = this.#prepared;
    const at = HEAD_LENGTH + sourceFrame * FRAME_LENGTH;
    if (this.#landmarksOf !== sourceFrame) {
      this.#basis.setLandmarks(this.#track.landmarks, sourceFrame * LANDMARK_COUNT * 3);
      this.#landmarksOf = sourceFrame;
    }
    const weights = this.#weights;
    // An avatar whose own mouth is open is shut first, then driven like any other; it stays shut when speech ends.
    const openDm = Math.max(0, prepared[at + FRAME_GAP]! - CLOSED_GAP_DM);
    const atRest = this.#shut[sourceFrame]! * prepared[at + FRAME_VISIBILITY]!;
    const shut = Math.max(ratio, atRest);
    this.#basis.displace(weights, openDm * this.#closePerDm * shut, shut, prepared, at);
    const region = this.#regions.open(sourceFrame, this.#basis);
    if (region === null) return null;
    this.#warp.draw(this.#basis, region);
    this.#shade.draw(weights, this.#basis, region);
    this.#holeAreaPx = loopAreaPx(this.#data.lipLoop, this.#basis);
    this.#opening.draw(at, weights, this.#basis, region);
    const patch = this.#patch;
    patch.x = region.region.x;
    patch.y = region.region.y;
    patch.width = region.region.width;
    patch.height = region.region.height;
    patch.rgb = region.rgb;
    patch.alpha = region.alpha;
    return patch;
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
