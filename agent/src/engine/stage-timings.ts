/** Timings of the engine's stages over the last frames, for /status and /metrics. */

/** Frames looked back on: 20 s of one session. */
const WINDOW = 512;

/** Median and 99th percentile, ms; 0 while nothing was measured. */
export type StageTiming = { readonly p50Ms: number; readonly p99Ms: number };

/** The last WINDOW durations of one stage. Recording allocates nothing. */
export class StageTimings {
  readonly #durationsMs = new Float32Array(WINDOW);
  #recorded = 0;

  record(durationMs: number): void {
    this.#durationsMs[this.#recorded % WINDOW] = durationMs;
    this.#recorded += 1;
  }

  summary(): StageTiming {
    const sorted = this.#durationsMs.slice(0, Math.min(WINDOW, this.#recorded)).sort();
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return { p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}
