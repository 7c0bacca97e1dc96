import { describe, expect, it } from 'vitest';
import type { PackAvatarSettings, Patch } from '../pipeline/model-pack.ts';
import { LiteRenderer, prepareLite } from './lite-renderer.ts';
import {
  avatarOf, faceLandmarks, paintFrames, parameters, rendererData, rotation, SCALE,
} from './synthetic-face.fixture.ts'; // prettier-ignore

const frontal = faceLandmarks(rotation(0, 0, 0), SCALE, 128, 100);
const OPEN = { jawOpen: 0.7, mouthLowerDown: 0.35, mouthUpperUp: 0.2 };
const SEALED = {
  jawOpen: 0.1, mouthClose: 0.1, mouthPress: 0.35, mouthRollLower: 0.25, mouthRollUpper: 0.18,
}; // prettier-ignore
const SILENCE = { jawOpen: 0.02 };

/** The mean face with its jaw dropped until the lips are `gapPx` apart. */
function ajar(gapPx: number): Float32Array {
  const face = Float32Array.from(frontal);
  const jaw = rendererData.parameterNames.indexOf('jawOpen') * 468 * 3;
  const lift = (k: number): number => rendererData.shapes[jaw + k * 3 + 1]!;
  const travel = gapPx / (lift(13) - lift(14));
  for (let k = 0; k < 468; k += 1) face[k * 3 + 1]! -= lift(k) * travel;
  return face;
}

function rendererOf(
  settings: Partial<PackAvatarSettings> = {},
  face = frontal,
  luma?: (x: number, y: number) => number,
): LiteRenderer {
  const avatar = avatarOf([face]);
  if (luma) paintFrames(avatar, luma);
  const packData = prepareLite(rendererData, avatar.frames, avatar.track);
  return new LiteRenderer({
    data: rendererData,
    ...avatar,
    packData,
    settings: { bboxShiftPx: 0, strengthRatio: 1, ...settings },
  });
}

function draw(renderer: LiteRenderer, drives: Record<string, number>): Patch {
  const patch = renderer.render(0, parameters(drives), 1);
  if (patch === null) throw new Error('nothing drawn');
  const { x, y, width, height } = patch;
  return { x, y, width, height, rgb: patch.rgb.slice(), alpha: patch.alpha.slice() };
}

/** How many pixels the colour of the teeth changes: those that show them. */
function teethPixels(drives: Record<string, number>, face = frontal): number {
  const [white, black] = ['#ffffff', '#000000'].map((teethColour) =>
    draw(rendererOf({ teethColour }, face), drives),
  ) as [Patch, Patch];
  let count = 0;
  for (let k = 0; k < white.width * white.height; k += 1) {
    if (white.alpha[k] === 0 && black.alpha[k] === 0) continue;
    if (Math.abs(white.rgb[k * 3 + 1]! - black.rgb[k * 3 + 1]!) > 2) count += 1;
  }
  return count;
}

/** Height of a landmark in the drawn face, px (down). */
function drawnY(renderer: LiteRenderer, landmark: number): number {
  const { taps, tapWeights } = rendererData;
  const vertex = taps.findIndex((of, at) => at % 8 === 0 && of === landmark && tapWeights[at] === 1) / 8;
  return renderer.mesh.y[vertex]! + renderer.mesh.dy[vertex]!;
} // prettier-ignore

describe('lips', () => {
  it('keep more than half of their thickness however far the jaw drops, without a jump', () => {
    const renderer = rendererOf();
    const thickness = (): [number, number] => [
      drawnY(renderer, 13) - drawnY(renderer, 0),
      drawnY(renderer, 17) - drawnY(renderer, 14),
    ];
    draw(renderer, {});
    const rest = thickness();
    let before = rest;
    for (let jawOpen = 0.1; jawOpen <= 1; jawOpen += 0.1) {
      draw(renderer, { jawOpen });
      const now = thickness();
      now.forEach((value, lip) => {
        expect(value).toBeGreaterThan(rest[lip]! * 0.55);
        expect(Math.abs(value - before[lip]!)).toBeLessThan(0.5);
      });
      before = now;
    }
  });

  it('stay full when they are pursed or rounded', () => {
    const renderer = rendererOf();
    draw(renderer, {});
    const upper = drawnY(renderer, 13) - drawnY(renderer, 0);
    const lower = drawnY(renderer, 17) - drawnY(renderer, 14);
    for (const drives of [{ mouthPucker: 0.85 }, { mouthFunnel: 0.6 }]) {
      draw(renderer, drives);
      expect(drawnY(renderer, 13) - drawnY(renderer, 0)).toBeGreaterThan(upper * 0.9);
      expect(drawnY(renderer, 17) - drawnY(renderer, 14)).toBeGreaterThan(lower * 0.6);
    }
  });

  it('show no tooth when they are closed: in silence, at rest, on p, b and m', () => {
    expect(teethPixels(OPEN)).toBeGreaterThan(60);
    for (const drives of [{}, SILENCE, SEALED]) expect(teethPixels(drives)).toBe(0);
  });

  it.each([4, 8, 12])('of a mouth %i px open in the source meet on p, b and m', (gapPx) => {
    expect(teethPixels(OPEN, ajar(gapPx))).toBeGreaterThan(60);
    expect(teethPixels(SEALED, ajar(gapPx))).toBe(0);
    const renderer = rendererOf({}, ajar(gapPx));
    draw(renderer, SILENCE);
    expect(drawnY(renderer, 14) - drawnY(renderer, 13)).toBeLessThan(1.5);
  });

  it('of an open mouth are drawn without the rim of what was between them', () => {
    // White between the landmarks of the lips and 1.5 px beyond, as landmarks lie inside the opening.
    const face = ajar(10);
    const white = (x: number, y: number): number => {
      const part = (x - face[0]!) / (face[308 * 3]! - face[0]!);
      const [top, bottom] = [face[13 * 3 + 1]!, face[14 * 3 + 1]!];
      return Math.abs(part) < 0.8 && y > top - 1.5 && y < bottom + 1.5 ? 235 : 90;
    };
    const patch = draw(rendererOf({}, face, white), SEALED);
    let brightest = 0;
    for (let row = 0; row < patch.height; row += 1) {
      const column = Math.floor(face[0]!) - patch.x;
      if (patch.y + row < face[0 * 3 + 1]! || patch.y + row > face[17 * 3 + 1]!) continue;
      brightest = Math.max(brightest, patch.rgb[(row * patch.width + column) * 3 + 1]!);
    }
    expect(brightest).toBeLessThan(150);
  }); // prettier-ignore
});

