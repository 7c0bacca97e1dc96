/** Share of a second's frames that may be late before the delay grows. */
const LATE_RATIO_LIMIT = 0.05;
/** Seconds without a late frame before the delay shrinks by one chunk. */
const CALM_SECONDS = 30;
/** Seconds a change waits for a quiet moment before it is made in the middle of speech. */
const PATIENCE_SECONDS = 4;
const FRAMES_PER_SECOND = 25;

/** What to do with the chunk that is about to leave: nothing, put silence before it, or leave it out. */
export type DelayStep = 'keep' | 'insert' | 'skip';

/**
 * The delay between hearing audio and playing it, in chunks. It grows by one chunk when more than 5 % of a second's
 * frames come late, up to `maxChunks`, and returns towards `baseChunks` after half a minute without late frames.
 * Changes are made in quiet chunks where nobody hears them.
 */
export class PlayoutDelay {
  readonly #baseChunks: number;
  readonly #maxChunks: number;
  #chunks: number;
  #lateThisSecond = 0;
  #calmSeconds = 0;
  #wanted: DelayStep = 'keep';
  #waitedSeconds = 0;

  /** @param options delays in chunks of 20 ms */
  constructor(options: { baseChunks: number; maxChunks: number }) {
    this.#baseChunks = options.baseChunks;
    this.#maxChunks = Math.max(options.maxChunks, options.baseChunks);
    this.#chunks = options.baseChunks;
  }

  /** Current delay, chunks. */
  get chunks(): number {
    return this.#chunks;
  }

  /** A frame arrived after its time. */
  noteLate(): void {
    this.#lateThisSecond += 1;
  }

  /** Call once a second: decides whether the delay should change. */
  secondElapsed(): void {
    if (this.#wanted !== 'keep') this.#waitedSeconds += 1;
    const lateRatio = this.#lateThisSecond / FRAMES_PER_SECOND;
    this.#calmSeconds = this.#lateThisSecond === 0 ? this.#calmSeconds + 1 : 0;
    this.#lateThisSecond = 0;
    if (lateRatio > LATE_RATIO_LIMIT && this.#chunks < this.#maxChunks) {
      this.#want('insert');
    } else if (this.#calmSeconds >= CALM_SECONDS && this.#chunks > this.#baseChunks) {
      this.#want('skip');
      this.#calmSeconds = 0;
    }
  }

  /** Call for every chunk that leaves; applies a wanted change when the chunk is quiet or patience is over. */
  step(chunkIsQuiet: boolean): DelayStep {
    const wanted = this.#wanted;
    if (wanted === 'keep') return 'keep';
    // Shrinking can wait for ever; late frames cannot.
    const forced = wanted === 'insert' && this.#waitedSeconds >= PATIENCE_SECONDS;
    if (!chunkIsQuiet && !forced) return 'keep';
    this.#wanted = 'keep';
    this.#waitedSeconds = 0;
    this.#chunks += wanted === 'insert' ? 1 : -1;
    return wanted;
  }

  #want(step: DelayStep): void {
    if (this.#wanted !== step) this.#waitedSeconds = 0;
    this.#wanted = step;
  }
}
