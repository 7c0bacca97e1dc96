/**
 * MuseTalk's box rule speaks of the 68 points of the iBUG scheme; our face mesh has 478. For each of the 68 the mesh
 * landmark at the same place of the face. The nose bridge (27–30) is divided evenly there: 168, 197, 5, 1 are.
 */
import { LANDMARK_COUNT } from '../../pipeline/model-pack.ts';

/** Mesh landmark of each point: jaw 0–16, brows 17–26, nose 27–35, eyes 36–47, lips 48–67. */
// prettier-ignore
export const MESH_OF_68 = [
  127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356,
  70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
  168, 197, 5, 1, 98, 97, 2, 326, 327,
  33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
  61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91,
  78, 81, 13, 311, 308, 402, 14, 178,
] as const;

/** Point whose height is the middle of the box: on the nose bridge. */
export const NOSE_BRIDGE = 29;

/** The 68 points of frame `frame` of a face track: x, y in frame px, 136 numbers. */
export function pointsOf(landmarks: Float32Array, frame: number): Float32Array {
  const points = new Float32Array(MESH_OF_68.length * 2);
  MESH_OF_68.forEach((landmark, i) => {
    const from = (frame * LANDMARK_COUNT + landmark) * 3;
    points[2 * i] = landmarks[from]!; // the track holds LANDMARK_COUNT landmarks per frame
    points[2 * i + 1] = landmarks[from + 1]!;
  });
  return points;
}
