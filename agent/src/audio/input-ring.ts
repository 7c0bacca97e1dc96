import { isQuiet } from '../pipeline/levels.ts';

/** Pulls per observation window of the trimming rule: 2 s of 20 ms chunks. */
const WINDOW_PULLS = 100;

/**
 * Bounded ring between the microphone's irregular arrivals and the media clock's regular pulls.
 *
 * Overflow policy: over `maxBacklogSamples` the oldest audio is dropped down to `keepBacklogSamples` and counted, so a
 * hiccup never becomes lasting delay. A backlog that stayed over one chunk for two seconds is not needed as a cushion:
 * one quiet chunk of it is removed, inaudibly.
 */
export class InputRing {
  readonly #samples: Int16Array;
  readonly #chunkSamples: number;
  readonly #maxBacklogSamples: number;
  readonly #keepBacklogSamples: number;
  #read = 0;
  #backlog = 0;
  #dropped = 0;
  #trimmed = 0;
  #pulls = 0;
  #leastBacklog = Number.POSITIVE_INFINITY;
  #mayTrim = false;

  /** Sizes in samples; `maxBacklogSamples` ≥ `keepBacklogSamples` ≥ `chunkSamples`. */
  constructor(options: {
    chunkSamples: number;
    maxBacklogSamples: number;
    keepBacklogSamples: number;
  }) {
    this.#chunkSamples = options.chunkSamples;
    this.#maxBacklogSamples = options.maxBacklogSamples;
    this.#keepBacklogSamples = options.keepBacklogSamples;
    this.#samples = new Int16Array(options.maxBacklogSamples + 4 * options.chunkSamples);
  }

  /** Samples waiting. */
  get backlogSamples(): number {
    return this.#backlog;
  }

  /** Chunks (rounded up) dropped because of backlog, since the start. */
  get droppedChunks(): number {
    return Math.ceil(this.#dropped / this.#chunkSamples);
  }

  /** Quiet chunks removed to shorten a steady backlog, since the start. */
  get trimmedChunks(): number {
    return this.#trimmed;
  }

  /** Add samples of any length; drops the oldest over the limit. */
  push(input: Int16Array): void {
    const capacity = this.#samples.length;
    // More than the ring holds at once: only the newest part can matter.
    const skip = Math.max(0, input.length - this.#keepBacklogSamples);
    this.#dropped += skip;
    const length = input.length - skip;
    if (this.#backlog + length > this.#maxBacklogSamples) {
      const excess = Math.min(this.#backlog, this.#backlog + length - this.#keepBacklogSamples);
      this.#discard(excess);
      this.#dropped += excess;
    }
    let write = (this.#read + this.#backlog) % capacity;
    for (let i = skip; i < input.length; i++) {
      this.#samples[write] = input[i]!;
      write = write + 1 === capacity ? 0 : write + 1;
    }
    this.#backlog += length;
  }

  /** Take the next chunk into `output` (chunkSamples). False, and silence in `output`, when there is none. */
  pull(output: Int16Array): boolean {
    if (this.#backlog < this.#chunkSamples) {
      output.fill(0);
      this.#observe();
      return false;
    }
    this.#copyChunk(output);
    if (this.#mayTrim && this.#backlog >= this.#chunkSamples && isQuiet(output)) {
      this.#copyChunk(output);
      this.#trimmed += 1;
      this.#mayTrim = false;
    }
    this.#observe();
    return true;
  }

  /** Forget everything that waits (the track has ended). Not counted as dropped. */
  clear(): void {
    this.#discard(this.#backlog);
    this.#leastBacklog = Number.POSITIVE_INFINITY;
    this.#mayTrim = false;
    this.#pulls = 0;
  }

  #copyChunk(output: Int16Array): void {
    const capacity = this.#samples.length;
    let read = this.#read;
    for (let i = 0; i < this.#chunkSamples; i++) {
      output[i] = this.#samples[read]!;
      read = read + 1 === capacity ? 0 : read + 1;
    }
    this.#discard(this.#chunkSamples);
  }

  #discard(count: number): void {
    this.#read = (this.#read + count) % this.#samples.length;
    this.#backlog -= count;
  }

  #observe(): void {
    this.#leastBacklog = Math.min(this.#leastBacklog, this.#backlog);
    this.#pulls += 1;
    if (this.#pulls < WINDOW_PULLS) return;
    this.#mayTrim = this.#leastBacklog >= this.#chunkSamples;
    this.#leastBacklog = Number.POSITIVE_INFINITY;
    this.#pulls = 0;
  }
}
