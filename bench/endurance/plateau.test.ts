import { describe, expect, it } from 'vitest';
import { growth, slope, type Point } from './plateau.ts';

/** Noise between −1 and 1 that is the same in every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 1_073_741_824 - 1;
  };
}

/** 40 rests of a run of 1,000 cycles. */
const rests = (rssMb: (cycles: number) => number): Point[] =>
  Array.from({ length: 40 }, (_, i) => [25 * (i + 1), rssMb(25 * (i + 1))]);

describe('growth', () => {
  it('ignores what happens while a process warms up', () => {
    const warming = rests((cycles) => 200 - 100 * Math.exp(-cycles / 40));
    expect(growth(warming)?.growthRatio).toBeLessThan(0.05);
  });

  it('finds a leak of 40 kB a cycle under noise of 10 MB', () => {
    const random = noise(3);
    const leaking = growth(rests((cycles) => 250 + 0.04 * cycles + 10 * random()));
    expect(leaking?.growthRatio).toBeGreaterThan(0.1);
    expect(leaking?.per1000).toBeGreaterThan(30);
    expect(leaking?.per1000).toBeLessThan(50);
  });

  it('is not misled by a garbage collection that has not come yet', () => {
    const random = noise(5);
    const points = rests(() => 250 + 5 * random()).map(([step, value], i): Point => [
      step,
      i % 9 === 8 ? value + 120 : value,
    ]);
    expect(Math.abs(growth(points)?.growthRatio ?? 1)).toBeLessThan(0.05);
  });

  it('says nothing about three samples', () => {
    expect(
      growth([
        [1, 5],
        [2, 5],
        [3, 5],
      ]),
    ).toBeUndefined();
  });
});

describe('slope', () => {
  it('holds the true slope in its interval, and a narrow one for many points', () => {
    const random = noise(7);
    const points = Array.from({ length: 3000 }, (_, i): Point => [i, 0.01 * i + 20 * random()]);
    const { perStep, low, high } = slope(points);
    expect(low).toBeLessThan(0.01);
    expect(high).toBeGreaterThan(0.01);
    expect(perStep).toBeCloseTo(0.01, 3);
    expect(high - low).toBeLessThan(0.004);
  });

  it('is not moved by a quarter of wild values', () => {
    const points = Array.from({ length: 200 }, (_, i): Point => [i, i % 4 === 0 ? 9999 : 3 * i]);
    expect(slope(points).perStep).toBeCloseTo(3, 1);
  });
});
