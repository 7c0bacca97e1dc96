/**
 * Folds and shadows a moving mouth draws on the face (nasolabial line, hollow below the lip, chin turning from the
 * light): soft masks over the mean face, mixed by the mouth's parameters and multiplied into the warped pixels.
 */
import type { MovedMesh, WarpTarget } from './mesh-warp.ts';
import { FACE_LANDMARKS, STENCIL_TAPS, type RendererData } from './renderer-data.ts';

/** How dark each mask gets (part of the light at full drive), and what drives it. */
const DRIVES = {
  nasolabial: {
    depth: 0.13,
    by: { mouthSmile: 1.2, mouthStretch: 0.8, mouthUpperUp: 0.5, jawOpen: 0.15, mouthPucker: -0.5 },
  },
  underLip: {
    depth: 0.15,
    by: { jawOpen: 0.5, mouthPress: 0.6, mouthFunnel: 0.35, mouthPucker: 0.35, mouthShrugLower: 0.4 },
  },
  chin: { depth: 0.11, by: { jawOpen: 1 } },
} as const satisfies Record<string, { depth: number; by: Record<string, number> }>; // prettier-ignore

/** Shadows on skin are warm: red loses less. */
const RED_PART = 0.78;
const BLUE_PART = 1.06;
/** Below this drive nothing is drawn: less than one step of 255. */
const FAINTEST = 0.003;

export class SkinShade {
  readonly #data: RendererData;
  /** Drive of each mask by each weight, masks × weights. */
  readonly #mix: Float32Array;
  /** Largest drive of each mask. */
  readonly #deepest: Float32Array;
  /** Where every fine vertex lies in the masks, texels. */
  readonly #u: Float32Array;
  readonly #v: Float32Array;
  /** Triangles (their first index) that any mask touches. */
  readonly #touched: Uint16Array;
  /** The mixed picture of this frame. */
  readonly #shade: Float32Array;

  constructor(data: RendererData) {
    this.#data = data;
    const { names, width, height } = data.shadeMap;
    const weightNames = [...data.parameterNames, ...data.extraShapeNames];
    const drives: Readonly<Record<string, { depth: number; by: Readonly<Record<string, number>> }>> = DRIVES;
    this.#mix = Float32Array.from({ length: names.length * weightNames.length }, (_, k) => {
      const drive = drives[names[Math.floor(k / weightNames.length)]!];
      return (drive?.by[weightNames[k % weightNames.length]!] ?? 0) * (drive?.depth ?? 0);
    });
    this.#deepest = Float32Array.from(names, (name) => drives[name]?.depth ?? 0);
    this.#shade = new Float32Array(width * height);
    [this.#u, this.#v] = textureCoordinates(data);
    this.#touched = touchedTriangles(data, this.#u, this.#v);
  } // prettier-ignore

  /** Shade the warped pixels of `target` for `weights` (parameters, then extra shapes, 0–1). */
  draw(weights: Float32Array, mesh: MovedMesh, target: WarpTarget): void {
    if (!this.#mixMasks(weights)) return;
    const triangles = this.#data.meshTriangles;
    const touched = this.#touched;
    for (let k = 0; k < touched.length; k += 1) {
      const t = touched[k]!;
      this.#drawTriangle(mesh, target, triangles[t]!, triangles[t + 1]!, triangles[t + 2]!);
    }
  }

  /** Fill #shade; false when it is nowhere visible. */
  #mixMasks(weights: Float32Array): boolean {
    const { masks, names } = this.#data.shadeMap;
    const shade = this.#shade;
    shade.fill(0);
    let any = false;
    for (let mask = 0; mask < names.length; mask += 1) {
      let drive = 0;
      for (let k = 0; k < weights.length; k += 1) {
        drive += this.#mix[mask * weights.length + k]! * weights[k]!;
      }
      drive = Math.min(drive, this.#deepest[mask]!);
      if (drive < FAINTEST) continue;
      any = true;
      const from = mask * shade.length;
      for (let k = 0; k < shade.length; k += 1) shade[k]! += drive * masks[from + k]!;
    }
    return any;
  }

  #drawTriangle(mesh: MovedMesh, target: WarpTarget, a: number, b: number, c: number): void {
    const { x, y, dx, dy } = mesh;
    const { region, rgb } = target;
    const ax = x[a]! + dx[a]! - region.x;
    const ay = y[a]! + dy[a]! - region.y;
    const bx = x[b]! + dx[b]! - region.x;
    const by = y[b]! + dy[b]! - region.y;
    const cx = x[c]! + dx[c]! - region.x;
    const cy = y[c]! + dy[c]! - region.y;
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    const source = (x[b]! - x[a]!) * (y[c]! - y[a]!) - (x[c]! - x[a]!) * (y[b]! - y[a]!);
    // Folded triangles lie under their neighbours, which are shaded already.
    if (area * source <= 1e-4) return;
    const firstRow = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const lastRow = Math.min(region.height, Math.ceil(Math.max(ay, by, cy) - 0.5));
    const u = this.#u;
    const v = this.#v;
    const inverse = 1 / area;
    const ub = (u[b]! - u[a]!) * inverse;
    const uc = (u[c]! - u[a]!) * inverse;
    const vb = (v[b]! - v[a]!) * inverse;
    const vc = (v[c]! - v[a]!) * inverse;
    const uPerX = ub * (cy - ay) - uc * (by - ay);
    const uPerY = uc * (bx - ax) - ub * (cx - ax);
    const vPerX = vb * (cy - ay) - vc * (by - ay);
    const vPerY = vc * (bx - ax) - vb * (cx - ax);
    for (let row = firstRow; row < lastRow; row += 1) {
      const py = row + 0.5;
      let left = Infinity;
      let right = -Infinity;
      // A pixel whose centre lies on an edge belongs to one triangle only: both compute the same border.
      if (ay <= py !== by <= py) {
        const edge = ay < by ? ax + ((py - ay) * (bx - ax)) / (by - ay) : bx + ((py - by) * (ax - bx)) / (ay - by); // prettier-ignore
        left = edge;
        right = edge;
      }
      if (by <= py !== cy <= py) {
        const edge = by < cy ? bx + ((py - by) * (cx - bx)) / (cy - by) : cx + ((py - cy) * (bx - cx)) / (by - cy); // prettier-ignore
        if (edge < left) left = edge;
        if (edge > right) right = edge;
      }
      if (cy <= py !== ay <= py) {
        const edge = cy < ay ? cx + ((py - cy) * (ax - cx)) / (ay - cy) : ax + ((py - ay) * (cx - ax)) / (cy - ay); // prettier-ignore
        if (edge < left) left = edge;
        if (edge > right) right = edge;
      }
      const first = Math.max(0, Math.ceil(left - 0.5));
      const last = Math.min(region.width, Math.ceil(right - 0.5));
      const ox = first + 0.5 - ax;
      let su = u[a]! + ox * uPerX + (py - ay) * uPerY;
      let sv = v[a]! + ox * vPerX + (py - ay) * vPerY;
      let byte = (row * region.width + first) * 3;
      for (let column = first; column < last; column += 1) {
        const shade = this.#sample(su, sv);
        if (shade !== 0) {
          rgb[byte] = lit(rgb[byte]!, shade * RED_PART);
          rgb[byte + 1] = lit(rgb[byte + 1]!, shade);
          rgb[byte + 2] = lit(rgb[byte + 2]!, shade * BLUE_PART);
        }
        byte += 3;
        su += uPerX;
        sv += vPerX;
      }
    }
  }

  /** Bilinear, 0 outside. */
  #sample(u: number, v: number): number {
    const { width, height } = this.#data.shadeMap;
    if (!(u >= 0 && v >= 0 && u < width - 1 && v < height - 1)) return 0;
    const column = u | 0;
    const row = v | 0;
    const fu = u - column;
    const fv = v - row;
    const at = row * width + column;
    const shade = this.#shade;
    const top = shade[at]! + (shade[at + 1]! - shade[at]!) * fu;
    const bottom = shade[at + width]! + (shade[at + width + 1]! - shade[at + width]!) * fu;
    return top + (bottom - top) * fv;
  }
}

