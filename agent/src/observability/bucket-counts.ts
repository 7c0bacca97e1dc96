/**
 * Counts of durations in fixed buckets. Recording is a comparison per bucket and two additions: nothing is allocated,
 * so that it may be done for every frame. Job processes send what was added since the last message; the parent adds it.
 */
import { z } from 'zod';

/** Upper bounds of the buckets, s; the last bucket, up to infinity, is implied. */
export const BUCKETS_S = {
  /** A stage's work for one frame. */
  render: [0.001, 0.002, 0.004, 0.008, 0.012, 0.016, 0.02, 0.03, 0.04, 0.06, 0.1],
  /** From audio to picture or sound. */
  latency: [0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.25, 0.3, 0.4, 0.6, 1],
  /** Joining a room, starting a process. */
  start: [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 13, 30],
} as const;

/** What was counted in a while, as it travels from a job process to its parent. */
export const bucketDeltaSchema = z.strictObject({
  /** Per bucket, the implied one last. */
  counts: z.array(z.int().nonnegative()).max(32),
  sumS: z.number(),
});
export type BucketDelta = z.infer<typeof bucketDeltaSchema>;

/** See the head of this file. */
export class BucketCounts {
  readonly boundsS: Float64Array;
  readonly #counts: Float64Array;
  readonly #taken: Float64Array;
  #sumS = 0;
  #takenSumS = 0;
  #total = 0;
  #takenTotal = 0;

  /** @param boundsS upper bounds of the buckets, rising, s */
  constructor(boundsS: readonly number[]) {
    this.boundsS = Float64Array.from(boundsS);
    this.#counts = new Float64Array(boundsS.length + 1);
    this.#taken = new Float64Array(boundsS.length + 1);
  }

  /** Durations counted. */
  get total(): number {
    return this.#total;
  }

  /** Sum of the durations counted, s. */
  get sumS(): number {
    return this.#sumS;
  }

  /** Count one duration. One that is no number is left out. */
  record(durationS: number): void {
    if (!Number.isFinite(durationS)) return;
    const bounds = this.boundsS;
    let bucket = 0;
    while (bucket < bounds.length && durationS > bounds[bucket]!) bucket += 1; // bucket < length
    this.#counts[bucket]! += 1; // counts has one place more than bounds
    this.#sumS += durationS;
    this.#total += 1;
  }

  /** Durations at or below the bound of each bucket, the implied one last (Prometheus counts cumulatively). */
  cumulative(): number[] {
    let below = 0;
    return Array.from(this.#counts, (count) => (below += count));
  }

  /** What was counted since the last call; undefined when nothing was. */
  take(): BucketDelta | undefined {
    if (this.#total === this.#takenTotal) return undefined;
    const delta = {
      counts: Array.from(this.#counts, (count, i) => count - this.#taken[i]!), // same length
      sumS: this.#sumS - this.#takenSumS,
    };
    this.#taken.set(this.#counts);
    this.#takenSumS = this.#sumS;
    this.#takenTotal = this.#total;
    return delta;
  }

  /** Add what another process has counted in the same buckets; a delta of other buckets is left out. */
  add({ counts, sumS }: BucketDelta): void {
    if (counts.length !== this.#counts.length) return;
    for (let i = 0; i < counts.length; i += 1) {
      this.#counts[i]! += counts[i]!; // i < length of both
      this.#total += counts[i]!;
    }
    this.#sumS += sumS;
  }
}
