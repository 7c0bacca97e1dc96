import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AvatarError } from '../errors.ts';
import { parseRendererData } from './renderer-data.ts';
import { parameters, rendererData } from './synthetic-face.fixture.ts';

const file = readFileSync(new URL('../../../models/lite/renderer.bin', import.meta.url));

function codeOf(bytes: Uint8Array): string {
  try {
    parseRendererData(bytes);
  } catch (error) {
    return error instanceof AvatarError ? error.code : String(error);
  }
  return 'accepted';
}

describe('models/lite/renderer.bin', () => {
  it('is at most 400 kB and holds the twelve parameters of the audio network in its order', () => {
    expect(file.length).toBeLessThanOrEqual(400_000);
    const table = JSON.parse(
      readFileSync(new URL('../../../models/lite/mouth.json', import.meta.url), 'utf8'),
    ) as { parameters: string[] };
    expect(rendererData.parameterNames).toEqual(table.parameters);
  });

  it('is refused with MODEL_PACK_CORRUPT when any byte is changed', () => {
    for (const at of [0, 5, 9, 40, 5000, 100_000, file.length - 1]) {
      const damaged = new Uint8Array(file);
      damaged[at]! ^= 0x10;
      expect(codeOf(damaged), `byte ${at}`).toBe('MODEL_PACK_CORRUPT');
    }
  });

  it('is refused when cut short or empty', () => {
    expect(codeOf(file.subarray(0, file.length - 100))).toBe('MODEL_PACK_CORRUPT');
    expect(codeOf(new Uint8Array(0))).toBe('MODEL_PACK_CORRUPT');
  });

  it('holds shapes that are left-right symmetric at the lips', () => {
    const jaw = parameters({ jawOpen: 1 }).indexOf(1) * 468 * 3;
    const at = (landmark: number, axis: number): number =>
      rendererData.shapes[jaw + landmark * 3 + axis]!;
    for (const [right, left] of [[78, 308], [88, 318], [61, 291], [91, 321]] as const) {
      expect(at(right, 0)).toBeCloseTo(-at(left, 0), 3);
      expect(at(right, 1)).toBeCloseTo(at(left, 1), 3);
    } // prettier-ignore
  });
});
