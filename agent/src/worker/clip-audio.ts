import { AudioFrame, AudioResampler, AudioResamplerQuality } from '@livekit/rtc-node';
import { PUBLISH_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import type { ClipAudio } from './engine-client.ts';

/** A clip ready to play: 48 kHz mono. */
export type PublishableClip = { readonly samples: Int16Array; readonly durationMs: number };

/** Bring a clip to the publishing rate with the SDK's native resampler: a minute takes milliseconds, not a stall. */
export function clipAtPublishRate(clip: ClipAudio): PublishableClip {
  const durationMs = (clip.samples.length / clip.sampleRateHz) * 1000;
  if (clip.sampleRateHz === PUBLISH_SAMPLE_RATE_HZ) return { samples: clip.samples, durationMs };
  const resampler = new AudioResampler(
    clip.sampleRateHz,
    PUBLISH_SAMPLE_RATE_HZ,
    1,
    AudioResamplerQuality.HIGH,
  );
  const input = new AudioFrame(clip.samples, clip.sampleRateHz, 1, clip.samples.length);
  const parts = [...resampler.push(input), ...resampler.flush()].map((frame) => frame.data);
  const samples = new Int16Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, durationMs };
}
