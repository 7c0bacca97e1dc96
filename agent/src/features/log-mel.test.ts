import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MEL_BINS, StreamingLogMel } from './log-mel.ts';
import { RealFft } from './real-fft.ts';
import { RunningMean } from './running-mean.ts';

const golden = JSON.parse(
  readFileSync(new URL('./log-mel.golden.json', import.meta.url), 'utf8'),
) as { frames: Record<string, number[]> };

/** The golden vector's signal: a modulated low tone, a high tone and a chirp. */
const signal = Float32Array.from(
  { length: 4000 },
  (_, n) =>
    0.4 * Math.sin((2 * Math.PI * 220 * n) / 16000) * Math.sin((2 * Math.PI * 3 * n) / 16000) +
    0.1 * Math.sin((2 * Math.PI * 3100 * n) / 16000) +
    0.02 * Math.sin(n * n * 0.001),
);

function framesOf(chunk: number): Float32Array[] {
  const mel = new StreamingLogMel(1e-10);
  const frames: Float32Array[] = [];
  for (let at = 0; at < signal.length; at += chunk) {
    mel.push(signal.subarray(at, at + chunk), (frame) => frames.push(frame.slice()));
  }
  return frames;
}

describe('log-mel', () => {
  it('equals the numpy reference within 1e-4 in log10 units', () => {
    const frames = framesOf(320);
    for (const [index, expected] of Object.entries(golden.frames)) {
      const actual = frames[Number(index)]!;
      for (let bin = 0; bin < MEL_BINS; bin++) expect(actual[bin]).toBeCloseTo(expected[bin]!, 4);
    }
  });

  it('does not depend on how the samples are cut into chunks', () => {
    const byChunk = framesOf(320);
    expect(framesOf(1)).toEqual(byChunk);
    expect(framesOf(777)).toEqual(byChunk);
  });

  it('gives the floor for silence', () => {
    const mel = new StreamingLogMel(1e-7);
    let last = Number.NaN;
    mel.push(new Float32Array(1600), (frame) => (last = frame[40]!));
    expect(last).toBeCloseTo(-7, 6);
  });
});

describe('real FFT', () => {
  it('puts a pure tone into its bin', () => {
    const fft = new RealFft(400);
    const power = new Float64Array(201);
    fft.power(
      Float64Array.from({ length: 400 }, (_, n) => Math.cos((2 * Math.PI * 10 * n) / 400)),
      power,
    );
    expect(power[10]).toBeCloseTo(200 ** 2, 6);
    expect(power[11]).toBeLessThan(1e-15 * 200 ** 2 + 1e-9);
  });

  it('refuses lengths with a prime factor above 5', () => {
    expect(() => new RealFft(14)).toThrow(/got 7/);
  });
});

describe('running mean', () => {
  it('removes a constant spectrum after some seconds and ignores pauses', () => {
    const mean = new RunningMean(new Float32Array(80));
    const loud = (): Float32Array => new Float32Array(80).fill(1);
    for (let i = 0; i < 2000; i++) mean.subtract(loud());
    const frame = loud();
    mean.subtract(frame);
    expect(Math.abs(frame[0]!)).toBeLessThan(0.05);
    for (let i = 0; i < 20; i++) mean.subtract(new Float32Array(80).fill(-1));
    const after = loud();
    mean.subtract(after);
    expect(Math.abs(after[0]!)).toBeLessThan(0.05);
  });
});
