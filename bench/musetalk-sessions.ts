/**
 * Sessions on the wall clock, all speaking without a pause, in one thread as a render thread has them: chunks come every
 * 20 ms, each round renders one frame of every session that has one. A frame is late when it is finished more than
 * `lateMs` after the sound it needed.
 */
import { RenderSession, type OpenAvatar } from '../agent/src/engine/render-session.ts';
import { emptyFrameHeader } from '../agent/src/engine/protocol.ts';
import { Counter, createCounters } from '../agent/src/engine/session-counters.ts';
import { CHUNK_MS, SAMPLES_PER_CHUNK } from '../agent/src/pipeline/timeline.ts';
import { quantile } from '../e2e/harness/analyse.ts';

/** What sessions at once came to. */
export type SessionsResult = {
  readonly sessions: number;
  readonly frames: number;
  /** Finished after the sound they needed had come, ms. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Later than lateMs, and skipped altogether. */
  readonly late: number;
  readonly dropped: number;
  readonly broken: number;
};

/** Run `count` sessions for `seconds`. `speech`: 16 kHz, repeated; sessions begin at different places of it. */
export async function runSessions(
  avatar: OpenAvatar,
  count: number,
  speech: Int16Array,
  seconds: number,
  lateMs: number,
): Promise<SessionsResult> {
  const lookAheadChunks = Math.ceil(avatar.pack.facts.lookAheadMs / CHUNK_MS);
  const latencies: number[] = [];
  let isOver = false;
  const startedMs = performance.now();
  const chunkCount = Math.floor(speech.length / SAMPLES_PER_CHUNK);
  const sessions = Array.from({ length: count }, (_, i) => {
    const counters = createCounters();
    const session = new RenderSession(avatar, { silenceDbfs: -90, fadeMs: 0 }, counters);
    return { session, counters, first: i * 17, planes: new Uint8Array(session.frameBytes) };
  });
  const neededAtMs = (frame: number): number =>
    startedMs + (2 * frame + 1 + lookAheadChunks) * CHUNK_MS;
  let next = 0;
  const feed = (): void => {
    while (startedMs + next * CHUNK_MS <= performance.now()) {
      for (const { session, first } of sessions) {
        const at = ((next + first) % chunkCount) * SAMPLES_PER_CHUNK;
        session.pushChunk(0, next, speech.slice(at, at + SAMPLES_PER_CHUNK));
      }
      next += 1;
    }
  };
  const header = sessions.map(() => emptyFrameHeader());
  while (!isOver) {
    feed();
    const due = sessions.map((one, i) => ({ ...one, header: header[i]! })); // equal lengths
    await Promise.all(
      due
        .filter(({ session }) => session.hasWork())
        .map(async (one) => {
          await one.session.renderNext(one.planes, one.header);
          if (one.header.speechRatio > 0)
            latencies.push(performance.now() - neededAtMs(one.header.frameIndex));
        }),
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
    isOver = performance.now() - startedMs > seconds * 1000;
  }
  const sum = (place: number): number =>
    sessions.reduce((total, { counters }) => total + counters[place]!, 0); // COUNTERS places
  return {
    sessions: count,
    frames: latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    late: latencies.filter((ms) => ms > lateMs).length,
    dropped: sum(Counter.dropped),
    broken: sum(Counter.broken),
  };
}
