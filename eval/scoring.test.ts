import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mouthTableSchema } from '../agent/src/packs/lite/mouth-decoder.ts';
import { closures, overSpeakers, SpeakerScoring, type SpeakerScores } from './scoring.ts';

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const { classes, parameters } = mouthTableSchema.parse(read('../models/lite/mouth.json'));

/** Made by models/train/test_references.py with models/train/scoring.py. */
const golden = read('scoring.golden.json') as {
  steps: number;
  segments: [string, number, number][];
  labels: number[];
  said: number[];
  expected: Record<string, number>;
};
const segments = golden.segments.map(([name, startS, endS]) => ({ name, startS, endS }));

/** The same curves as in models/train/test_references.py. */
const waves = (offset: number): Float64Array =>
  Float64Array.from({ length: golden.steps * parameters.length }, (_, i) => {
    const [step, column] = [Math.floor(i / parameters.length), i % parameters.length];
    return 0.5 + 0.5 * Math.sin(0.13 * step + 0.9 * column + offset);
  });

describe('scores of a speaker', () => {
  it('are those of models/train/scoring.py', () => {
    const scoring = new SpeakerScoring(classes, parameters);
    const posterior = new Float64Array(golden.steps * classes.length);
    golden.said.forEach((name, step) => (posterior[step * classes.length + name] = 1));
    scoring.add({
      segments,
      labels: Uint8Array.from(golden.labels),
      target: Float32Array.from(waves(0.4)),
      mouth: waves(0),
      posterior,
    });
    const found = scoring.summary();
    for (const [name, value] of Object.entries(golden.expected)) {
      expect(found[name as keyof SpeakerScores], name).toBeCloseTo(value, 3);
    }
  });

  it('are averaged over speakers, however many utterances each has', () => {
    const scores = new SpeakerScoring(classes, parameters).summary();
    const mean = overSpeakers([
      { ...scores, classAccuracy: 0.4, utterances: 9, closures: 20 },
      { ...scores, classAccuracy: 0.8, utterances: 1, closures: 3 },
    ]);
    expect(mean.classAccuracy).toBeCloseTo(0.6);
    expect([mean.utterances, mean.closures]).toEqual([10, 23]);
  });
});

describe('closures', () => {
  // 20 steps: a vowel, p, a vowel with a dip, p, silence.
  const spoken = [
    { name: 'aa', startS: 0, endS: 0.08 },
    { name: 'PP', startS: 0.08, endS: 0.1 },
    { name: 'aa', startS: 0.1, endS: 0.18 },
    { name: 'PP', startS: 0.18, endS: 0.19 },
    { name: 'sil', startS: 0.19, endS: 0.3 },
  ];
  const open = new Float64Array(30).fill(1);

  it('are found where the lips come below 45 % of the usual vowel, within 20 ms of the p', () => {
    const aperture = open.slice();
    aperture[10] = 0.4;
    expect(closures(aperture, spoken)).toEqual({
      bilabials: [true, false],
      vowels: [false, false],
    });
    aperture[10] = 0.5;
    expect(closures(aperture, spoken).bilabials).toEqual([false, false]);
  });

  it('count as false inside a vowel but not at its edge', () => {
    const aperture = open.slice();
    aperture[10] = 0;
    expect(closures(aperture, spoken).vowels).toEqual([false, false]);
    aperture[14] = 0;
    expect(closures(aperture, spoken).vowels).toEqual([false, true]);
  });

  it('are not judged without a vowel to compare with', () => {
    expect(closures(open, spoken.slice(1, 2))).toEqual({ bilabials: [], vowels: [] });
  });
});
