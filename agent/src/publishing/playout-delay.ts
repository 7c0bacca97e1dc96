import { CHUNK_MS, FRAME_MS } from '../pipeline/timeline.ts';

/** Share of a second's frames that may be late before the delay grows. */
const LATE_RATIO_LIMIT = 0.05;
/** Seconds without a late frame before the delay shrinks by one chunk. */
const CALM_SECONDS = 30;
/** Seconds a change waits for a quiet moment before it is made in the middle of speech. */
const PATIENCE_SECONDS = 4;
const FRAMES_PER_SECOND = 25;

/**
 * What passes between a chunk's leaving and its frame's showing without any delay, ms: a frame is shown in the middle of
 * its sound, a chunk is on its way one tick before the next one, and LiveKit's queue holds about another.
 */
const FREE_MS = FRAME_MS / 2 + 2 * CHUNK_MS;

/**
 * Least delay at which a pack's frames are in time, ms, a multiple of CHUNK_MS.
 * @param pack its look-ahead, and how long it then takes to make a frame (0: next to nothing)
 */
export function neededDelayMs(pack: {
  readonly lookAheadMs: number;
  readonly makingMs?: number | undefined;
}): number {
  const heardMs = Math.ceil((FRAME_MS + pack.lookAheadMs) / CHUNK_MS) * CHUNK_MS;
  const neededMs = heardMs - FREE_MS + (pack.makingMs ?? 0);
  return Math.max(0, Math.ceil(neededMs / CHUNK_MS) * CHUNK_MS);
}

/** What to do with the chunk that is about to leave: nothing, put silence before it, or leave it out. */
export type DelayStep = 'keep' | 'insert' | 'skip';

/**
 * The delay between hearing audio and playing it, in chunks. It grows by one chunk when more than 5 % of a second's
 * frames come late, up to `maxChunks`, and returns towards `baseChunks` after half a minute without late frames.
 * Changes are made in quiet chunks where nobody hears them.
 */
export class PlayoutDelay {
  #baseChunks: number;
  readonly #maxChunks: number;
  #chunks: number;
  #lateThisSecond = 0;
  #calmSeconds = 0;
  #wanted: DelayStep = 'keep';
  #waitedSeconds = 0;
  /** On the way to a base that another pack needs. */
  #isMoving = false;

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

  /** Another pack needs another delay: it is reached chunk by chunk in quiet moments, upwards also in speech. */
  rebase(baseChunks: number): void {
    this.#baseChunks = Math.min(baseChunks, this.#maxChunks);
    this.#calmSeconds = 0;
    if (this.#chunks < this.#baseChunks) this.#want('insert');
    else if (this.#chunks > this.#baseChunks) this.#want('skip');
    this.#isMoving = this.#chunks !== this.#baseChunks;
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
    if (this.#isMoving) return;
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
    this.#chunks += wanted === 'insert' ? 1 : -1;
    if (this.#isMoving && this.#chunks !== this.#baseChunks) return wanted;
    this.#isMoving = false;
    this.#wanted = 'keep';
    this.#waitedSeconds = 0;
    return wanted;
  }

  #want(step: DelayStep): void {
    if (this.#wanted !== step) this.#waitedSeconds = 0;
    this.#wanted = step;
  }
}
