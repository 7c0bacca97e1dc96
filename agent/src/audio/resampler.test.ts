import { describe, expect, it } from 'vitest';
import { resample } from './resampler.ts';

const sine = (hz: number, rateHz: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rateHz));

/** Largest difference away from the ends, where the filter has all its samples. */
function maxError(actual: Float32Array, expected: Float32Array, margin: number): number {
  let worst = 0;
  for (let i = margin; i < actual.length - margin; i += 1) {
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  }
  return worst;
}

describe('resample', () => {
  it.each([8000, 16_000, 22_050, 44_100, 96_000])(
    'keeps a 1 kHz tone from %i Hz at 48 kHz',
    (rate) => {
      const output = resample(sine(1000, rate, rate), rate, 48_000);
      expect(output.length).toBe(48_000);
      expect(maxError(output, sine(1000, 48_000, 48_000), 400)).toBeLessThan(1e-4);
    },
  );

  it('removes what the lower rate cannot hold', () => {
    const output = resample(sine(30_000, 96_000, 96_000), 96_000, 48_000);
    expect(maxError(output, new Float32Array(output.length), 100)).toBeLessThan(1e-4);
  });

  it('keeps a constant exactly constant between the ends', () => {
    const output = resample(new Float32Array(4410).fill(0.25), 44_100, 48_000);
    expect(maxError(output, new Float32Array(4800).fill(0.25), 60)).toBeLessThan(1e-6);
  });

  it('keeps the time of an impulse', () => {
    const impulse = new Float32Array(1600);
    impulse[800] = 1;
    const output = resample(impulse, 16_000, 48_000);
    expect(output.indexOf(Math.max(...output))).toBe(2400);
  });

  it('gives the same bytes for the same input, and a copy for the same rate', () => {
    const input = sine(440, 22_050, 2000);
    expect(resample(input, 22_050, 48_000)).toEqual(resample(input, 22_050, 48_000));
    expect(resample(input, 48_000, 48_000)).toEqual(input);
    expect(resample(input, 48_000, 48_000)).not.toBe(input);
  });

  it('accepts recordings shorter than the filter and refuses impossible rates', () => {
    expect(resample(Float32Array.of(1), 8000, 48_000).length).toBe(6);
    expect(resample(new Float32Array(0), 8000, 48_000).length).toBe(0);
    expect(() => resample(Float32Array.of(1), 0, 48_000)).toThrow(RangeError);
  });
});
