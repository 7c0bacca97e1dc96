import { describe, expect, it } from 'vitest';
import { MEL_BINS } from '../../features/log-mel.ts';
import { WHISPER_SEGMENT_FRAMES, whisperLogMel } from '../../features/whisper-log-mel.ts';
import { WhisperMelRing } from './whisper-mel-ring.ts';

/** 2 s of a chirp that swells and fades. */
const sound = Float32Array.from(
  { length: 32_000 },
  (_, n) => 0.5 * Math.sin(n * n * 4e-6) * Math.sin((Math.PI * n) / 32_000),
);

function listen(chunk: number): WhisperMelRing {
  const ring = new WhisperMelRing(400);
  for (let at = 0; at < sound.length; at += chunk) ring.push(sound.subarray(at, at + chunk));
  return ring;
}

const valueAt = (mel: Float32Array, width: number, bin: number, frame: number): number =>
  mel[bin * width + frame]!;

describe('streaming mel', () => {
  it('equals the mel of the whole segment from the second frame on', () => {
    const ring = listen(320);
    const width = 190;
    const window = new Float32Array(MEL_BINS * width);
    ring.fill(0, width, width, window);
    const whole = whisperLogMel(sound.subarray(0, width * 160 + 200));
    for (let frame = 2; frame < width - 2; frame += 1) {
      for (let bin = 0; bin < MEL_BINS; bin += 1) {
        const expected = valueAt(whole, WHISPER_SEGMENT_FRAMES, bin, frame);
        expect(valueAt(window, width, bin, frame)).toBeCloseTo(expected, 5);
      }
    }
  });

  it('does not depend on how much newer sound has come, nor on the size of chunks', () => {
    const early = new WhisperMelRing(400);
    early.push(sound.subarray(0, 100 * 160 + 200));
    const one = new Float32Array(MEL_BINS * 60);
    const other = new Float32Array(MEL_BINS * 60);
    early.fill(50, 100, 60, one);
    listen(777).fill(50, 100, 60, other);
    expect(other).toEqual(one);
  });

  it('fills up with digital silence, which is -1.5 as long as nothing was loud', () => {
    const ring = new WhisperMelRing(100);
    ring.push(new Float32Array(3200));
    const window = new Float32Array(MEL_BINS * 30);
    ring.fill(0, 10, 30, window);
    for (const value of window) expect(value).toBe(-1.5);
  });

  it('hears silence where it was told to forget', () => {
    const ring = listen(320);
    ring.clear();
    const window = new Float32Array(MEL_BINS * 20);
    ring.fill(100, 120, 20, window);
    for (const value of window) expect(value).toBe(-1.5);
  });
});
