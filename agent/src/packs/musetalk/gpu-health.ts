/**
 * Whether the painting network may be used now. A failure, or a second of frames that take longer than they last,
 * rests it: 2 s the first time, twice as long each time it fails again, at most a minute. The clock is the caller's.
 */
import { FRAME_MS, FRAME_RATE_FPS } from '../../pipeline/timeline.ts';

const FIRST_REST_MS = 2000;
const LONGEST_REST_MS = 60_000;
/** Frames in time after which earlier trouble is forgotten. */
const RECOVERED_FRAMES = 10 * FRAME_RATE_FPS;

/** See the head of this file. */
export class GpuHealth {
  readonly #now: () => number;
  #restUntilMs = -Infinity;
  #nextRestMs = FIRST_REST_MS;
  /** Time of the last frames, ms each, forgotten over a second. */
  #meanMs = 0;
  #framesSinceRest = 0;

  /** @param now ms, e.g. performance.now */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** False while the network rests. */
  get isUsable(): boolean {
    return this.#now() >= this.#restUntilMs;
  }

  /** A frame was made in `durationMs`. */
  noteFrame(durationMs: number): void {
    this.#framesSinceRest += 1;
    const share = 1 / Math.min(this.#framesSinceRest, FRAME_RATE_FPS);
    this.#meanMs += (durationMs - this.#meanMs) * share;
    if (this.#framesSinceRest >= FRAME_RATE_FPS && this.#meanMs > FRAME_MS) this.#rest();
    else if (this.#framesSinceRest === RECOVERED_FRAMES) this.#nextRestMs = FIRST_REST_MS;
  }

  /** A frame could not be made. */
  noteFailure(): void {
    if (this.isUsable) this.#rest();
  }

  #rest(): void {
    this.#restUntilMs = this.#now() + this.#nextRestMs;
    this.#nextRestMs = Math.min(LONGEST_REST_MS, 2 * this.#nextRestMs);
    this.#framesSinceRest = 0;
    this.#meanMs = 0;
  }
}
