import { describe, expect, it } from 'vitest';
import { asShown, avOffset } from './av-offset.ts';
import { jitter } from './score-speech.ts';

/** Syllables of uneven length, 3 s in steps of 10 ms. */
const speech = (lateByMs: number): Float64Array =>
  Float64Array.from({ length: 300 }, (_, step) => {
    const seconds = step / 100 - lateByMs / 1000;
    return Math.sin(2 * Math.PI * 4 * seconds) + Math.sin(2 * Math.PI * 2.7 * seconds + 1);
  });

describe('the offset between picture and sound', () => {
  it.each([0, 30, -70, 125])('is %i ms for lips that are so much late', (lateByMs) => {
    const { peakMs, peakCorrelation } = avOffset([{ shown: speech(lateByMs), target: speech(0) }]);
    expect(Math.abs(peakMs - lateByMs)).toBeLessThan(3);
    expect(peakCorrelation).toBeGreaterThan(0.97);
  });

  it('of a curve held for each frame is half a frame less a step', () => {
    const target = speech(0);
    const frames = target.filter((_, step) => step % 4 === 0);
    const { peakMs } = avOffset([{ shown: asShown(frames, 300), target }]);
    expect(Math.abs(peakMs - 15)).toBeLessThan(2);
  });

  it('of lips that never move has no correlation', () => {
    const still = new Float64Array(300);
    expect(avOffset([{ shown: still, target: speech(0) }]).peakCorrelation).toBe(0);
  });
});

describe('jitter', () => {
  it('is nothing for an even movement and four for lips that flap', () => {
    expect(jitter([0, 1, 2, 3])).toBe(0);
    expect(jitter([1, -1, 1, -1])).toBe(4);
  });
});
