/**
 * Mouth parameters → displacement of the face mesh in frame px.
 * displacement = scale · R · Σ parameter · shape, then lips that would cross are sealed at their middle.
 */
import { ChinSkin } from './chin-skin.ts';
import { POSE_SCALE } from './pose-fit.ts';
import {
  FACE_LANDMARKS,
  LIP_LINE_POINTS,
  STENCIL_TAPS,
  type RendererData,
} from './renderer-data.ts';

/** Middle point of the lip lines. */
const MIDDLE = (LIP_LINE_POINTS - 1) / 2;

/** Own opening of a mouth that still counts as closed, dm: landmarks of closed lips are that far apart. */
export const CLOSED_GAP_DM = 0.012;

/** Landmarks of open lips lie up to this part of the mouth's width inside the opening, on teeth and shadow … */
const RIM_PART = 0.042;
/** … where it is at least this wide; in narrower places less. */
const RIM_FULL_GAP_PART = 0.07;

/** mouthClose needed to shut an opening of 1 dm between the middles of the lips. */
export function closeWeightPerDm(data: RendererData): number {
  const from = data.parameterNames.indexOf('mouthClose') * data.restFace.length;
  const heightOf = (landmark: number): number => data.shapes[from + landmark * 3 + 1]!;
  return 1 / (heightOf(data.lowerLip[MIDDLE]!) - heightOf(data.upperLip[MIDDLE]!));
}

/** The fine mesh of one frame: where its vertices are, and how far the mouth moves them. All buffers are reused. */
export class FaceBasis {
  /** Fine vertices in frame px. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Displacement of the fine vertices in px. */
  readonly dx: Float32Array;
  readonly dy: Float32Array;
  /** Largest displacement of an inner lip point, px. */
  lipTravelPx = 0;

  readonly #data: RendererData;
  readonly #coarseX: Float32Array;
  readonly #coarseY: Float32Array;
  readonly #coarseDx: Float32Array;
  readonly #coarseDy: Float32Array;
  /** Landmarks any shape moves; the others keep displacement 0. */
  readonly #moving: Uint16Array;
  readonly #close: number;
  readonly #chin: ChinSkin;

  constructor(data: RendererData) {
    this.#data = data;
    this.#chin = new ChinSkin(data);
    this.#close = data.parameterNames.indexOf('mouthClose');
    const coarse = FACE_LANDMARKS + data.ringOf.length;
    const fine = data.taps.length / STENCIL_TAPS;
    this.#coarseX = new Float32Array(coarse);
    this.#coarseY = new Float32Array(coarse);
    this.#coarseDx = new Float32Array(coarse);
    this.#coarseDy = new Float32Array(coarse);
    this.x = new Float32Array(fine);
    this.y = new Float32Array(fine);
    this.dx = new Float32Array(fine);
    this.dy = new Float32Array(fine);
    const moving: number[] = [];
    const stride = FACE_LANDMARKS * 3;
    for (let k = 0; k < FACE_LANDMARKS; k += 1) {
      for (let at = k * 3; at < data.shapes.length; at += stride) {
        if (data.shapes[at] !== 0 || data.shapes[at + 1] !== 0 || data.shapes[at + 2] !== 0) {
          moving.push(k);
          break;
        }
      }
    }
    this.#moving = Uint16Array.from(moving);
  }

  /** Take over the landmarks (x, y, z in px) that start at `landmarks[from]`. */
  setLandmarks(landmarks: Float32Array, from: number): void {
    const { ringOf, ringReach, upperLip } = this.#data;
    const cx = this.#coarseX;
    const cy = this.#coarseY;
    for (let k = 0; k < FACE_LANDMARKS; k += 1) {
      cx[k] = landmarks[from + k * 3]!;
      cy[k] = landmarks[from + k * 3 + 1]!;
    }
    this.#leaveRim();
    const anchor = upperLip[MIDDLE]!;
    for (let k = 0; k < ringOf.length; k += 1) {
      const of = ringOf[k]!;
      const reach = ringReach[k]!;
      cx[FACE_LANDMARKS + k] = cx[of]! + (cx[of]! - cx[anchor]!) * reach;
      cy[FACE_LANDMARKS + k] = cy[of]! + (cy[of]! - cy[anchor]!) * reach;
    }
    this.#chin.measure(cx, cy);
    this.#refine(cx, this.x);
    this.#refine(cy, this.y);
  }

