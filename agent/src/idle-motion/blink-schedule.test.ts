import { describe, expect, it } from 'vitest';
import { FRAME_MS } from '../pipeline/timeline.ts';
import { lidClosureAt } from './blink-schedule.ts';

const TEN_MINUTES = (10 * 60 * 1000) / FRAME_MS;
const closures = (seed: number): number[] =>
  Array.from({ length: TEN_MINUTES }, (_, frame) => lidClosureAt(seed, frame));
/** First frame of every blink. */
const beginnings = (values: number[]): number[] =>
  values.flatMap((value, i) => (value > 0 && (values[i - 1] ?? 0) === 0 ? [i] : []));

describe('lidClosureAt', () => {
  const values = closures(7);
  const starts = beginnings(values);
  const pausesS = starts.slice(1).map((start, i) => ((start - starts[i]!) * FRAME_MS) / 1000);

  it('blinks every 2–6 s, now and then twice in a row', () => {
    const single = pausesS.filter((pause) => pause > 1);
    const double = pausesS.filter((pause) => pause <= 1);
    expect(Math.min(...single)).toBeGreaterThan(1.4);
    expect(Math.max(...single)).toBeLessThan(6.1);
    expect(double.length / starts.length).toBeGreaterThan(0.02);
    expect(double.length / starts.length).toBeLessThan(0.2);
    expect(starts.length).toBeGreaterThan(150);
  });

  it('shuts the eyes in every blink for at least one frame, and opens them again within 300 ms', () => {
    for (const start of starts) {
      const blink = values.slice(start, start + 8);
      expect(Math.max(...blink)).toBe(1);
      expect(blink.at(-1)).toBe(0);
    }
  });

  it('has no rhythm', () => {
    const mean = pausesS.reduce((sum, pause) => sum + pause, 0) / pausesS.length;
    const spread = Math.sqrt(
      pausesS.reduce((sum, pause) => sum + (pause - mean) ** 2, 0) / pausesS.length,
    );
    expect(spread / mean).toBeGreaterThan(0.2);
  });

  it('is the same for the same seed and another one for another', () => {
    expect(closures(7)).toEqual(values);
    expect(beginnings(closures(8))).not.toEqual(starts);
  });
});
