import { describe, expect, it } from 'vitest';
import { FaceBasis } from './face-basis.ts';
import { SkinShade } from './skin-shade.ts';
import {
  faceLandmarks, parameters, rendererData, rotation, SCALE, SIDE_PX,
} from './synthetic-face.fixture.ts'; // prettier-ignore

const GREY = 180;
const face = faceLandmarks(rotation(0, 0, 0), SCALE, 128, 100);

/** A grey picture shaded for some parameters on the unmoved mean face: brightness of the green channel. */
function shaded(drives: Record<string, number>): (landmark: number, dx?: number, dy?: number) => number {
  const basis = new FaceBasis(rendererData);
  basis.setLandmarks(face, 0);
  const pixels = SIDE_PX * SIDE_PX;
  const target = {
    region: { x: 0, y: 0, width: SIDE_PX, height: SIDE_PX },
    packed: new Int32Array(pixels),
    sharp: new Int32Array(pixels),
    rgb: new Uint8Array(pixels * 3).fill(GREY),
    alpha: new Uint8Array(pixels),
  };
  const weights = new Float32Array(
    rendererData.parameterNames.length + rendererData.extraShapeNames.length,
  );
  weights.set(parameters(drives));
  new SkinShade(rendererData).draw(weights, basis, target);
  return (landmark, dx = 0, dy = 0) => {
    const x = Math.floor(face[landmark * 3]! + dx);
    const y = Math.floor(face[landmark * 3 + 1]! + dy);
    return target.rgb[(y * SIDE_PX + x) * 3 + 1]!;
  };
} // prettier-ignore

/** Beside the lips, and on the cheek outside of the nasolabial line at the same height. */
const BESIDE_LIPS = [92, 322] as const;
const CHEEK = [216, 436] as const;
const BELOW_LIP = 18;
const CHIN = 199;
/** Lips, nose, eyes, forehead, temples, ears. */
const ELSEWHERE = [13, 14, 0, 16, 61, 291, 1, 4, 33, 263, 10, 151, 127, 356, 93, 323, 168] as const;

describe('SkinShade', () => {
  it('draws nothing for a mouth at rest', () => {
    const at = shaded({});
    for (let k = 0; k < 468; k += 1) expect(at(k)).toBe(GREY);
  });

  it('darkens the nasolabial lines of a stretched mouth, the same on both sides', () => {
    const at = shaded({ mouthStretch: 1, mouthUpperUp: 0.4 });
    const darkest = BESIDE_LIPS.map((inner, side) => {
      const width = face[CHEEK[side]! * 3]! - face[inner * 3]!;
      return Math.min(...Array.from({ length: 12 }, (_, k) => at(inner, (k / 12) * width)));
    });
    for (const value of darkest) expect(value).toBeLessThan(GREY - 8);
    expect(Math.abs(darkest[0]! - darkest[1]!)).toBeLessThanOrEqual(2);
    for (const landmark of CHEEK) expect(at(landmark)).toBeGreaterThanOrEqual(GREY);
    expect(at(CHIN)).toBe(GREY);
  });

  it('darkens the hollow below the lip and the chin as the jaw drops, in proportion', () => {
    const half = shaded({ jawOpen: 0.4 });
    const full = shaded({ jawOpen: 0.8 });
    for (const landmark of [BELOW_LIP, CHIN]) {
      expect(half(landmark)).toBeLessThan(GREY - 2);
      expect(full(landmark)).toBeLessThan(half(landmark) - 2);
    }
  });

  it('touches neither lips nor anything above the cheeks, and no pixel by more than a fifth', () => {
    const at = shaded({ jawOpen: 1, mouthStretch: 1, mouthUpperUp: 1, mouthPress: 1, mouthFunnel: 1, mouthShrugLower: 1 });
    for (const landmark of ELSEWHERE) expect(at(landmark), `landmark ${landmark}`).toBe(GREY);
    for (let k = 0; k < 468; k += 1) {
      expect(at(k)).toBeGreaterThan(GREY * 0.8);
      expect(at(k)).toBeLessThan(GREY * 1.08);
    }
  }); // prettier-ignore

  it('has no step between neighbouring pixels: folds are soft', () => {
    const at = shaded({ jawOpen: 1, mouthStretch: 1, mouthUpperUp: 1, mouthPress: 1 });
    for (const landmark of [...BESIDE_LIPS, BELOW_LIP, CHIN]) {
      for (let offset = -15; offset < 15; offset += 1) {
        expect(Math.abs(at(landmark, offset) - at(landmark, offset + 1))).toBeLessThanOrEqual(10);
        expect(Math.abs(at(landmark, 0, offset) - at(landmark, 0, offset + 1))).toBeLessThanOrEqual(10);
      }
    }
  }); // prettier-ignore
});
