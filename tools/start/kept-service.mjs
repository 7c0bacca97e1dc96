// @ts-check
// One service that is started again when it dies. What never came up, or keeps dying, is given up with its last lines.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './children.mjs';
import { waitUntilHealthy } from './health.mjs';

/** Pause before each restart, ms; one more death within the window is the last. */
const PAUSES_MS = [0, 500, 1_000, 2_000, 4_000];
const WINDOW_MS = 10 * 60_000;
/** Time for what a dead program forked: the agent's jobs leave their rooms by themselves, ms. */
const FORKED_GRACE_MS = 4_000;

/**
 * @typedef {object} Death
 * @property {Child} child
 * @property {string} reason
 */

export class KeptService {
  #service;
  #show;
  #log;
  #onChange;
  #signal;
  /** @type {number[]} */
  #deathsMs = [];
  /** @type {Set<Child>} */
  #children = new Set();
  /** @type {(healthy: boolean) => void} */
  #settleFirst = () => undefined;

  /**
   * @param {import('./services.mjs').Service} service
   * @param {object} options
   * @param {(name: string, level: import('./log-lines.mjs').Level, text: string) => void} options.show
   * @param {(line: string) => void} options.log
   * @param {() => void} options.onChange its processes are others now
   * @param {AbortSignal} options.signal from then on it is not started again
   */
  constructor(service, { show, log, onChange, signal }) {
    this.name = service.spec.name;
    this.#service = service;
    this.#show = show;
    this.#log = log;
    this.#onChange = onChange;
    this.#signal = signal;
    /** @type {Promise<boolean>} whether it came up the first time */
    this.firstHealthy = new Promise((resolve) => {
      this.#settleFirst = resolve;
    });
    /** @type {Promise<Death>} resolves when it is given up */
    this.gaveUp = this.#run();
  }

  /** @returns {number[]} process groups that may have a member */
  get groups() {
    return [...this.#children].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Ask it to end; after `graceMs` end it and everything it forked.
   * @param {number} graceMs
   */
  async stop(graceMs) {
    await Promise.all([...this.#children].map((child) => child.stop(graceMs)));
  }

  /** End everything at once. */
  kill() {
    for (const child of this.#children) child.kill();
  }

  /** @returns {Promise<Death>} */
  async #run() {
    for (;;) {
      const child = new Child(this.#service.spec, this.#show);
      this.#children.add(child);
      this.#onChange();
      const wasHealthy = await this.#watchHealth(child);
      const reason = await child.ended;
      const pauseMs = wasHealthy && !this.#signal.aborted ? this.#takeRestart() : undefined;
      if (pauseMs === undefined) return { child, reason };
      void this.#forget(child);
      this.#log(`${this.name} ${reason}; starting it again. Its last lines:`);
      // They may still be in the pipe.
      await sleep(100 + pauseMs, undefined, { signal: this.#signal }).catch(() => undefined);
      for (const line of child.lastLines.slice(-5)) this.#log(`  ${line}`);
      if (this.#signal.aborted) return { child, reason };
    }
  }

  /**
   * @param {Child} child
   * @returns {Promise<boolean>} whether it came up before it ended
   */
  async #watchHealth(child) {
    const ended = new AbortController();
    void child.ended.then(() => ended.abort());
    const healthy = await waitUntilHealthy(this.#service.healthUrl, {
      signal: AbortSignal.any([ended.signal, this.#signal]),
      onWait: (waitedMs, last) =>
        this.#log(`${this.name}: not ready after ${Math.round(waitedMs / 1000)} s (${last})`),
    });
    this.#settleFirst(healthy);
    return healthy;
  }

  /** @returns {number | undefined} pause before the restart; undefined: too many */
  #takeRestart() {
    const nowMs = performance.now();
    this.#deathsMs = this.#deathsMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
    this.#deathsMs.push(nowMs);
    return PAUSES_MS[this.#deathsMs.length - 1];
  }

  /** @param {Child} child a dead one; what it forked gets a moment to end by itself */
  async #forget(child) {
    await child.outlive(FORKED_GRACE_MS);
    this.#children.delete(child);
    this.#onChange();
  }
}
