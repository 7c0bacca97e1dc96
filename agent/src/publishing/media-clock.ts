/** The clock's view of time; tests inject a fake one. */
export type TimeSource = {
  /** Monotonic time, ms. */
  now(): number;
  /** Call back once after `delayMs`; returns a function that cancels. */
  after(delayMs: number, callback: () => void): () => void;
};

/** Real time: performance.now and setTimeout. */
export const systemTime: TimeSource = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A clock this far behind gives up the lost ticks instead of running them in one burst. */
const REBASE_MS = 300;

/**
 * The one clock of a session: calls `onTick` every `periodMs`, self-correcting. A late timer is followed by the ticks it
 * missed, so the average rate is exact; after a stall over 300 ms (suspended process) the lost time is skipped and counted.
 */
export class MediaClock {
  readonly #periodMs: number;
  readonly #onTick: (index: number, nowMs: number) => void;
  readonly #time: TimeSource;
  #nextMs = 0;
  #index = 0;
  #skipped = 0;
  #cancel: (() => void) | undefined;

  constructor(options: {
    periodMs: number;
    onTick: (index: number, nowMs: number) => void;
    time?: TimeSource;
  }) {
    this.#periodMs = options.periodMs;
    this.#onTick = options.onTick;
    this.#time = options.time ?? systemTime;
  }

  /** Ticks given up after long stalls, since the start. */
  get skippedTicks(): number {
    return this.#skipped;
  }

  /** Start; the first tick comes at once. */
  start(): void {
    if (this.#cancel) return;
    this.#nextMs = this.#time.now();
    this.#schedule();
  }

  /** Stop; no tick comes after this. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    const delay = Math.max(0, this.#nextMs - this.#time.now());
    this.#cancel = this.#time.after(delay, () => this.#run());
  }

  #run(): void {
    const behindMs = this.#time.now() - this.#nextMs;
    if (behindMs > REBASE_MS) {
      const lost = Math.floor(behindMs / this.#periodMs);
      this.#skipped += lost;
      this.#nextMs += lost * this.#periodMs;
    }
    while (this.#cancel && this.#nextMs <= this.#time.now()) {
      this.#nextMs += this.#periodMs;
      this.#onTick(this.#index++, this.#time.now());
    }
    if (this.#cancel) this.#schedule();
  }
}
