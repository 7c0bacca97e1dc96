import { describe, expect, it } from 'vitest';
import { FaceBasis } from './face-basis.ts';
import { HEAD_LENGTH, prepareLite } from './lite-prepare.ts';
import {
  avatarOf, faceLandmarks, parameters, rendererData, rotation, SCALE,
} from './synthetic-face.fixture.ts'; // prettier-ignore

const WIDEST = { jawOpen: 1, mouthUpperUp: 0.3, mouthLowerDown: 0.5 };

/** The mean face, with everything between lower lip and chin moved up or down: `part` of the way to the lip. */
function faceWith(part: number): Float32Array {
  const face = faceLandmarks(rotation(0, 0, 0), SCALE, 128, 100);
  const lip = face[17 * 3 + 1]!;
  for (const k of rendererData.chin) {
    if (face[k * 3 + 1]! > lip) face[k * 3 + 1]! += (lip - face[k * 3 + 1]!) * part;
  }
  return face;
}

/** Area of the skin below the lip that is turned over, as a part of its area at rest. */
function foldedPart(face: Float32Array, drives: Record<string, number>): number {
  const { frames, track } = avatarOf([face]);
  const prepared = new Float32Array(prepareLite(rendererData, frames, track).buffer);
  const basis = new FaceBasis(rendererData);
  basis.setLandmarks(face, 0);
  const weights = new Float32Array(
    rendererData.parameterNames.length + rendererData.extraShapeNames.length,
  );
  weights.set(parameters(drives));
  basis.displace(weights, 0, 1, prepared, HEAD_LENGTH);
  const { x, y, dx, dy } = basis;
  const triangles = rendererData.meshTriangles;
  const lipX = Math.abs(face[61 * 3]! - face[0]!);
  let folded = 0;
  let all = 0;
  for (let t = 0; t < triangles.length - rendererData.fanTriangleCount * 3; t += 3) {
    const [a, b, c] = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
    const low = [a, b, c].every(
      (v) => y[v]! > face[17 * 3 + 1]! - 2 && Math.abs(x[v]! - face[0]!) < lipX,
    );
    if (!low) continue;
    const area = (mx: Float32Array, my: Float32Array): number =>
      (x[b]! + mx[b]! - x[a]! - mx[a]!) * (y[c]! + my[c]! - y[a]! - my[a]!) -
      (x[c]! + mx[c]! - x[a]! - mx[a]!) * (y[b]! + my[b]! - y[a]! - my[a]!);
    const still = new Float32Array(x.length);
    const [source, moved] = [area(still, still), area(dx, dy)];
    all += Math.abs(source);
    if (source * moved < 0) folded += Math.abs(source);
  }
  expect(all).toBeGreaterThan(100);
  return folded / all;
}

describe('the skin between lower lip and jaw line', () => {
  it.each([0, 0.15, 0.3])('does not fold at the widest opening, drawn up by %f', (part) => {
    expect(foldedPart(faceWith(part), WIDEST)).toBeLessThan(0.01);
  });

  it('does not fold when the lips are pushed out or pulled wide', () => {
    for (const drives of [
      { mouthPucker: 1, mouthFunnel: 0.6, jawOpen: 0.3 },
      { mouthStretch: 1, mouthLowerDown: 1, jawOpen: 0.4 },
      { mouthPress: 1, mouthShrugLower: 1 },
    ]) {
      expect(foldedPart(faceWith(0.15), drives)).toBeLessThan(0.01);
    }
  });
});
