/**
 * Windows of a whole recording, as MuseTalk's own scripts make them: segments of 30 s, each encoded alone in full
 * length, features joined, zeros before and after. The live stream (musetalk-audio-stream.ts) hears less context.
 */
import { WHISPER_SEGMENT_FRAMES, whisperLogMel } from '../../features/whisper-log-mel.ts';
import { SAMPLES_PER_FRAME } from '../../pipeline/timeline.ts';
import { fillWindow, WINDOW_FEATURES } from './feature-windows.ts';
import type { SoundEncoder } from './sound-encoder.ts';

const SEGMENT_SAMPLES = 480_000;
const SAMPLES_PER_FEATURE = SAMPLES_PER_FRAME / 2;

/** Features of `samples` (−1…1, 16 kHz mono): one per 20 ms, featureLength numbers each. */
export async function offlineFeatures(
  encoder: SoundEncoder,
  samples: Float32Array,
): Promise<Float32Array> {
  const { featureLength } = encoder;
  const count = Math.floor(samples.length / SAMPLES_PER_FEATURE);
  const features = new Float32Array(count * featureLength);
  for (let start = 0; start < samples.length; start += SEGMENT_SAMPLES) {
    const mel = whisperLogMel(samples.subarray(start, start + SEGMENT_SAMPLES));
    const hidden = await encoder.run(mel, WHISPER_SEGMENT_FRAMES);
    const to = (start / SAMPLES_PER_FEATURE) * featureLength;
    features.set(hidden.subarray(0, Math.min(hidden.length, features.length - to)), to);
  }
  return features;
}

/** Window of frame `frame` out of a recording's features. */
export function offlineWindow(
  features: Float32Array,
  featureLength: number,
  frame: number,
): Float32Array {
  const count = features.length / featureLength;
  const window = new Float32Array(WINDOW_FEATURES * featureLength);
  const featureAt = (feature: number): Float32Array | undefined =>
    feature < 0 || feature >= count
      ? undefined
      : features.subarray(feature * featureLength, (feature + 1) * featureLength);
  fillWindow(frame, featureLength, featureAt, window);
  return window;
}
