/**
 * Renders a whole audio file through the same RenderSession as a live session, chunk after chunk in the same order and
 * without a clock: the same input gives the same bytes of frames. Tests, evaluation and bug reports use this path.
 */
import { AvatarError } from '../errors.ts';
import { CHUNK_MS, FRAME_MS, SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';
import { emptyFrameHeader, type FrameHeader } from './protocol.ts';
import { RenderSession, type OpenAvatar, type SessionSettings } from './render-session.ts';
import { createCounters } from './session-counters.ts';

/** One rendered frame. `planes`, `header` and `parameters` are reused by the next. */
export type OfflineFrame = {
  /** I420 picture. */
  readonly planes: Uint8Array;
  readonly header: Readonly<FrameHeader>;
  /** Cue parameters when the frame speaks. */
  readonly parameters: Float32Array | undefined;
  /** Why it shows the source instead of speech. */
  readonly failure: Error | undefined;
};

/**
 * Frames of `samples` (PCM16, 16 kHz mono): one per 40 ms of audio, the last one completed with silence. Audio beyond
 * the end that the pack looks ahead to is silence too.
 * @throws AvatarError SOURCE_UNREADABLE when there is no sound
 */
export async function* renderOffline(
  avatar: OpenAvatar,
  samples: Int16Array,
  settings: SessionSettings,
): AsyncGenerator<OfflineFrame> {
  if (samples.length === 0) throw new AvatarError('SOURCE_UNREADABLE', 'the audio has no samples');
  const ownChunks = Math.ceil(samples.length / SAMPLES_PER_CHUNK);
  const frameCount = Math.ceil((ownChunks * CHUNK_MS) / FRAME_MS);
  const lookAheadChunks = Math.ceil(avatar.pack.facts.lookAheadMs / CHUNK_MS);
  const session = new RenderSession(avatar, settings, createCounters());
  const planes = new Uint8Array(session.frameBytes);
  const chunk = new Int16Array(SAMPLES_PER_CHUNK);
  const header = emptyFrameHeader();
  for (let index = 0; index < 2 * frameCount + lookAheadChunks; index += 1) {
    chunk.fill(0);
    chunk.set(samples.subarray(index * SAMPLES_PER_CHUNK, (index + 1) * SAMPLES_PER_CHUNK));
    session.pushChunk(0, index, chunk);
    while (session.hasWork()) {
      const { parameters, failure } = await session.renderNext(planes, header);
      yield { planes, header, parameters, failure };
    }
  }
}