describe('the tongue', () => {
  it('is seen between the teeth on l, d and th', () => {
    const redness = (tongueUp: number): number => {
      const patch = draw(rendererOf(), { jawOpen: 0.25, mouthLowerDown: 0.25, mouthUpperUp: 0.1, tongueUp });
      // Just below the upper teeth, where it is dark when the tongue lies on the floor.
      const x = Math.floor(frontal[0]!) + 4 - patch.x;
      const y = Math.floor(frontal[14 * 3 + 1]!) + 5 - patch.y;
      const at = (y * patch.width + x) * 3;
      return patch.rgb[at]!;
    };
    expect(redness(0.55)).toBeGreaterThan(redness(0) + 8);
    expect(redness(0.9)).toBeGreaterThan(redness(0) + 8);
  }); // prettier-ignore
});

describe("an avatar's settings", () => {
  it('raise the corners of the mouth with smile and lower them below 0, only while it speaks', () => {
    const corner = (smileRatio: number, ratio = 1): number => {
      const renderer = rendererOf({ smileRatio });
      renderer.render(0, parameters({}), ratio);
      return drawnY(renderer, 61);
    };
    const neutral = corner(0);
    expect(neutral).toBeCloseTo(frontal[61 * 3 + 1]!, 3);
    expect(corner(0.5)).toBeLessThan(neutral - 2);
    expect(corner(0.25)).toBeLessThan(neutral - 1);
    expect(corner(-0.3)).toBeGreaterThan(neutral + 0.5);
    expect(rendererOf({ smileRatio: 0.5 }).render(0, parameters({}), 0)).toBeNull();
    expect(neutral - corner(0.5, 0.1)).toBeLessThan(0.15 * (neutral - corner(0.5)));
  });

  it('move the teeth by their millimetres', () => {
    const edge = (teethOffsetMm: number): number => {
      const patch = draw(rendererOf({ teethOffsetMm, teethColour: '#ffffff' }), { jawOpen: 0.8 });
      const column = Math.floor(frontal[0]!) + 3 - patch.x;
      const top = Math.floor(drawnTop) - patch.y;
      for (let row = top + 2; row < top + 22; row += 1) {
        if (patch.rgb[(row * patch.width + column) * 3 + 1]! < 70) return row;
      }
      return NaN;
    };
    const renderer = rendererOf();
    draw(renderer, { jawOpen: 0.8 });
    const drawnTop = drawnY(renderer, 13);
    const mmPx = SCALE / 100;
    expect(edge(-4) - edge(0)).toBeGreaterThan(4 * mmPx - 1.6);
    expect(edge(-4) - edge(0)).toBeLessThan(4 * mmPx + 1.6);
  });

  it('colour the teeth, and nothing else', () => {
    const [own, blue] = [undefined, '#4060ff'].map((teethColour) =>
      draw(rendererOf({ teethColour }), OPEN),
    ) as [Patch, Patch];
    let changed = 0;
    for (let k = 0; k < own.width * own.height; k += 1) {
      const at = k * 3;
      const before = own.rgb.subarray(at, at + 3);
      const after = blue.rgb.subarray(at, at + 3);
      if (before.every((value, c) => value === after[c])) continue;
      changed += 1;
      // Enamel only: bright and hardly coloured before, bluer than red after.
      expect(after[2]! - after[0]!).toBeGreaterThanOrEqual(before[2]! - before[0]!);
    }
    expect(changed).toBeGreaterThan(60);
    expect(changed).toBeLessThan(0.1 * own.width * own.height);
    expect(draw(rendererOf({ teethColour: '#e2d8c6' }), OPEN).rgb).toEqual(own.rgb);
  });
});
