/** Test material: the mean face seen in a known pose over a smooth picture, so that every expectation has a number. */
import { readFileSync } from 'node:fs';
import type { FaceTrack, FrameStore } from '../pipeline/model-pack.ts';
import { LANDMARK_COUNT } from '../pipeline/model-pack.ts';
import { faceCentre } from './pose-fit.ts';
import { FACE_LANDMARKS, parseRendererData, type RendererData } from './renderer-data.ts';

/** The committed renderer data. */
export const rendererData: RendererData = parseRendererData(
  readFileSync(new URL('../../../models/lite/renderer.bin', import.meta.url)),
);

/** Side of the test frames, px. */
export const SIDE_PX = 256;
/** px per dm of the frontal test face: about 45 % of the frame's height. */
export const SCALE = 75;

/** Rotation about y (yaw), then x (pitch), then z (roll), radians, row by row. */
export function rotation(yaw: number, pitch: number, roll: number): number[] {
  const [cy, sy, cp, sp, cr, sr] = [yaw, pitch, roll].flatMap((a) => [Math.cos(a), Math.sin(a)]) as [
    number, number, number, number, number, number,
  ]; // prettier-ignore
  const m = [cy, 0, sy, sp * sy, cp, -sp * cy, -cp * sy, sp, cp * cy];
  return [
    ...[0, 1, 2].map((k) => cr * m[k]! - sr * m[3 + k]!),
    ...[0, 1, 2].map((k) => sr * m[k]! + cr * m[3 + k]!),
    ...[6, 7, 8].map((k) => m[k]!),
  ];
}

/** Landmarks of the mean face with closed lips: turned by `turn`, scaled, its stable centre at (x, y) in frame px. */
export function faceLandmarks(turn: number[], scale: number, x: number, y: number): Float32Array {
  const centre = faceCentre(rendererData);
  const out = new Float32Array(LANDMARK_COUNT * 3);
  const face = Float32Array.from(rendererData.restFace);
  rendererData.lowerLip.forEach((lower, k) => {
    face[lower * 3 + 1] = face[rendererData.upperLip[k]! * 3 + 1]!;
  });
  for (let k = 0; k < FACE_LANDMARKS; k += 1) {
    const p = [0, 1, 2].map((axis) => face[k * 3 + axis]! - centre[axis]!);
    const seen = [0, 1, 2].map(
      (row) => turn[row * 3]! * p[0]! + turn[row * 3 + 1]! * p[1]! + turn[row * 3 + 2]! * p[2]!,
    );
    out[k * 3] = x + scale * seen[0]!;
    out[k * 3 + 1] = y - scale * seen[1]!;
    out[k * 3 + 2] = -scale * seen[2]!;
  }
  return out;
}

/** One skin-coloured frame with soft waves per face; `faces` holds each frame's landmarks. */
export function avatarOf(faces: Float32Array[]): { frames: FrameStore; track: FaceTrack } {
  const pixels = SIDE_PX * SIDE_PX;
  const i420 = new Uint8Array(new SharedArrayBuffer((faces.length * pixels * 3) / 2));
  for (let frame = 0; frame < faces.length; frame += 1) {
    const start = (frame * pixels * 3) / 2;
    for (let k = 0; k < pixels; k += 1) {
      const x = k % SIDE_PX;
      const y = (k / SIDE_PX) | 0;
      i420[start + k] = Math.round(140 + 20 * Math.sin(x / 15) * Math.cos(y / 12));
    }
    i420.fill(112, start + pixels, start + (pixels * 5) / 4);
    i420.fill(148, start + (pixels * 5) / 4, start + (pixels * 3) / 2);
  }
  const landmarks = new Float32Array(faces.length * LANDMARK_COUNT * 3);
  faces.forEach((face, frame) => landmarks.set(face, frame * face.length));
  return {
    frames: { width: SIDE_PX, height: SIDE_PX, frameCount: faces.length, i420 },
    track: {
      landmarks,
      boxes: new Float32Array(faces.length * 4),
      interpolated: new Uint8Array(faces.length),
    },
  };
}

/** The brightness of every frame becomes `luma` of its place, without colour. */
export function paintFrames(
  { frames }: { frames: FrameStore },
  luma: (x: number, y: number) => number,
): void {
  const { width, height, frameCount, i420 } = frames;
  const pixels = width * height;
  for (let frame = 0; frame < frameCount; frame += 1) {
    const start = (frame * pixels * 3) / 2;
    for (let k = 0; k < pixels; k += 1) {
      i420[start + k] = Math.round(luma(k % width, Math.floor(k / width)));
    }
    i420.fill(128, start + pixels, start + (pixels * 3) / 2);
  }
}

/** Parameters by name, the others 0. */
export function parameters(values: Record<string, number>): Float32Array {
  const out = new Float32Array(rendererData.parameterNames.length);
  for (const [name, value] of Object.entries(values)) {
    const at = rendererData.parameterNames.indexOf(name);
    if (at < 0) throw new Error(`no parameter ${name}`);
    out[at] = value;
  }
  return out;
}
