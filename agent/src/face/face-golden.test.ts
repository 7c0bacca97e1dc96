import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FACE_MODEL_NAMES, type FaceModelName, type FaceModels } from './face-models.ts';
import { loadFaceModels } from './face-models.node.ts';

/** Written by models/face/golden/make_golden.py with MediaPipe's own runtime. */
type Golden = {
  size: number;
  low: number;
  cases: Record<
    string,
    Record<string, { length: number; largest: number; at: number[]; values: number[] }>
  >;
};

const packDirectory = path.resolve(import.meta.dirname, '../../../models/face');
const goldenDirectory = path.join(packDirectory, 'golden');

/**
 * Largest difference allowed, in the output's own unit: pixels of the input for boxes and landmarks, logits for
 * scores (up to 290 in size), probability for the mask. Measured: a third to a half of these.
 */
const TOLERANCE: Record<FaceModelName, number> = {
  'face-detector-full-range': 3e-4,
  'face-detector-short-range': 6e-4,
  'face-mesh-attention': 3e-4,
  'selfie-segmentation': 1e-4,
};
/** Squares of face.png (x, y, side), as in make_golden.py. */
const WHOLE = [0, 0, 320] as const;
const CLOSE_UP = [47, 44, 236] as const;

let models: FaceModels;
beforeAll(async () => {
  models = await loadFaceModels(packDirectory);
});
afterAll(() => models.release());

describe.each(FACE_MODEL_NAMES)('%s', (name) => {
  it.each(['noise', 'face'])('gives the values of MediaPipe on the %s picture', async (kind) => {
    const golden = await readGolden(name);
    const bytes = kind === 'noise' ? noise(golden.size) : await face(name, golden.size);
    const input = Float32Array.from(
      bytes,
      (value) => golden.low + (value / 255) * (1 - golden.low),
    );

    const outputs = await models.run(name, input, [1, golden.size, golden.size, 3]);

    const wanted = golden.cases[kind]!;
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(wanted).sort());
    for (const [output, { length, at, values }] of Object.entries(wanted)) {
      const actual = outputs[output]!;
      expect(actual.length, output).toBe(length);
      const differences = at.map((index, i) => Math.abs(actual[index]! - values[i]!));
      expect(Math.max(...differences), output).toBeLessThan(TOLERANCE[name]);
    }
  });
});

describe('the golden values', () => {
  it('hold a face in the face picture that stands out from the noise', async () => {
    for (const name of ['face-detector-full-range', 'face-detector-short-range'] as const) {
      const { cases } = await readGolden(name);
      const best = (kind: string): number => Math.max(...cases[kind]!['scores']!.values);
      // A logit above 0 is a detection. On noise the short-range one may cross it: the mesh then says no.
      expect(best('face'), name).toBeGreaterThan(0.5);
      expect(best('noise'), name).toBeLessThan(0.2);
    }
    const mesh = await readGolden('face-mesh-attention');
    expect(mesh.cases['face']!['faceFlag']!.values[0]).toBeGreaterThan(5);
    expect(mesh.cases['noise']!['faceFlag']!.values[0]).toBeLessThan(-5);
  });
});

async function readGolden(name: FaceModelName): Promise<Golden> {
  return JSON.parse(await readFile(path.join(goldenDirectory, `${name}.json`), 'utf8')) as Golden;
}

/** xorshift32 from seed 1; the top byte of each step. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size * size * 3);
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Nearest pixels of face.png: no resampling that two programs could round differently. */
async function face(name: FaceModelName, size: number): Promise<Uint8Array> {
  const file = path.join(goldenDirectory, 'face.png');
  const { data, info } = await sharp(file)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [left, top, side] = name === 'face-mesh-attention' ? CLOSE_UP : WHOLE;
  const bytes = new Uint8Array(size * size * 3);
  for (let y = 0, o = 0; y < size; y++) {
    const row = top + Math.floor((y * side) / size);
    for (let x = 0; x < size; x++, o += 3) {
      const column = left + Math.floor((x * side) / size);
      const from = (row * info.width + column) * 3;
      bytes.set(data.subarray(from, from + 3), o);
    }
  }
  return bytes;
}
