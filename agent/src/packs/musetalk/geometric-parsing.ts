/**
 * A face parsing from the mesh alone, for users without a parsing network: the classes that the jaw mask asks for,
 * drawn as polygons over the square. No hair, no neck: the mesh ends at the hairline and the jaw.
 */
import { FACE_OVAL, LIPS_INNER, LIPS_OUTER } from '../../face/landmarks.ts';
import { LANDMARK_COUNT } from '../../pipeline/model-pack.ts';
import { MOUTH, NOSE, PARSING_SIZE, SKIN, UPPER_LIP } from './jaw-mask.ts';
import type { Rect } from './picture.ts';

/** Closed ring around the nose: bridge, wings, base. */
// prettier-ignore
const NOSE_RING = [
  168, 122, 196, 236, 198, 209, 49, 48, 219, 218, 79, 20, 242, 97, 2, 326, 462, 250, 309, 438,
  439, 278, 279, 429, 420, 456, 419, 351,
] as const;

/** Parsing (512 × 512 class numbers) of `square` for frame `frame` of a track. */
export function geometricParsing(landmarks: Float32Array, frame: number, square: Rect): Uint8Array {
  const classes = new Uint8Array(PARSING_SIZE * PARSING_SIZE);
  const scale = PARSING_SIZE / (square.x1 - square.x0);
  const ringOf = (ring: readonly number[]): Float64Array => {
    const points = new Float64Array(ring.length * 2);
    ring.forEach((landmark, i) => {
      const from = (frame * LANDMARK_COUNT + landmark) * 3;
      points[2 * i] = (landmarks[from]! - square.x0) * scale;
      points[2 * i + 1] = (landmarks[from + 1]! - square.y0) * scale;
    });
    return points;
  };
  fillPolygon(classes, ringOf(FACE_OVAL), SKIN);
  fillPolygon(classes, ringOf(NOSE_RING), NOSE);
  // Upper and lower lip count alike.
  fillPolygon(classes, ringOf(LIPS_OUTER), UPPER_LIP);
  fillPolygon(classes, ringOf(LIPS_INNER), MOUTH);
  return classes;
}

/** Set every pixel whose centre lies inside a ring (x, y, x, y, …; even-odd rule). */
function fillPolygon(classes: Uint8Array, ring: Float64Array, value: number): void {
  const count = ring.length / 2;
  const crossings: number[] = [];
  for (let row = 0; row < PARSING_SIZE; row += 1) {
    const y = row + 0.5;
    crossings.length = 0;
    for (let i = 0; i < count; i += 1) {
      const j = (i + 1) % count;
      const y0 = ring[2 * i + 1]!;
      const y1 = ring[2 * j + 1]!;
      if (y0 <= y === y1 <= y) continue;
      crossings.push(ring[2 * i]! + ((y - y0) / (y1 - y0)) * (ring[2 * j]! - ring[2 * i]!));
    }
    crossings.sort((one, other) => one - other);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k]! - 0.5));
      const to = Math.min(PARSING_SIZE, Math.ceil(crossings[k + 1]! - 0.5));
      if (to > from) classes.fill(value, row * PARSING_SIZE + from, row * PARSING_SIZE + to);
    }
  }
}
