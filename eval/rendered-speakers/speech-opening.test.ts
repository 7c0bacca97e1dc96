/** Openings over time against a curve that is known. */
import { describe, expect, it } from 'vitest';
import { scoreOpenings } from './speech-opening.ts';

const STEPS = 400;
const wave = (step: number): number => 100 + 60 * Math.sin(step / 9) + 40 * Math.sin(step / 23);
const speech = {
  name: 'wave',
  person: 'p1',
  wavPath: '',
  openingPx2: Float64Array.from({ length: STEPS }, (_, step) => wave(step)),
};
/** What a picture shows that is `lateMs` late: the mean over each 40 ms frame. */
const openings = (lateMs: number, gain: number): number[] =>
  Array.from({ length: STEPS / 4 }, (_, frame) => {
    const part = [0, 1, 2, 3].map((k) => wave(frame * 4 + k - lateMs / 10));
    return (gain * part.reduce((sum, value) => sum + value)) / 4;
  });

describe('openings of an utterance', () => {
  it('that are right fit without offset', () => {
    const { score } = scoreOpenings([{ speech, openings: openings(0, 1) }]);
    expect(score.openingCorrelation).toBeGreaterThan(0.98);
    expect(Math.abs(score.avOffsetMs)).toBeLessThan(5);
    expect(score.openingRatio).toBeCloseTo(1, 1);
  });

  it.each([80, -120])('that come %i ms late are found to', (lateMs) => {
    const { score } = scoreOpenings([{ speech, openings: openings(lateMs, 1) }]);
    expect(Math.abs(score.avOffsetMs - lateMs)).toBeLessThan(5);
    expect(score.openingCorrelation).toBeGreaterThan(score.openingCorrelationInPlace + 0.05);
  });

  it('that are too small show in the ratio alone', () => {
    const { score } = scoreOpenings([{ speech, openings: openings(0, 0.5) }]);
    expect(score.openingCorrelation).toBeGreaterThan(0.98);
    expect(score.openingRatio).toBeCloseTo(0.5, 1);
  });

  it('are not scored without speech', () => {
    expect(scoreOpenings([]).score.openingCorrelation).toBeNaN();
  });
});