  /**
   * Set the displacement for `weights` (0–1, parameters then extra shapes, already scaled by strength and ratio).
   * A source whose own mouth is open is shut as far as `ratio` says: `shut` is added to mouthClose, which moves lips
   * and chin, and what then remains open point by point is closed on the lip line. `pose` holds the pose at `poseAt`.
   */
  displace(
    weights: Float32Array,
    shut: number,
    ratio: number,
    pose: Float32Array,
    poseAt: number,
  ): void {
    weights[this.#close]! += shut;
    const { shapes, ringOf, ringGain } = this.#data;
    const stride = FACE_LANDMARKS * 3;
    const scale = pose[poseAt + POSE_SCALE]!;
    const xx = scale * pose[poseAt]!;
    const xy = scale * pose[poseAt + 1]!;
    const xz = scale * pose[poseAt + 2]!;
    const yx = -scale * pose[poseAt + 3]!;
    const yy = -scale * pose[poseAt + 4]!;
    const yz = -scale * pose[poseAt + 5]!;
    const cdx = this.#coarseDx;
    const cdy = this.#coarseDy;
    const moving = this.#moving;
    for (let i = 0; i < moving.length; i += 1) {
      const k = moving[i]!;
      let ax = 0;
      let ay = 0;
      let az = 0;
      for (let p = 0, at = k * 3; p < weights.length; p += 1, at += stride) {
        const w = weights[p]!;
        if (w === 0) continue;
        ax += w * shapes[at]!;
        ay += w * shapes[at + 1]!;
        az += w * shapes[at + 2]!;
      }
      cdx[k] = xx * ax + xy * ay + xz * az;
      cdy[k] = yx * ax + yy * ay + yz * az;
    }
    this.#sealLips(shut, ratio, pose, poseAt);
    this.#chin.relax(cdx, cdy);
    for (let k = 0; k < ringOf.length; k += 1) {
      cdx[FACE_LANDMARKS + k] = cdx[ringOf[k]!]! * ringGain[k]!;
      cdy[FACE_LANDMARKS + k] = cdy[ringOf[k]!]! * ringGain[k]!;
    }
    this.#refine(cdx, this.dx);
    this.#refine(cdy, this.dy);
  }

  /** Opening between the middles of the undisplaced lips along the face's up direction, px. */
  sourceGapPx(pose: Float32Array, poseAt: number): number {
    const { upperLip, lowerLip } = this.#data;
    const u = upperLip[MIDDLE]!;
    const l = lowerLip[MIDDLE]!;
    const length = Math.hypot(pose[poseAt + 1]!, pose[poseAt + 4]!);
    const ux = pose[poseAt + 1]! / length;
    const uy = -pose[poseAt + 4]! / length;
    return (
      (this.#coarseX[u]! - this.#coarseX[l]!) * ux + (this.#coarseY[u]! - this.#coarseY[l]!) * uy
    );
  }

  /** Move the lip line of an open mouth from the rim of the opening onto the lips, so that shut lips show no teeth. */
  #leaveRim(): void {
    const { upperLip, lowerLip } = this.#data;
    const cx = this.#coarseX;
    const cy = this.#coarseY;
    const right = upperLip[0]!;
    const left = upperLip[LIP_LINE_POINTS - 1]!;
    const width = Math.hypot(cx[left]! - cx[right]!, cy[left]! - cy[right]!);
    for (let k = 1; k < LIP_LINE_POINTS - 1; k += 1) {
      const u = upperLip[k]!;
      const l = lowerLip[k]!;
      const x = cx[l]! - cx[u]!;
      const y = cy[l]! - cy[u]!;
      const gap = Math.hypot(x, y);
      // Closed lips keep their line: their landmarks are a hundredth of the width apart.
      const open = Math.min(1, Math.max(0, (gap / width - 0.015) / RIM_FULL_GAP_PART));
      if (open === 0) continue;
      const shift = (RIM_PART * width * open) / gap;
      cx[u]! -= x * shift;
      cy[u]! -= y * shift;
      cx[l]! += x * shift;
      cy[l]! += y * shift;
    }
  }

  /** Close the source's own opening on the lip line; where lips would cross, both meet in the middle instead. */
  #sealLips(shut: number, ratio: number, pose: Float32Array, poseAt: number): void {
    const { upperLip, lowerLip, shapes } = this.#data;
    const cx = this.#coarseX;
    const cy = this.#coarseY;
    const cdx = this.#coarseDx;
    const cdy = this.#coarseDy;
    const length = Math.hypot(pose[poseAt + 1]!, pose[poseAt + 4]!);
    const ux = pose[poseAt + 1]! / length;
    const uy = -pose[poseAt + 4]! / length;
    const scale = pose[poseAt + POSE_SCALE]!;
    const closeFrom = this.#close * FACE_LANDMARKS * 3 + 1;
    let travel = 0;
    for (let k = 0; k < LIP_LINE_POINTS; k += 1) {
      const u = upperLip[k]!;
      const l = lowerLip[k]!;
      travel = Math.max(travel, cdx[u]! ** 2 + cdy[u]! ** 2, cdx[l]! ** 2 + cdy[l]! ** 2);
      if (u === l) continue;
      const ownGap = (cx[u]! - cx[l]!) * ux + (cy[u]! - cy[l]!) * uy;
      const shutBy = shut * scale * (shapes[closeFrom + l * 3]! - shapes[closeFrom + u * 3]!);
      // Closed lips keep the distance of their landmarks; those of an open mouth have to meet.
      const closed = CLOSED_GAP_DM * scale;
      const kept = closed * Math.min(1, Math.max(0.1, 1.5 - (0.5 * ownGap) / closed));
      const excess = Math.max(0, ownGap - kept) * ratio - shutBy;
      const gap = ownGap + (cdx[u]! - cdx[l]!) * ux + (cdy[u]! - cdy[l]!) * uy - excess;
      // Negative: the lips would cross by that much.
      const half = (excess + Math.min(0, gap)) / 2;
      cdx[u]! -= half * ux;
      cdy[u]! -= half * uy;
      cdx[l]! += half * ux;
      cdy[l]! += half * uy;
    }
    this.lipTravelPx = Math.sqrt(travel);
  }

  /** Fine values = weighted coarse values. */
  #refine(coarse: Float32Array, fine: Float32Array): void {
    const { taps, tapWeights } = this.#data;
    for (let k = 0, at = 0; k < fine.length; k += 1, at += STENCIL_TAPS) {
      let sum = 0;
      for (let tap = at; tap < at + STENCIL_TAPS; tap += 1) {
        const w = tapWeights[tap]!;
        if (w === 0) break;
        sum += w * coarse[taps[tap]!]!;
      }
      fine[k] = sum;
    }
  }
}
