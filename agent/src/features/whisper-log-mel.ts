/**
 * Whisper's input features (Radford et al. 2022; transformers' WhisperFeatureExtractor): log-mel of a segment that is
 * padded with digital silence, limited to 8 below its maximum, then (x + 4) / 4.
 */
import { MEL_BINS, MEL_HOP_SAMPLES, MEL_WINDOW_SAMPLES, MelFrame } from './log-mel.ts';

/** Mel frames of a whole segment, 30 s. */
export const WHISPER_SEGMENT_FRAMES = 3000;
/** Smallest energy. */
export const WHISPER_ENERGY_FLOOR = 1e-10;
/** log10 of the floor: what digital silence gives before normalisation. */
export const WHISPER_SILENCE = -10;
/** Values lie at most this far under the segment's maximum, log10 units. */
const DYNAMIC_RANGE = 8;
const HALF_WINDOW = MEL_WINDOW_SAMPLES / 2;

/** One log10 energy as the encoder gets it, given the largest of its segment. */
export const whisperScale = (log10Energy: number, largest: number): number =>
  (Math.max(log10Energy, largest - DYNAMIC_RANGE) + 4) / 4;

/**
 * Features of up to 30 s of sound (−1…1, 16 kHz mono), MEL_BINS × 3000, bin after bin. The first samples are mirrored
 * before the start, as the reference does; `StreamingLogMel` has silence or earlier sound there.
 */
export function whisperLogMel(samples: Float32Array): Float32Array {
  const frames = WHISPER_SEGMENT_FRAMES;
  const length = frames * MEL_HOP_SAMPLES;
  const padded = new Float64Array(length + MEL_WINDOW_SAMPLES);
  padded.set(samples.subarray(0, length), HALF_WINDOW);
  for (let i = 1; i <= HALF_WINDOW; i++) {
    padded[HALF_WINDOW - i] = padded[HALF_WINDOW + i]!;
    padded[HALF_WINDOW + length - 1 + i] = padded[HALF_WINDOW + length - 1 - i]!;
  }
  const mel = new MelFrame(WHISPER_ENERGY_FLOOR);
  const frame = new Float64Array(MEL_BINS);
  const values = new Float64Array(MEL_BINS * frames);
  let largest = -Infinity;
  for (let at = 0; at < frames; at++) {
    mel.compute(padded, at * MEL_HOP_SAMPLES, frame);
    for (let bin = 0; bin < MEL_BINS; bin++) {
      values[bin * frames + at] = frame[bin]!;
      largest = Math.max(largest, frame[bin]!);
    }
  }
  return Float32Array.from(values, (value) => whisperScale(value, largest));
}
