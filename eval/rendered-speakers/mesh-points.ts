/** Where the renderer's latest patch has put face landmarks and the line of the lips. */
import type { LiteRenderer } from '../../agent/src/mouth/lite-renderer.ts';
import {
  FACE_LANDMARKS,
  STENCIL_TAPS,
  type RendererData,
} from '../../agent/src/mouth/renderer-data.ts';
import type { Polygon } from './picture-measures.ts';

/** Fine vertex that is a landmark, by landmark; −1 where speech moves nothing. */
export function landmarkVertices(data: RendererData): Int32Array {
  const found = new Int32Array(FACE_LANDMARKS).fill(-1);
  for (let at = 0; at < data.taps.length; at += STENCIL_TAPS) {
    const landmark = data.taps[at]!;
    if (data.tapWeights[at] === 1 && landmark < FACE_LANDMARKS) {
      found[landmark] = at / STENCIL_TAPS;
    }
  }
  return found;
}

/** Drawn positions (x, y in frame px) of `landmarks` after a render. */
export function drawnLandmarks(
  renderer: LiteRenderer,
  vertices: Int32Array,
  landmarks: readonly number[],
): Float64Array {
  const { x, y, dx, dy } = renderer.mesh;
  const points = new Float64Array(landmarks.length * 2);
  landmarks.forEach((landmark, k) => {
    const vertex = vertices[landmark]!;
    points[k * 2] = x[vertex]! + dx[vertex]!;
    points[k * 2 + 1] = y[vertex]! + dy[vertex]!;
  });
  return points;
}

/** How far the render has moved `landmarks` (x, y in px). */
export function drawnMotion(
  renderer: LiteRenderer,
  vertices: Int32Array,
  landmarks: readonly number[],
): Float64Array {
  const { dx, dy } = renderer.mesh;
  return Float64Array.from({ length: landmarks.length * 2 }, (_, i) => {
    return (i & 1 ? dy : dx)[vertices[landmarks[i >> 1]!]!]!;
  });
}

/** The polygon between the lips after a render, in frame px. */
export function drawnOpening(renderer: LiteRenderer, data: RendererData): Polygon {
  const { x, y, dx, dy } = renderer.mesh;
  // The loop repeats its first vertex at the end.
  const loop = data.lipLoop.subarray(0, -1);
  const points = new Float64Array(loop.length * 2);
  loop.forEach((vertex, k) => {
    points[k * 2] = x[vertex]! + dx[vertex]!;
    points[k * 2 + 1] = y[vertex]! + dy[vertex]!;
  });
  return points;
}

/** Mean distance of points (x, y in turn) to the same landmarks of a 468 × 3 array. */
export function meanDistance(
  points: Float64Array,
  truth: Float32Array,
  landmarks: readonly number[],
): number {
  let sum = 0;
  landmarks.forEach((landmark, k) => {
    sum += Math.hypot(
      points[k * 2]! - truth[landmark * 3]!,
      points[k * 2 + 1]! - truth[landmark * 3 + 1]!,
    );
  });
  return sum / landmarks.length;
}

/** Landmarks of a 468 × 3 array as x, y in turn. */
export function pointsOf(landmarks: Float32Array, picked: readonly number[]): Float64Array {
  return Float64Array.from({ length: picked.length * 2 }, (_, i) => {
    return landmarks[picked[i >> 1]! * 3 + (i & 1)]!;
  });
}
