/**
 * Draws the displaced face mesh with the frame's own pixels: for every target pixel of a triangle the affine map back
 * to the source, one bilinear sample. Where a vertex moves less than a quarter pixel the patch fades out (alpha), so
 * the patch has no border and vanishes as the movement does.
 */
import type { Region } from './yuv.ts';

/** Movement in px from which a vertex is drawn opaque. */
const OPAQUE_FROM_PX = 0.25;
/** Source positions are sampled in 1/16 px. */
const SUBPIXEL = 16;

/** Vertices in frame px and how far each moves (`FaceBasis`). */
export type MovedMesh = {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly dx: Float32Array;
  readonly dy: Float32Array;
};

/** Part of the sharp copy, 0–256, by x + 16·y sixteenths between the pixels: 0 on a pixel, 256 in the middle of four. */
const SHARP_PART = Int32Array.from({ length: 256 }, (_, k) => {
  const [x, y] = [(k & 15) / 16, (k >> 4) / 16];
  return Math.round(512 * (x * (1 - x) + y * (1 - y)));
});

/** Pixels the warp reads and writes: one region of the frame. */
export type WarpTarget = {
  readonly region: Region;
  /** Source pixels of the region, R + G·2⁸ + B·2¹⁶. */
  readonly packed: Int32Array;
  /** The same pixels sharpened (sharpen.ts). */
  readonly sharp: Int32Array;
  readonly rgb: Uint8Array;
  readonly alpha: Uint8Array;
};

/** Reused per-vertex buffers of one mesh. */
export class MeshWarp {
  readonly #triangles: Uint16Array;
  readonly #fanFrom: number;
  readonly #opacity: Float32Array;
  readonly #sides: Int8Array;

  /**
   * The last `fanTriangleCount` of the triangles lie inside the lips. `front`: the vertices of any face that looks at
   * the viewer, which tells on which side of a triangle the skin is.
   */
  constructor(
    triangles: Uint16Array,
    fanTriangleCount: number,
    front: { readonly x: Float32Array; readonly y: Float32Array },
  ) {
    this.#triangles = triangles;
    this.#fanFrom = triangles.length - fanTriangleCount * 3;
    this.#opacity = new Float32Array(front.x.length);
    this.#sides = new Int8Array(triangles.length / 3);
    const { x, y } = front;
    for (let t = 0; t < triangles.length; t += 3) {
      const a = triangles[t]!;
      const b = triangles[t + 1]!;
      const c = triangles[t + 2]!;
      const area = (x[b]! - x[a]!) * (y[c]! - y[a]!) - (x[c]! - x[a]!) * (y[b]! - y[a]!);
      this.#sides[t / 3] = Math.sign(area);
    }
  }

  /** Draw all triangles that move. `rgb` must hold the region's own pixels and `alpha` zeros. */
  draw(basis: MovedMesh, target: WarpTarget): void {
    const { dx, dy } = basis;
    const opacity = this.#opacity;
    for (let k = 0; k < opacity.length; k += 1) {
      const travel = Math.sqrt(dx[k]! * dx[k]! + dy[k]! * dy[k]!) / OPAQUE_FROM_PX;
      opacity[k] = travel < 0.02 ? 0 : travel > 1 ? 255 : travel * 255;
    }
    // Triangles that look away from the viewer, as on the far side of a turned head or where movement has folded them,
    // go first: their neighbours cover them, and no pixel of the undisplaced face shows between. So do those inside
    // the lips, which have no fixed side.
    this.#drawPass(basis, target, true);
    this.#drawPass(basis, target, false);
  }