const lit = (value: number, shade: number): number => {
  const out = value + value * shade + 0.5;
  return out > 255 ? 255 : out;
};

/** Texel coordinates (0 = centre of the first texel) of the fine vertices on the mean face. */
function textureCoordinates(data: RendererData): [Float32Array, Float32Array] {
  const { shadeMap, restFace, ringOf, ringReach, taps, tapWeights, upperLip } = data;
  const anchor = upperLip[upperLip.length >> 1]! * 3;
  const place = (vertex: number, axis: number): number => {
    if (vertex < FACE_LANDMARKS) return restFace[vertex * 3 + axis]!;
    const of = restFace[ringOf[vertex - FACE_LANDMARKS]! * 3 + axis]!;
    return of + (of - restFace[anchor + axis]!) * ringReach[vertex - FACE_LANDMARKS]!;
  };
  const count = taps.length / STENCIL_TAPS;
  const u = new Float32Array(count);
  const v = new Float32Array(count);
  for (let k = 0; k < count; k += 1) {
    let px = 0;
    let py = 0;
    for (let tap = k * STENCIL_TAPS; tap < (k + 1) * STENCIL_TAPS; tap += 1) {
      px += tapWeights[tap]! * place(taps[tap]!, 0);
      py += tapWeights[tap]! * place(taps[tap]!, 1);
    }
    const { x, low, high, width, height } = shadeMap;
    u[k] = ((px + x) / (2 * x)) * width - 0.5;
    v[k] = ((high - py) / (high - low)) * height - 0.5;
  }
  return [u, v];
}

/** Triangles outside the lips whose rectangle in the masks holds anything. */
function touchedTriangles(data: RendererData, u: Float32Array, v: Float32Array): Uint16Array {
  const { meshTriangles, fanTriangleCount, shadeMap } = data;
  const { width, height, masks } = shadeMap;
  const out: number[] = [];
  for (let t = 0; t < meshTriangles.length - fanTriangleCount * 3; t += 3) {
    const corners = [meshTriangles[t]!, meshTriangles[t + 1]!, meshTriangles[t + 2]!];
    const us = corners.map((k) => u[k]!);
    const vs = corners.map((k) => v[k]!);
    let isTouched = false;
    for (let row = Math.max(0, Math.floor(Math.min(...vs))); row <= Math.min(height - 1, Math.ceil(Math.max(...vs))); row += 1) {
      for (let column = Math.max(0, Math.floor(Math.min(...us))); column <= Math.min(width - 1, Math.ceil(Math.max(...us))); column += 1) {
        for (let at = row * width + column; at < masks.length; at += width * height) isTouched ||= masks[at] !== 0;
      }
    }
    if (isTouched) out.push(t);
  }
  return Uint16Array.from(out);
} // prettier-ignore
