import { describe, expect, it } from 'vitest';
import { Decimator } from './decimator.ts';

const CHUNK = 960;

/** RMS of the decimated tone, in dB relative to the input's RMS; the first chunk (filter warm-up) is left out. */
function gainDb(frequencyHz: number): number {
  const decimator = new Decimator(CHUNK);
  const input = new Int16Array(CHUNK);
  const output = new Int16Array(CHUNK / 3);
  const amplitude = 20_000;
  let sum = 0;
  let count = 0;
  for (let chunk = 0; chunk < 20; chunk++) {
    for (let i = 0; i < CHUNK; i++) {
      const t = (chunk * CHUNK + i) / 48_000;
      input[i] = Math.round(amplitude * Math.sin(2 * Math.PI * frequencyHz * t));
    }
    decimator.process(input, output);
    if (chunk === 0) continue;
    for (const sample of output) sum += sample * sample;
    count += output.length;
  }
  return 10 * Math.log10(sum / count / (amplitude ** 2 / 2) + 1e-12);
}

describe('Decimator', () => {
  it('passes speech frequencies unchanged', () => {
    for (const hz of [100, 1000, 3400, 6500]) expect(Math.abs(gainDb(hz))).toBeLessThan(0.1);
  });

  it('rejects what would alias into the speech band by at least 60 dB', () => {
    for (const hz of [9500, 10_000, 12_000, 15_000, 20_000]) {
      expect(gainDb(hz)).toBeLessThan(-60);
    }
  });

  it('gives the same samples whatever the chunk size', () => {
    const total = 2880;
    const input = Int16Array.from({ length: total }, (_, i) => (i * 7919) % 20_000);
    const whole = new Int16Array(total / 3);
    new Decimator(total).process(input, whole);
    const parts = new Int16Array(total / 3);
    const decimator = new Decimator(960);
    for (let i = 0; i < 3; i++) {
      decimator.process(input.subarray(i * 960, (i + 1) * 960), parts.subarray(i * 320));
    }
    expect(parts).toEqual(whole);
  });

  it('saturates instead of wrapping around', () => {
    const decimator = new Decimator(CHUNK);
    const output = new Int16Array(CHUNK / 3);
    const square = Int16Array.from({ length: CHUNK }, (_, i) => (i % 96 < 48 ? 32_767 : -32_768));
    decimator.process(square, output);
    decimator.process(square, output);
    expect(Math.max(...output)).toBe(32_767);
    expect(Math.min(...output)).toBe(-32_768);
  });
});
