/** Sample clips: checked and stored as 16-bit mono at their own rate; played at 48 kHz. */
import { readFile } from 'node:fs/promises';
import { parseWav, toPcm16, writeWav } from '../audio/wav-file.ts';
import { resample } from '../audio/resampler.ts';
import { AvatarError } from '../errors.ts';
import { PUBLISH_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';

/** Longest clip, s. */
export const MAX_CLIP_SECONDS = 60;

/** A clip as the bundle stores it. */
export type StoredClip = { readonly bytes: Uint8Array; readonly durationMs: number };

/**
 * Read one clip file for the bundle.
 * @throws AvatarError SOURCE_MISSING | SOURCE_UNREADABLE | SOURCE_TOO_LARGE
 */
export async function convertClip(path: string): Promise<StoredClip> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new AvatarError('SOURCE_MISSING', `clip ${path} cannot be read; correct audio_clips`, {
      cause,
    });
  }
  const { samples, sampleRateHz } = parseWav(bytes, path, { maxSeconds: MAX_CLIP_SECONDS });
  return {
    bytes: writeWav(toPcm16(samples), sampleRateHz),
    durationMs: Math.round((samples.length * 1000) / sampleRateHz),
  };
}

/** Decode a stored clip to 48 kHz mono PCM. @throws AvatarError SOURCE_UNREADABLE */
export function clipAtPublishRate(bytes: Uint8Array, name: string): Int16Array {
  const { samples, sampleRateHz } = parseWav(bytes, name, { maxSeconds: MAX_CLIP_SECONDS });
  return toPcm16(resample(samples, sampleRateHz, PUBLISH_SAMPLE_RATE_HZ));
}
