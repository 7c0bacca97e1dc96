/**
 * Teeth, gums and tongue: a small z-buffer rasteriser with the face's own pose. Upper teeth stay with the skull, lower
 * teeth and tongue follow the jaw. Colours are lit per vertex and interpolated.
 */
import { POSE_ORIGIN, POSE_SCALE } from './pose-fit.ts';
import type { RendererData } from './renderer-data.ts';
import type { HoleBounds } from './hole-mask.ts';

/** Light inside the mouth: from the front and a little above. */
const LIGHT = [0.12, 0.34, 0.93] as const;
const AMBIENT = 0.46;
const DIFFUSE = 0.58;
const GLOSS = 46;

/** Where the avatar's teeth sit compared with the mean face, dm, and how wide the arch is. */
export type MouthPlacement = {
  offsetX: number;
  offsetY: number;
  offsetZ: number;
  archScale: number;
};

/** How the mouth is seen and moved in one frame. */
export type MouthView = {
  /** The frame's pose, at pose[poseAt]. */
  pose: Float32Array;
  poseAt: number;
  /** What the pose maps to its origin (`faceCentre`). */
  centre: Float64Array;
  placement: MouthPlacement;
  /** jawOpen and tongueUp, 0–1. */
  jaw: number;
  tongue: number;
  /** Brightness of teeth and of gums and tongue, factors of their colours. */
  toothGain: number;
  fleshGain: number;
  /** Samples per px and axis. */
  samples: number;
};

/** Colour and depth buffers of the opening, `samples` × as fine as the frame. */
export class MouthInterior {
  /** RGB per sample, 0–255, `width` × `height`; where nothing is drawn `depth` is −Infinity. */
  colour = new Float32Array(0);
  depth = new Float32Array(0);
  width = 0;
  height = 0;

  readonly #data: RendererData;
  readonly #x: Float32Array;
  readonly #y: Float32Array;
  readonly #z: Float32Array;
  readonly #lit: Float32Array;
  readonly #colours: Float32Array;

