/**
 * The skin between lower lip and jaw line gives way evenly. The shapes were measured on a mean face; on a face whose
 * lip or chin is shorter the same movements would squeeze one row of triangles until it folds, which shows as steps
 * along the lip; the red between the lines of the lips likewise. A few rounds of relaxation with the avatar's own distances spread the difference instead.
 */
import { FACE_LANDMARKS, type RendererData } from './renderer-data.ts';

/** Rounds per frame: enough, as the shapes are relaxed already for the mean face. */
const ROUNDS = 12;
/** Distances below this part of the chin's height count as this: their weight would grow without bound. */
const SHORTEST = 0.05;

/** Skin nearer to lip or jaw line than this part of the chin's height goes with it … */
const HOLD_REACH = 0.25;
/** … by this much more than the skin between: without it the movement ends in a crease along the lip. */
const HOLD = 4;

/** Edges of the red, and the jaw line: what skin and red hang on, as do the lines of the lips. */
const EDGES = [
  61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409, 58, 172, 136, 150, 149,
  176, 148, 152, 377, 400, 378, 379, 365, 397, 288,
] as const; // prettier-ignore
const TOP = 17;
const BOTTOM = 152;

export class ChinSkin {
  readonly #edges: readonly number[];
  readonly #chin: Uint16Array;
  readonly #start: Uint16Array;
  readonly #neighbours: Uint16Array;
  /** Share of each neighbour, per vertex adding up to 1. */
  readonly #shares: Float32Array;
  /** Distance of every landmark to the nearest edge, px; only those of `chin` and their neighbours are filled. */
  readonly #fromEdge: Float32Array;

  constructor(data: RendererData) {
    this.#edges = [...EDGES, ...data.upperLip, ...data.lowerLip];
    this.#chin = data.chin;
    this.#start = data.chinStart;
    this.#neighbours = data.chinNeighbours;
    this.#shares = new Float32Array(data.chinNeighbours.length);
    this.#fromEdge = new Float32Array(FACE_LANDMARKS);
  }

  /** Take over the distances of the face whose landmarks lie at (x, y) in px. */
  measure(x: Float32Array, y: Float32Array): void {
    const chin = this.#chin;
    const neighbours = this.#neighbours;
    const height = Math.hypot(x[TOP]! - x[BOTTOM]!, y[TOP]! - y[BOTTOM]!);
    const shortest = (SHORTEST * height) ** 2 + 1e-9;
    const reach = HOLD_REACH * height + 1e-9;
    for (const v of neighbours) this.#fromEdge[v] = edgeDistance(this.#edges, x, y, v);
    for (let k = 0; k < chin.length; k += 1) {
      const v = chin[k]!;
      const from = this.#start[k]!;
      const to = this.#start[k + 1]!;
      let sum = 0;
      for (let i = from; i < to; i += 1) {
        const u = neighbours[i]!;
        const near = (this.#fromEdge[u]! + this.#fromEdge[v]!) / 2 / reach;
        const hold = 1 + HOLD * Math.exp(-near * near);
        const weight = hold / Math.max((x[u]! - x[v]!) ** 2 + (y[u]! - y[v]!) ** 2, shortest);
        this.#shares[i] = weight;
        sum += weight;
      }
      for (let i = from; i < to; i += 1) this.#shares[i]! /= sum;
    }
  }

  /** Relax the displacement (dx, dy) of the chin's landmarks; those of lips and outline stay. */
  relax(dx: Float32Array, dy: Float32Array): void {
    const chin = this.#chin;
    const neighbours = this.#neighbours;
    const shares = this.#shares;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let k = 0; k < chin.length; k += 1) {
        const to = this.#start[k + 1]!;
        let sumX = 0;
        let sumY = 0;
        for (let i = this.#start[k]!; i < to; i += 1) {
          sumX += shares[i]! * dx[neighbours[i]!]!;
          sumY += shares[i]! * dy[neighbours[i]!]!;
        }
        dx[chin[k]!] = sumX;
        dy[chin[k]!] = sumY;
      }
    }
  }
}

function edgeDistance(
  edges: readonly number[],
  x: Float32Array,
  y: Float32Array,
  v: number,
): number {
  let nearest = Infinity;
  for (const edge of edges) {
    nearest = Math.min(nearest, (x[edge]! - x[v]!) ** 2 + (y[edge]! - y[v]!) ** 2);
  }
  return Math.sqrt(nearest);
}
