/** Sounds of the light clients' microphones. */
import { beeps, speechThenSilence } from '../../e2e/harness/wav.ts';

const CLIP = 'avatars/ava/clips/hello.wav';

/** Floats in −1 … 1 as 16-bit samples. */
export const pcm16 = (samples: Float32Array): Int16Array =>
  Int16Array.from(samples, (sample) => Math.round(32_767 * sample));

/** A sentence and half a second of silence, 48 kHz. */
export const sentence = (): Int16Array => pcm16(speechThenSilence(CLIP, 500));

/**
 * A sentence, a pause, then eight beeps, 48 kHz. The beeps' period is no multiple of a frame's 40 ms, so that they meet
 * frames at every phase.
 */
export function sentenceAndBeeps(): Int16Array {
  const parts = [
    speechThenSilence(CLIP, 700),
    ...Array.from({ length: 8 }, () => beeps(1013, 120)),
  ];
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return pcm16(samples);
}
