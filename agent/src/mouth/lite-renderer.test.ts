import { describe, expect, it } from 'vitest';
import { AvatarError } from '../errors.ts';
import type { Patch } from '../pipeline/model-pack.ts';
import { LiteRenderer, prepareLite } from './lite-renderer.ts';
import { convertRegion } from './yuv.ts';
import {
  avatarOf, faceLandmarks, parameters, rendererData, rotation, SCALE, SIDE_PX,
} from './synthetic-face.fixture.ts'; // prettier-ignore

const PLACE = [128, 100] as const;
const frontal = faceLandmarks(rotation(0, 0, 0), SCALE, ...PLACE);
const OPEN = parameters({ jawOpen: 0.7, mouthLowerDown: 0.35, mouthUpperUp: 0.2 });
const SEALED = parameters({
  jawOpen: 0.1, mouthClose: 0.1, mouthPress: 0.35, mouthRollLower: 0.25, mouthRollUpper: 0.18,
}); // prettier-ignore

function rendererOf(
  faces: Float32Array[] = [frontal],
  strengthRatio = 1,
): { renderer: LiteRenderer; avatar: ReturnType<typeof avatarOf> } {
  const avatar = avatarOf(faces);
  const packData = prepareLite(rendererData, avatar.frames, avatar.track);
  const settings = { bboxShiftPx: 0, strengthRatio };
  return { renderer: new LiteRenderer({ data: rendererData, ...avatar, packData, settings }), avatar };
} // prettier-ignore

/** The frame's own RGB in the patch's rectangle. */
function sourceOf(avatar: ReturnType<typeof avatarOf>, patch: Patch): Uint8Array {
  const rgb = new Uint8Array(patch.width * patch.height * 3);
  convertRegion(avatar.frames, 0, patch, new Int32Array(patch.width * patch.height), rgb);
  return rgb;
}

/** Largest change of a pixel after blending, 0–255. */
function largestChange(avatar: ReturnType<typeof avatarOf>, patch: Patch): number {
  const source = sourceOf(avatar, patch);
  let largest = 0;
  for (let k = 0; k < source.length; k += 1) {
    const alpha = patch.alpha[(k / 3) | 0]! / 255;
    largest = Math.max(largest, Math.abs(patch.rgb[k]! - source[k]!) * alpha);
  }
  return largest;
}

const render = (renderer: LiteRenderer, pose: Float32Array, ratio = 1): Patch => {
  const patch = renderer.render(0, pose, ratio);
  if (patch === null) throw new Error('nothing drawn');
  return patch;
};

/** A smile that shows the teeth: the lower lip 4 px lower. */
function smiling(gapPx = 4): Float32Array {
  const face = Float32Array.from(frontal);
  for (const k of [14, 87, 317, 178, 402, 88, 318]) face[k * 3 + 1]! += gapPx;
  return face;
}

describe('a mouth at rest', () => {
  it('is the source itself where that is closed', () => {
    expect(rendererOf().renderer.resting(0)).toBeNull();
    expect(rendererOf([smiling(1)]).renderer.resting(0)).toBeNull();
  });

  it('is shut where the source is open, drawn once for a still', () => {
    const { renderer, avatar } = rendererOf([smiling()]);
    const patch = renderer.resting(0)!;
    expect(renderer.holeAreaPx).toBeLessThan(10);
    expect(largestChange(avatar, patch)).toBeGreaterThan(10);
    const before = patch.rgb.slice();
    render(renderer, OPEN);
    expect(renderer.resting(0)).toBe(patch);
    expect(patch.rgb).toEqual(before);
  });

  it('is what speech fades to, byte by byte', () => {
    const { renderer } = rendererOf([smiling()]);
    const { rgb, alpha } = renderer.resting(0)!;
    const changes = [0.3, 0.1, 0.01, 1e-7].map((ratio) => {
      const patch = render(renderer, OPEN, ratio);
      let largest = 0;
      for (let k = 0; k < alpha.length; k += 1) {
        largest = Math.max(largest, Math.abs(patch.alpha[k]! - alpha[k]!));
      }
      for (let k = 0; k < rgb.length; k += 1) {
        largest = Math.max(largest, Math.abs(patch.rgb[k]! - rgb[k]!));
      }
      return largest;
    });
    expect(changes[0]).toBeGreaterThan(changes[2]!);
    expect(changes[3]).toBeLessThanOrEqual(1);
  });

  it('follows a video whose mouth opens and closes, without a jump', () => {
    const faces = Array.from({ length: 40 }, (_, k) =>
      smiling(4 * Math.max(0, Math.sin((k * Math.PI) / 20))),
    );
    const { renderer, avatar } = rendererOf(faces);
    expect(renderer.resting(10)).not.toBeNull();
    renderer.resting(10);
    expect(renderer.holeAreaPx).toBeLessThan(10);
    expect(renderer.resting(35)).toBeNull();
    // Where shutting begins there is next to nothing to shut.
    const first = faces.findIndex((_, k) => renderer.resting(k) !== null);
    const last =
      faces.length -
      1 -
      [...faces].reverse().findIndex((_, k) => renderer.resting(faces.length - 1 - k) !== null);
    for (const frame of [first, last]) {
      expect(largestChange(avatar, renderer.resting(frame)!)).toBeLessThan(12);
    }
  });
});