  #drawPass(basis: MovedMesh, target: WarpTarget, under: boolean): void {
    const { x, y, dx, dy } = basis;
    const triangles = this.#triangles;
    const opacity = this.#opacity;
    for (let t = 0; t < triangles.length; t += 3) {
      const a = triangles[t]!;
      const b = triangles[t + 1]!;
      const c = triangles[t + 2]!;
      if (opacity[a]! + opacity[b]! + opacity[c]! === 0) continue;
      const sourceArea = (x[b]! - x[a]!) * (y[c]! - y[a]!) - (x[c]! - x[a]!) * (y[b]! - y[a]!);
      const ax = x[a]! + dx[a]!;
      const ay = y[a]! + dy[a]!;
      const area =
        (x[b]! + dx[b]! - ax) * (y[c]! + dy[c]! - ay) -
        (x[c]! + dx[c]! - ax) * (y[b]! + dy[b]! - ay);
      const side = this.#sides[t / 3]!;
      const isUnder = t >= this.#fanFrom || area * side < 0 || sourceArea * side < 0;
      if (isUnder === under) this.#drawTriangle(basis, target, a, b, c);
    }
  }

  /** Vertex numbers; the region is wide enough to hold the triangle or it is cut at its border. */
  #drawTriangle(basis: MovedMesh, target: WarpTarget, a: number, b: number, c: number): void {
    const { region, packed, sharp, rgb, alpha } = target;
    const { x, y, dx, dy } = basis;
    const left = region.x;
    const top = region.y;
    const width = region.width;
    const height = region.height;
    // Corners by rising target y; equal edges then compute equal borders, so no pixel is missed or drawn twice.
    let p = a;
    let q = b;
    let r = c;
    let swap = p;
    if (y[q]! + dy[q]! < y[p]! + dy[p]!) {
      swap = p;
      p = q;
      q = swap;
    }
    if (y[r]! + dy[r]! < y[q]! + dy[q]!) {
      swap = q;
      q = r;
      r = swap;
      if (y[q]! + dy[q]! < y[p]! + dy[p]!) {
        swap = p;
        p = q;
        q = swap;
      }
    }
    const px = x[p]! + dx[p]! - left;
    const py = y[p]! + dy[p]! - top;
    const qx = x[q]! + dx[q]! - left;
    const qy = y[q]! + dy[q]! - top;
    const rx = x[r]! + dx[r]! - left;
    const ry = y[r]! + dy[r]! - top;
    const area = (qx - px) * (ry - py) - (rx - px) * (qy - py);
    if (area < 1e-4 && area > -1e-4) return;
    const firstRow = Math.max(0, Math.ceil(py - 0.5));
    const lastRow = Math.min(height, Math.ceil(ry - 0.5));
    if (firstRow >= lastRow) return;
    // Gradients of source x, source y and opacity over target x and y.
    const inverse = 1 / area;
    const ux = (qx - px) * inverse;
    const uy = (qy - py) * inverse;
    const vx = (rx - px) * inverse;
    const vy = (ry - py) * inverse;
    const sqx = x[q]! - x[p]!;
    const sqy = y[q]! - y[p]!;
    const srx = x[r]! - x[p]!;
    const sry = y[r]! - y[p]!;
    const xPerX = sqx * vy - srx * uy;
    const xPerY = srx * ux - sqx * vx;
    const yPerX = sqy * vy - sry * uy;
    const yPerY = sry * ux - sqy * vx;
    const opacity = this.#opacity;
    const op = opacity[p]!;
    const oPerX = (opacity[q]! - op) * vy - (opacity[r]! - op) * uy;
    const oPerY = (opacity[r]! - op) * ux - (opacity[q]! - op) * vx;
    const solid = op === 255 && opacity[q] === 255 && opacity[r] === 255;
    const longStep = (rx - px) / (ry - py);
    const upperStep = qy > py ? (qx - px) / (qy - py) : 0;
    const lowerStep = ry > qy ? (rx - qx) / (ry - qy) : 0;
    const maxX = width - 1.0625;
    const maxY = height - 1.0625;
    for (let row = firstRow; row < lastRow; row += 1) {
      const cy = row + 0.5;
      const longX = px + (cy - py) * longStep;
      const shortX = cy < qy ? px + (cy - py) * upperStep : qx + (cy - qy) * lowerStep;
      const from = Math.max(0, Math.ceil((longX < shortX ? longX : shortX) - 0.5));
      const to = Math.min(width, Math.ceil((longX < shortX ? shortX : longX) - 0.5));
      const ex = from + 0.5 - px;
      const ey = cy - py;
      // Sample centres lie at half pixels.
      let sx = x[p]! - left + ex * xPerX + ey * xPerY - 0.5;
      let sy = y[p]! - top + ex * yPerX + ey * yPerY - 0.5;
      let o = op + ex * oPerX + ey * oPerY;
      let at = row * width + from;
      for (let column = from; column < to; column += 1) {
        const cx = sx < 0 ? 0 : sx > maxX ? maxX : sx;
        const cyy = sy < 0 ? 0 : sy > maxY ? maxY : sy;
        const fixedX = (cx * SUBPIXEL + 0.5) | 0;
        const fixedY = (cyy * SUBPIXEL + 0.5) | 0;
        const fx = fixedX & 15;
        const fy = fixedY & 15;
        const s = (fixedY >> 4) * width + (fixedX >> 4);
        // Weights of the four neighbours add up to 256; two channels are summed in one 32 bit number.
        const w11 = fx * fy;
        const w10 = (fx << 4) - w11;
        const w01 = (fy << 4) - w11;
        const w00 = 256 - w10 - w01 - w11;
        const part = SHARP_PART[fx + (fy << 4)]!;
        const c00 = packed[s]!;
        const c10 = packed[s + 1]!;
        const c01 = packed[s + width]!;
        const c11 = packed[s + width + 1]!;
        let redBlue = (Math.imul(c00 & 0xff00ff, w00) + Math.imul(c10 & 0xff00ff, w10)) | 0;
        redBlue = (redBlue + Math.imul(c01 & 0xff00ff, w01)) | 0;
        redBlue = (redBlue + Math.imul(c11 & 0xff00ff, w11)) | 0;
        redBlue = ((redBlue + 0x800080) >>> 8) & 0xff00ff;
        let green = Math.imul((c00 >> 8) & 255, w00) + Math.imul((c10 >> 8) & 255, w10);
        green += Math.imul((c01 >> 8) & 255, w01) + Math.imul((c11 >> 8) & 255, w11);
        const s00 = sharp[s]!;
        const s10 = sharp[s + 1]!;
        const s01 = sharp[s + width]!;
        const s11 = sharp[s + width + 1]!;
        let sharpRedBlue = (Math.imul(s00 & 0xff00ff, w00) + Math.imul(s10 & 0xff00ff, w10)) | 0;
        sharpRedBlue = (sharpRedBlue + Math.imul(s01 & 0xff00ff, w01)) | 0;
        sharpRedBlue = (sharpRedBlue + Math.imul(s11 & 0xff00ff, w11)) | 0;
        sharpRedBlue = ((sharpRedBlue + 0x800080) >>> 8) & 0xff00ff;
        let sharpGreen = Math.imul((s00 >> 8) & 255, w00) + Math.imul((s10 >> 8) & 255, w10);
        sharpGreen += Math.imul((s01 >> 8) & 255, w01) + Math.imul((s11 >> 8) & 255, w11);
        redBlue = (Math.imul(redBlue, 256 - part) + Math.imul(sharpRedBlue, part) + 0x800080) | 0;
        green = Math.imul(green, 256 - part) + Math.imul(sharpGreen, part);
        const byte = at * 3;
        rgb[byte] = redBlue >> 8;
        rgb[byte + 1] = (green + 32768) >> 16;
        rgb[byte + 2] = redBlue >> 24;
        alpha[at] = solid ? 255 : o < 0 ? 0 : o > 255 ? 255 : o;
        at += 1;
        sx += xPerX;
        sy += yPerX;
        o += oPerX;
      }
    }
  }
}
