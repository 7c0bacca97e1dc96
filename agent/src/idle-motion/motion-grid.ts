/** The displacement of a whole frame for a pose: a weighted sum per node of a coarse grid. */
import type { HeadGeometry } from './head-geometry.ts';
import type { IdlePose, PoseLimits } from './idle-pose.ts';
import { CELL_PX, type MotionWeights } from './motion-weights.ts';

/** The neck's base, about which the head rolls, in face heights below the middle of the face. */
const PIVOT_DROP = 0.85;
/** Difference of two neighbouring nodes per px that looks like rubber, and the share of the largest pose it is measured at. */
const MAX_STRAIN = 0.16;
const USUAL_SHARE = 0.6;

/** Pixels are moved by no more than this: a cell less the reach of the kernel that moves them. */
export const MAX_DISPLACEMENT_PX = CELL_PX - 4;

/** See the head of this file. */
export class MotionGrid {
  readonly columns: number;
  readonly rows: number;
  /** Per cell between four nodes: 1 where pixels are moved, 0 where they stand still. */
  readonly isMoving: Uint8Array;
  /** Where a pixel of the output comes from, relative to itself, px, per node. Filled by `moveTo`. */
  readonly dx: Float32Array;
  readonly dy: Float32Array;
  readonly #weights: MotionWeights;
  readonly #faceWidthPx: number;
  readonly #pivotX: number;
  readonly #pivotY: number;
  #headRatio = 1;

  /** `isMoving`: cells of weights.isMoving, or fewer. `limits`: the largest poses that will be asked for. */
  constructor(
    weights: MotionWeights,
    geometry: HeadGeometry,
    limits: PoseLimits,
    isMoving: Uint8Array,
  ) {
    const { faceWidthPx, faceHeightPx, centreX, centreY, cosRoll, sinRoll } = geometry;
    this.columns = weights.columns;
    this.rows = weights.rows;
    this.isMoving = isMoving;
    this.dx = new Float32Array(weights.head.length);
    this.dy = new Float32Array(weights.head.length);
    this.#weights = weights;
    this.#faceWidthPx = faceWidthPx;
    this.#pivotX = centreX - sinRoll * PIVOT_DROP * faceHeightPx;
    this.#pivotY = centreY + cosRoll * PIVOT_DROP * faceHeightPx;
    const { strain, distancePx } = this.#usualPose(limits);
    this.#headRatio = Math.min(1, MAX_STRAIN / strain, MAX_DISPLACEMENT_PX / distancePx);
  }

  /** Share of the head's motion that this picture bears, 0–1: a head at the edge of the frame or a very large one moves less. */
  get headRatio(): number {
    return this.#headRatio;
  }

  /** Set dx and dy for a pose. Allocates nothing. */
  moveTo(pose: Readonly<IdlePose>): void {
    const { head, depth, torso, breath, brow } = this.#weights;
    const swayX = this.#headRatio * pose.swayX * this.#faceWidthPx;
    const swayY = this.#headRatio * pose.swayY * this.#faceWidthPx;
    const roll = this.#headRatio * pose.roll;
    const yaw = this.#headRatio * pose.yaw;
    const pitch = this.#headRatio * pose.pitch;
    const rise = pose.breath * this.#faceWidthPx;
    const raise = pose.brow * this.#faceWidthPx;
    // Small angles; what a pixel shows comes from the other side of its displacement. All arrays have a value per node.
    for (let node = 0; node < head.length; node += 1) {
      const x = (node % this.columns) * CELL_PX - this.#pivotX;
      const y = Math.floor(node / this.columns) * CELL_PX - this.#pivotY;
      const inHead = head[node]!;
      const nearer = depth[node]!;
      this.dx[node] = -(inHead * (swayX - roll * y) + torso[node]! * swayX + nearer * yaw);
      this.dy[node] =
        breath[node]! * rise + brow[node]! * raise - (inHead * (swayY + roll * x) + nearer * pitch);
    }
  }

  /** Largest change of displacement per px along the sides of moving cells, and its largest part, in a large but usual pose. */
  #usualPose(limits: PoseLimits): { strain: number; distancePx: number } {
    let largest = 0;
    let distancePx = 0;
    for (const side of [USUAL_SHARE, -USUAL_SHARE]) {
      this.moveTo({
        swayX: USUAL_SHARE * limits.swayX,
        swayY: USUAL_SHARE * limits.swayY,
        roll: side * limits.roll,
        yaw: side * limits.yaw,
        pitch: USUAL_SHARE * limits.pitch,
        breath: 0,
        brow: 0,
      });
      for (let cell = 0; cell < this.isMoving.length; cell += 1) {
        if (this.isMoving[cell] === 0) continue;
        const node = cell + Math.floor(cell / (this.columns - 1));
        largest = Math.max(
          largest,
          this.#change(node, node + 1),
          this.#change(node, node + this.columns),
        );
        distancePx = Math.max(distancePx, Math.abs(this.dx[node]!), Math.abs(this.dy[node]!)); // nodes of one cell
      }
    }
    return { strain: largest / CELL_PX, distancePx };
  }

  #change(from: number, to: number): number {
    return Math.hypot(this.dx[to]! - this.dx[from]!, this.dy[to]! - this.dy[from]!); // nodes of one cell
  }
}