describe('LiteRenderer', () => {
  it('returns null at speech ratio 0', () => {
    expect(rendererOf().renderer.render(0, OPEN, 0)).toBeNull();
  });

  it('changes no pixel by more than 1/255 when all parameters are 0', () => {
    const { renderer, avatar } = rendererOf();
    expect(largestChange(avatar, render(renderer, parameters({})))).toBeLessThanOrEqual(1);
  });

  it('converges to the source frame as the speech ratio goes to 0', () => {
    const { renderer, avatar } = rendererOf();
    const changes = [0.2, 0.05, 0.01, 0.002].map((ratio) =>
      largestChange(avatar, render(renderer, OPEN, ratio)),
    );
    expect(changes[0]).toBeGreaterThan(20);
    for (let k = 1; k < changes.length; k += 1) expect(changes[k]).toBeLessThan(changes[k - 1]!);
    expect(changes[3]).toBeLessThanOrEqual(1);
  });

  it('does not jump: ratios 1 % apart differ by little on average', () => {
    const { renderer } = rendererOf();
    let before: Uint8Array | null = null;
    for (let ratio = 0.01; ratio <= 1; ratio += 0.01) {
      const patch = render(renderer, OPEN, ratio);
      const now = Uint8Array.from(patch.rgb.subarray(0, patch.width * patch.height * 3));
      if (before !== null) {
        let sum = 0;
        for (let k = 0; k < now.length; k += 1) sum += Math.abs(now[k]! - before[k]!);
        expect(sum / now.length).toBeLessThan(0.6);
      }
      before = now;
    }
  });

  it('lowers what is under the lower lip by the jaw shape times the scale of the face', () => {
    const avatar = avatarOf([frontal]);
    // A dark spot on landmark 200 of the chin: its way down is known from the shape.
    const spot = 200;
    const [x, y] = [frontal[spot * 3]!, frontal[spot * 3 + 1]!];
    for (let row = -4; row <= 4; row += 1) {
      for (let column = -4; column <= 4; column += 1) {
        if (row * row + column * column > 16) continue;
        avatar.frames.i420[Math.floor(y + row) * SIDE_PX + Math.floor(x + column)] = 30;
      }
    }
    const packData = prepareLite(rendererData, avatar.frames, avatar.track);
    const settings = { bboxShiftPx: 0, strengthRatio: 1 };
    const marked = new LiteRenderer({ data: rendererData, ...avatar, packData, settings });
    const centroid = (patch: Patch): number => {
      let weight = 0;
      let sum = 0;
      for (let row = 0; row < patch.height; row += 1) {
        const at = row * patch.width + Math.floor(x) - patch.x;
        // The mouth hole is dark as well: look below the lip only.
        if (patch.y + row < y - 6) continue;
        const dark = Math.max(0, 90 - patch.rgb[at * 3 + 1]!);
        weight += dark;
        sum += dark * (patch.y + row + 0.5);
      }
      return sum / weight;
    };
    const rest = centroid(render(marked, parameters({})));
    const jaw = 0.4;
    const moved = centroid(render(marked, parameters({ jawOpen: jaw }))) - rest;
    const row = rendererData.parameterNames.indexOf('jawOpen') * 468 * 3;
    const expected = -rendererData.shapes[row + spot * 3 + 1]! * jaw * SCALE;
    expect(expected).toBeGreaterThan(5);
    expect(Math.abs(moved - expected)).toBeLessThan(0.7);
  });

  it('opens further the more the jaw drops', () => {
    const { renderer } = rendererOf();
    let before = 0;
    for (const jawOpen of [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1]) {
      render(renderer, parameters({ jawOpen }));
      expect(renderer.holeAreaPx).toBeGreaterThan(before);
      before = renderer.holeAreaPx;
    }
    expect(before).toBeGreaterThan(300);
  });

  it('seals the lips for p, b and m', () => {
    const { renderer } = rendererOf();
    render(renderer, OPEN);
    const open = renderer.holeAreaPx;
    render(renderer, SEALED);
    expect(renderer.holeAreaPx).toBeLessThan(open * 0.02);
  });

  it('shuts a mouth that is open in the source', () => {
    const { renderer } = rendererOf([smiling()]);
    for (const pose of [parameters({}), SEALED]) {
      render(renderer, pose, 1);
      expect(renderer.holeAreaPx).toBeLessThan(10);
    }
  });

  it('draws teeth brighter than the cavity and leaves the forehead alone', () => {
    const { renderer } = rendererOf();
    const patch = render(renderer, OPEN);
    const upperLip = frontal[13 * 3 + 1]!;
    const brightness: number[] = [];
    for (let y = Math.floor(upperLip); y < upperLip + 22; y += 1) {
      const at = (y - patch.y) * patch.width + Math.floor(frontal[13 * 3]!) + 3 - patch.x;
      brightness.push(patch.rgb[at * 3 + 1]!);
    }
    expect(Math.max(...brightness.slice(0, 8))).toBeGreaterThan(90);
    expect(Math.min(...brightness)).toBeLessThan(60);
    const eyeRows = Math.floor(frontal[33 * 3 + 1]!) - patch.y;
    for (let k = 0; k < eyeRows * patch.width; k += 1) expect(patch.alpha[k]).toBe(0);
  });

  it('keeps alpha 0 along the border of the patch, and even numbers', () => {
    const { renderer } = rendererOf();
    const patch = render(renderer, OPEN);
    for (const value of [patch.x, patch.y, patch.width, patch.height]) expect(value % 2).toBe(0);
    for (let x = 0; x < patch.width; x += 1) {
      expect(patch.alpha[x]).toBe(0);
      expect(patch.alpha[(patch.height - 1) * patch.width + x]).toBe(0);
    }
    expect(patch.alpha.includes(255)).toBe(true);
  });

  it('gives the same bytes for the same input', () => {
    const copy = (patch: Patch): number[] => [...patch.rgb.subarray(0, patch.width * patch.height * 3)];
    const first = rendererOf().renderer;
    const one = copy(render(first, OPEN));
    render(first, SEALED);
    expect(copy(render(first, OPEN))).toEqual(one);
    expect(copy(render(rendererOf().renderer, OPEN))).toEqual(one);
  }); // prettier-ignore

  it('moves more with a higher strength', () => {
    const area = (strength: number): number => {
      const { renderer } = rendererOf([frontal], strength);
      render(renderer, OPEN);
      return renderer.holeAreaPx;
    };
    expect(area(0.5)).toBeLessThan(area(1) * 0.7);
  });

  it('draws a face that is partly outside the frame', () => {
    const { renderer } = rendererOf([faceLandmarks(rotation(0, 0, 0), SCALE, 20, 190)]);
    const patch = render(renderer, OPEN);
    expect(patch.x).toBe(0);
    expect(patch.y + patch.height).toBeLessThanOrEqual(SIDE_PX);
  });
});

