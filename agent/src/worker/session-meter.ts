import { createJobLatencies, takeDeltas } from '../observability/job-latencies.ts';
import type { JobLatencyDeltas } from '../observability/job-latencies.ts';
import { isQuiet } from '../pipeline/levels.ts';
import { CHUNK_MS } from '../pipeline/timeline.ts';

/** Quiet input after which the next sound begins an utterance, ticks (500 ms). */
const PAUSE_TICKS = 500 / CHUNK_MS;

/** What a session may want to hear of single measurements; times in ms of performance.now(). */
export type SessionMeterEvents = {
  onMouthShut(interruptedAtMs: number, shutAtMs: number): void;
  onPlayback(takenAtMs: number, playAtMs: number): void;
};

/** Measures one session where things happen. Nothing is allocated per tick or frame; times in ms of performance.now(). */
export class SessionMeter {
  readonly latencies = createJobLatencies();
  readonly #events: SessionMeterEvents | undefined;
  #quietTicks = PAUSE_TICKS;
  /** First chunk of an utterance that has not left yet; −1: none. */
  #utteranceChunk = -1;
  #utteranceAtMs = 0;
  /** When the mouth was told to close; NaN: it was not. */
  #interruptedAtMs = Number.NaN;
  #speechRatio = 0;
  #skewSumMs = 0;
  #skewFrames = 0;

  constructor(events?: SessionMeterEvents) {
    this.#events = events;
  }

  /** The tracks are published, `afterMs` after the job began. */
  joined(afterMs: number): void {
    this.latencies.join.record(afterMs / 1000);
  }

  /** A chunk of audio is taken in. */
  taken(chunkIndex: number, chunk: Int16Array, nowMs: number): void {
    if (isQuiet(chunk)) {
      this.#quietTicks += 1;
      return;
    }
    if (this.#quietTicks >= PAUSE_TICKS) {
      this.#utteranceChunk = chunkIndex;
      this.#utteranceAtMs = nowMs;
    }
    this.#quietTicks = 0;
  }

  /** A chunk leaves and will be sent at `playAtMs`. */
  leaving(chunkIndex: number, playAtMs: number): void {
    if (this.#utteranceChunk < 0 || chunkIndex < this.#utteranceChunk) return;
    this.latencies.playback.record((playAtMs - this.#utteranceAtMs) / 1000);
    this.#events?.onPlayback(this.#utteranceAtMs, playAtMs);
    this.#utteranceChunk = -1;
  }

  /**
   * A frame is captured now.
   * @param speechRatio 0 = its mouth rests
   * @param takenAtMs when its first audio was taken in
   * @param dueAtMs when the middle of its sound leaves
   */
  shown(speechRatio: number, nowMs: number, takenAtMs: number, dueAtMs: number): void {
    this.latencies.audioToFrame.record((nowMs - takenAtMs) / 1000);
    this.#skewSumMs += nowMs - dueAtMs;
    this.#skewFrames += 1;
    const before = this.#speechRatio;
    this.#speechRatio = speechRatio;
    if (Number.isNaN(this.#interruptedAtMs)) return;
    if (speechRatio === 0) {
      this.latencies.interrupt.record((nowMs - this.#interruptedAtMs) / 1000);
      this.#events?.onMouthShut(this.#interruptedAtMs, nowMs);
      this.#interruptedAtMs = Number.NaN;
    } else if (speechRatio > before) {
      // New speech opens the mouth before it was closed: there is nothing to measure.
      this.#interruptedAtMs = Number.NaN;
    }
  }

  /** Queued audio and frames were dropped; what is shown from now on closes the mouth. */
  interrupted(nowMs: number): void {
    this.#utteranceChunk = -1;
    this.#interruptedAtMs = this.#speechRatio > 0 ? nowMs : Number.NaN;
  }

  /** What was measured since the last call. */
  take(): { readonly avSkewMs: number; readonly latencies: JobLatencyDeltas } {
    const avSkewMs = this.#skewFrames > 0 ? this.#skewSumMs / this.#skewFrames : 0;
    this.#skewSumMs = 0;
    this.#skewFrames = 0;
    return { avSkewMs, latencies: takeDeltas(this.latencies) };
  }
}
