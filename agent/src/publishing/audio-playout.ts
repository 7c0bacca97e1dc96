import { isQuiet } from '../pipeline/levels.ts';
import { CHUNK_MS } from '../pipeline/timeline.ts';
import type { PlayoutDelay } from './playout-delay.ts';

/** Where delayed audio goes: LiveKit's AudioSource in a session. */
export type AudioSink = {
  /** Audio handed over and not yet sent, ms. */
  readonly queuedMs: number;
  /** Take one chunk; the array may be reused when this returns. */
  push(chunk: Int16Array): void;
  /** Forget what is queued. */
  clear(): void;
};

/** Over this the sink has no room: the chunk is dropped and counted. */
const MAX_QUEUED_MS = 80;
/** A sink queue that never falls below this in two seconds holds needless delay: one quiet chunk is left out. */
const NEEDLESS_QUEUED_MS = CHUNK_MS + 10;
const WINDOW_TICKS = 100;

/**
 * Keeps the audio for the playout delay and hands it to the sink chunk by chunk, once per tick, telling when each chunk
 * will be heard. All buffers are allocated once.
 */
export class AudioPlayout {
  readonly #delay: PlayoutDelay;
  readonly #sink: AudioSink;
  readonly #noteAudio: (chunkIndex: number, playAtMs: number) => void;
  readonly #slots: Int16Array[];
  readonly #silence: Int16Array;
  #dropped = 0;
  #leastQueuedMs = Number.POSITIVE_INFINITY;
  #ticks = 0;
  #mayLeaveOut = false;

  constructor(options: {
    chunkSamples: number;
    /** Longest delay, chunks; fixes the memory. */
    maxDelayChunks: number;
    delay: PlayoutDelay;
    sink: AudioSink;
    /** Told for every chunk when it will be heard, ms of the session's clock. */
    noteAudio: (chunkIndex: number, playAtMs: number) => void;
  }) {
    this.#delay = options.delay;
    this.#sink = options.sink;
    this.#noteAudio = options.noteAudio;
    this.#silence = new Int16Array(options.chunkSamples);
    this.#slots = Array.from(
      { length: options.maxDelayChunks + 2 },
      () => new Int16Array(options.chunkSamples),
    );
  }

  /** Chunks the full sink refused, since the start. */
  get droppedChunks(): number {
    return this.#dropped;
  }

  /** Take the audio of tick `index` and let the audio of `index − delay` out. */
  tick(index: number, chunk: Int16Array, nowMs: number): void {
    this.#slot(index).set(chunk);
    this.#observe();
    const leaving = index - this.#delay.chunks;
    if (leaving < 0) {
      this.#push(this.#silence);
      return;
    }
    const step = this.#delay.step(isQuiet(this.#slot(leaving)));
    if (step === 'insert') {
      // The chunk stays for the next tick: the delay has grown by one.
      this.#push(this.#silence);
      return;
    }
    this.#noteAudio(leaving, nowMs + this.#sink.queuedMs);
    if (step === 'skip') {
      this.#noteAudio(leaving + 1, nowMs + this.#sink.queuedMs);
      this.#push(this.#slot(leaving + 1));
      return;
    }
    this.#push(this.#slot(leaving));
  }

  /** Silence everything that has not been heard yet (interruption). */
  clear(): void {
    for (const slot of this.#slots) slot.fill(0);
    this.#sink.clear();
  }

  #slot(index: number): Int16Array {
    return this.#slots[index % this.#slots.length]!;
  }

  #push(chunk: Int16Array): void {
    if (this.#mayLeaveOut && isQuiet(chunk)) {
      this.#mayLeaveOut = false;
      return;
    }
    if (this.#sink.queuedMs > MAX_QUEUED_MS) {
      this.#dropped += 1;
      return;
    }
    this.#sink.push(chunk);
  }

  #observe(): void {
    this.#leastQueuedMs = Math.min(this.#leastQueuedMs, this.#sink.queuedMs);
    this.#ticks += 1;
    if (this.#ticks < WINDOW_TICKS) return;
    this.#mayLeaveOut = this.#leastQueuedMs >= NEEDLESS_QUEUED_MS;
    this.#leastQueuedMs = Number.POSITIVE_INFINITY;
    this.#ticks = 0;
  }
}