describe('prepareLite', () => {
  const turned = (degrees: number): Float32Array =>
    faceLandmarks(rotation((degrees * Math.PI) / 180, 0, 0), SCALE, ...PLACE);

  it('refuses a source that never looks into the camera', () => {
    const { frames, track } = avatarOf([turned(60), turned(-70)]);
    expect(() => prepareLite(rendererData, frames, track)).toThrow(AvatarError);
    expect(() => prepareLite(rendererData, frames, track)).toThrow(/from the front/);
  });

  it('leaves frames alone whose head is turned too far, and drives the others', () => {
    const { renderer } = rendererOf([frontal, turned(55)]);
    expect(renderer.render(0, OPEN, 1)).not.toBeNull();
    expect(renderer.render(1, OPEN, 1)).toBeNull();
  });

  it('is deterministic', () => {
    const { frames, track } = avatarOf([frontal, turned(10)]);
    const one = prepareLite(rendererData, frames, track);
    expect(Array.from(prepareLite(rendererData, frames, track))).toEqual(Array.from(one));
  });

  it("makes data that another avatar's frames refuse", () => {
    const { frames, track } = avatarOf([frontal]);
    const packData = prepareLite(rendererData, frames, track);
    const other = avatarOf([frontal, frontal]);
    const settings = { bboxShiftPx: 0, strengthRatio: 1 };
    expect(() => new LiteRenderer({ data: rendererData, ...other, packData, settings })).toThrow(
      /Prepare the avatar again/,
    );
  });
});
