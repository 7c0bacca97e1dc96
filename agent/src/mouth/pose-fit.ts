/**
 * Fits the mean face to the landmarks of one frame: landmark ≈ scale · R · (face − centre) + origin, after flipping
 * the landmarks' y and z so that both systems have y up and z towards the viewer (weak perspective).
 * Closed form of Horn, "Closed-form solution of absolute orientation using unit quaternions", 1987.
 */
import type { RendererData } from './renderer-data.ts';

/** Numbers of one pose: R row by row (9), scale in px per dm (1), origin x, −y, −z in px (3). */
export const POSE_LENGTH = 13;
export const POSE_SCALE = 9;
export const POSE_ORIGIN = 10;

/** Mean of the stable landmarks of the mean face, dm: the point a pose maps to its origin. */
export function faceCentre(data: RendererData): Float64Array {
  const centre = new Float64Array(3);
  for (const landmark of data.stable) {
    for (let axis = 0; axis < 3; axis += 1) centre[axis]! += data.restFace[landmark * 3 + axis]!;
  }
  for (let axis = 0; axis < 3; axis += 1) centre[axis]! /= data.stable.length;
  return centre;
}

/**
 * Write the pose of the frame whose landmarks start at `landmarks[from]` (x, y, z in px) to `out[to]`.
 * Returns the root mean square distance of the stable landmarks in px, or NaN where the landmarks are degenerate.
 */
export function fitPose(
  data: RendererData,
  landmarks: Float32Array,
  from: number,
  out: Float32Array,
  to: number,
): number {
  const { stable, restFace } = data;
  const centre = faceCentre(data);
  const origin = new Float64Array(3);
  for (const k of stable) {
    origin[0]! += landmarks[from + k * 3]!;
    origin[1]! -= landmarks[from + k * 3 + 1]!;
    origin[2]! -= landmarks[from + k * 3 + 2]!;
  }
  for (let axis = 0; axis < 3; axis += 1) origin[axis]! /= stable.length;
  // m[i][j] = Σ face_i · seen_j about the means.
  const m = new Float64Array(9);
  let faceSpread = 0;
  let seenSpread = 0;
  for (const k of stable) {
    const seen = [
      landmarks[from + k * 3]! - origin[0]!,
      -landmarks[from + k * 3 + 1]! - origin[1]!,
      -landmarks[from + k * 3 + 2]! - origin[2]!,
    ];
    for (let i = 0; i < 3; i += 1) {
      const face = restFace[k * 3 + i]! - centre[i]!;
      faceSpread += face * face;
      seenSpread += seen[i]! * seen[i]!;
      for (let j = 0; j < 3; j += 1) m[i * 3 + j]! += face * seen[j]!;
    }
  }
  if (!(seenSpread > stable.length)) return NaN;
  const rotation = rotationOf(m);
  let fitted = 0;
  for (let i = 0; i < 3; i += 1) {
    for (let j = 0; j < 3; j += 1) fitted += rotation[i * 3 + j]! * m[j * 3 + i]!;
  }
  const scale = fitted / faceSpread;
  for (let k = 0; k < 9; k += 1) out[to + k] = rotation[k]!;
  out[to + POSE_SCALE] = scale;
  for (let axis = 0; axis < 3; axis += 1) out[to + POSE_ORIGIN + axis] = origin[axis]!;
  const rest = Math.max(0, seenSpread - scale * fitted);
  return scale > 0 ? Math.sqrt(rest / stable.length) : NaN;
}

/** Head turn to the side in radians, from a pose. */
export function yawOf(pose: Float32Array, at: number): number {
  return Math.atan2(pose[at + 2]!, pose[at + 8]!);
}

/** Nod in radians, from a pose. */
export function pitchOf(pose: Float32Array, at: number): number {
  return Math.asin(Math.min(1, Math.max(-1, -pose[at + 5]!)));
}

/** Rotation that best turns the first system of m (Σ first_i · second_j) into the second. */
function rotationOf(m: Float64Array): Float64Array {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = m as unknown as number[] & { length: 9 };
  const n = Float64Array.of(
    xx! + yy! + zz!, yz! - zy!, zx! - xz!, xy! - yx!,
    yz! - zy!, xx! - yy! - zz!, xy! + yx!, zx! + xz!,
    zx! - xz!, xy! + yx!, yy! - xx! - zz!, yz! + zy!,
    xy! - yx!, zx! + xz!, yz! + zy!, zz! - xx! - yy!,
  ); // prettier-ignore
  const [w, x, y, z] = largestEigenvector(n) as unknown as [number, number, number, number];
  return Float64Array.of(
    w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z,
  ); // prettier-ignore
}

/** Unit eigenvector of the largest eigenvalue of a symmetric 4 × 4 matrix, by cyclic Jacobi rotations. */
function largestEigenvector(a: Float64Array): Float64Array {
  const v = new Float64Array(16);
  for (let i = 0; i < 4; i += 1) v[i * 5] = 1;
  for (let sweep = 0; sweep < 12; sweep += 1) {
    for (let p = 0; p < 3; p += 1) {
      for (let q = p + 1; q < 4; q += 1) {
        const off = a[p * 4 + q]!;
        if (off === 0) continue;
        const theta = (a[q * 5]! - a[p * 5]!) / (2 * off);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < 4; k += 1) {
          const kp = a[k * 4 + p]!;
          const kq = a[k * 4 + q]!;
          a[k * 4 + p] = c * kp - s * kq;
          a[k * 4 + q] = s * kp + c * kq;
        }
        for (let k = 0; k < 4; k += 1) {
          const pk = a[p * 4 + k]!;
          const qk = a[q * 4 + k]!;
          a[p * 4 + k] = c * pk - s * qk;
          a[q * 4 + k] = s * pk + c * qk;
          const vp = v[k * 4 + p]!;
          const vq = v[k * 4 + q]!;
          v[k * 4 + p] = c * vp - s * vq;
          v[k * 4 + q] = s * vp + c * vq;
        }
      }
    }
  }
  let best = 0;
  for (let i = 1; i < 4; i += 1) if (a[i * 5]! > a[best * 5]!) best = i;
  return Float64Array.of(v[best]!, v[4 + best]!, v[8 + best]!, v[12 + best]!);
}
