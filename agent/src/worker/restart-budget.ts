/** Pause before each restart of one avatar, ms; their number bounds a crash loop. */
const PAUSES_MS = [0, 1000, 4000] as const;
/** A restart longer ago than this is forgotten, ms. */
const WINDOW_MS = 60_000;

/** Counts restarts per key: a session whose job keeps dying must not keep the machine busy. */
export class RestartBudget {
  readonly #restartsMs = new Map<string, number[]>();

  /** Take one restart: the pause before it in ms, or undefined when there were too many within a minute. */
  take(key: string, nowMs: number): number | undefined {
    for (const [other, times] of this.#restartsMs) {
      if (times.every((atMs) => nowMs - atMs > WINDOW_MS)) this.#restartsMs.delete(other);
    }
    const recent = (this.#restartsMs.get(key) ?? []).filter((atMs) => nowMs - atMs <= WINDOW_MS);
    const pauseMs = PAUSES_MS[recent.length];
    if (pauseMs !== undefined) this.#restartsMs.set(key, [...recent, nowMs]);
    return pauseMs;
  }
}