  /** `toothTint` multiplies the colour of the teeth, RGB. */
  constructor(data: RendererData, toothTint: readonly [number, number, number] = [1, 1, 1]) {
    this.#data = data;
    const count = data.mouthPositions.length / 3;
    this.#colours = Float32Array.from(data.mouthColours, (value, k) =>
      k < data.toothVertexCount * 3 ? Math.min(255, value * toothTint[k % 3]!) : value,
    );
    this.#x = new Float32Array(count);
    this.#y = new Float32Array(count);
    this.#z = new Float32Array(count);
    this.#lit = new Float32Array(count * 3);
  }

  /** Draw what is seen in the rectangle `bounds`, whose px are counted from `origin` in the frame. */
  draw(view: MouthView, bounds: HoleBounds, origin: { x: number; y: number }): void {
    const { samples } = view;
    this.width = bounds.width * samples;
    this.height = bounds.height * samples;
    const size = this.width * this.height;
    if (this.depth.length < size) {
      this.depth = new Float32Array(size);
      this.colour = new Float32Array(size * 3);
    }
    this.depth.fill(-Infinity, 0, size);
    this.#place(view, origin.x + bounds.x, origin.y + bounds.y);
    const triangles = this.#data.mouthTriangles;
    for (let t = 0; t < triangles.length; t += 3) {
      this.#triangle(triangles[t]!, triangles[t + 1]!, triangles[t + 2]!);
    }
  }

  /** Move, turn, project and light all vertices. */
  #place(view: MouthView, left: number, top: number): void {
    const { pose, poseAt: p, centre, placement, jaw, tongue, samples } = view;
    const { mouthPositions, mouthNormals, mouthJaw, mouthTongue, toothVertexCount } = this.#data;
    const mouthColours = this.#colours;
    const scale = pose[p + POSE_SCALE]! * samples;
    const originX = (pose[p + POSE_ORIGIN]! - left) * samples;
    const originY = (-pose[p + POSE_ORIGIN + 1]! - top) * samples;
    for (let k = 0, i = 0; i < mouthPositions.length; k += 1, i += 3) {
      const fx =
        mouthPositions[i]! * placement.archScale +
        jaw * mouthJaw[i]! +
        tongue * mouthTongue[i]! +
        placement.offsetX -
        centre[0]!;
      const fy =
        mouthPositions[i + 1]! +
        jaw * mouthJaw[i + 1]! +
        tongue * mouthTongue[i + 1]! +
        placement.offsetY -
        centre[1]!;
      const fz =
        mouthPositions[i + 2]! +
        jaw * mouthJaw[i + 2]! +
        tongue * mouthTongue[i + 2]! +
        placement.offsetZ -
        centre[2]!;
      this.#x[k] = originX + scale * (pose[p]! * fx + pose[p + 1]! * fy + pose[p + 2]! * fz);
      this.#y[k] = originY - scale * (pose[p + 3]! * fx + pose[p + 4]! * fy + pose[p + 5]! * fz);
      this.#z[k] = pose[p + 6]! * fx + pose[p + 7]! * fy + pose[p + 8]! * fz;
      const nx = mouthNormals[i]!;
      const ny = mouthNormals[i + 1]!;
      const nz = mouthNormals[i + 2]!;
      const lambert = nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2];
      const gain = k < toothVertexCount ? view.toothGain : view.fleshGain;
      const light = gain * (AMBIENT + DIFFUSE * (lambert > 0 ? lambert : 0));
      // Wet surfaces: a small highlight where the normal looks between light and viewer.
      const half = nx * 0.06 + ny * 0.18 + nz * 0.98;
      const shine = half > 0.9 ? gain * GLOSS * ((half - 0.9) * 10) ** 3 : 0;
      const wet = shine * (mouthColours[i]! / 255);
      this.#lit[i] = mouthColours[i]! * light + wet;
      this.#lit[i + 1] = mouthColours[i + 1]! * light + wet;
      this.#lit[i + 2] = mouthColours[i + 2]! * light + wet;
    }
  }

  #triangle(a: number, b: number, c: number): void {
    const ax = this.#x[a]!;
    const ay = this.#y[a]!;
    const bx = this.#x[b]!;
    const by = this.#y[b]!;
    const cx = this.#x[c]!;
    const cy = this.#y[c]!;
    // Counter-clockwise with y up is a negative area with y down; the others look away.
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (area > -1e-3) return;
    const minY = Math.min(ay, by, cy);
    const maxY = Math.max(ay, by, cy);
    const firstRow = Math.max(0, Math.ceil(minY - 0.5));
    const lastRow = Math.min(this.height, Math.ceil(maxY - 0.5));
    if (firstRow >= lastRow) return;
    const minX = Math.min(ax, bx, cx);
    const maxX = Math.max(ax, bx, cx);
    if (maxX < 0 || minX > this.width) return;
    const inverse = 1 / area;
    const uPerX = (cy - ay) * inverse;
    const uPerY = -(cx - ax) * inverse;
    const vPerX = -(by - ay) * inverse;
    const vPerY = (bx - ax) * inverse;
    const za = this.#z[a]!;
    const zu = this.#z[b]! - za;
    const zv = this.#z[c]! - za;
    const lit = this.#lit;
    const ra = lit[a * 3]!;
    const ga = lit[a * 3 + 1]!;
    const ba = lit[a * 3 + 2]!;
    const ru = lit[b * 3]! - ra;
    const gu = lit[b * 3 + 1]! - ga;
    const bu = lit[b * 3 + 2]! - ba;
    const rv = lit[c * 3]! - ra;
    const gv = lit[c * 3 + 1]! - ga;
    const bv = lit[c * 3 + 2]! - ba;
    const firstColumn = Math.max(0, Math.ceil(minX - 0.5));
    const lastColumn = Math.min(this.width, Math.ceil(maxX - 0.5));
    const { depth, colour } = this;
    for (let row = firstRow; row < lastRow; row += 1) {
      const oy = row + 0.5 - ay;
      const ox = firstColumn + 0.5 - ax;
      let u = ox * uPerX + oy * uPerY;
      let v = ox * vPerX + oy * vPerY;
      let at = row * this.width + firstColumn;
      for (let column = firstColumn; column < lastColumn; column += 1) {
        // Shared edges belong to both triangles: the depth test settles it.
        if (u >= 0 && v >= 0 && u + v <= 1) {
          const z = za + u * zu + v * zv;
          if (z > depth[at]!) {
            depth[at] = z;
            colour[at * 3] = ra + u * ru + v * rv;
            colour[at * 3 + 1] = ga + u * gu + v * gv;
            colour[at * 3 + 2] = ba + u * bu + v * bv;
          }
        }
        at += 1;
        u += uPerX;
        v += vPerX;
      }
    }
  }
}
