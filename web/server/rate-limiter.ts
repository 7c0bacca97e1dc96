/** Token buckets in memory, one per key. Each page server counts for itself. */

/** How fast one key may go. */
export type RateLimiterOptions = {
  /** Calls that may come at once. */
  readonly burst: number;
  /** Calls per second in the long run. */
  readonly perSecond: number;
  /** Keys remembered at most; the key that was idle longest is forgotten. Default 10 000. */
  readonly maxKeys?: number;
};

type Bucket = { tokens: number; filledAtMs: number };

/** Decides whether a call may pass. Time is given by the caller. */
export class RateLimiter {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #maxKeys: number;
  // Insertion order is use order: the first key is the one that was idle longest.
  readonly #buckets = new Map<string, Bucket>();

  constructor({ burst, perSecond, maxKeys = 10_000 }: RateLimiterOptions) {
    if (!(burst >= 1) || !(perSecond > 0)) {
      throw new RangeError(`burst must be ≥ 1 and perSecond > 0, got ${burst} and ${perSecond}`);
    }
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#maxKeys = maxKeys;
  }

  /** Take one call of `key` at `nowMs`. Returns 0 when it may pass, else the wait in ms until one may. */
  take(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledAtMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + elapsedMs * this.#perMs);
    bucket.filledAtMs = nowMs;
    this.#forgetOldest();
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - bucket.tokens) / this.#perMs);
  }

  /** Undo one call that passed. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#burst, bucket.tokens + 1);
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#buckets.size;
  }

  #forgetOldest(): void {
    while (this.#buckets.size > this.#maxKeys) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done === true) return;
      this.#buckets.delete(oldest.value);
    }
  }
}
