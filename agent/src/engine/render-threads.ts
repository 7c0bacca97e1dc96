/**
 * The render threads of one engine. Sessions are pinned to the least-loaded thread. A thread that dies is replaced at
 * once; threads that keep dying are replaced more slowly, so that a broken model does not eat the machine.
 */
import { availableParallelism } from 'node:os';
import { runsInOneThread } from '../packs/load-pack.ts';
import type { PackFacts } from '../pipeline/model-pack.ts';
import type { CatalogueAvatar } from './avatar-catalogue.ts';
import { RenderThreadHandle, type ThreadEvents } from './render-thread-handle.ts';
import type { ThreadStart } from './thread-messages.ts';

/** Deaths within this time count together, ms; after MAX_QUICK_DEATHS a replacement waits SLOW_RESTART_MS. */
const DEATH_WINDOW_MS = 10_000;
const MAX_QUICK_DEATHS = 3;
const SLOW_RESTART_MS = 5000;

/** What the threads tell the engine. */
export type RenderThreadsEvents = {
  readonly onMessage: ThreadEvents['onMessage'];
  /** A thread is gone; its replacement, if any, already takes sessions. */
  readonly onDeath: (thread: RenderThreadHandle, reason: string) => void;
  /** A replacement has been started and wants the avatars. */
  readonly onStarted: (thread: RenderThreadHandle) => void;
};

/** Answers of the threads that were asked to open an avatar. */
export type OpenedEverywhere = {
  readonly facts: readonly PackFacts[];
  /** Empty when it is open in all. */
  readonly failures: readonly unknown[];
};

/** Threads for `service.render_threads`: 0 = cores − 1, at least 1, at most 4. */
export function renderThreadCount(renderThreads: number): number {
  return renderThreads > 0 ? renderThreads : Math.min(4, Math.max(1, availableParallelism() - 1));
}

/** See the head of this file. */
export class RenderThreads {
  readonly #start: ThreadStart;
  readonly #events: RenderThreadsEvents;
  readonly #threads: (RenderThreadHandle | undefined)[] = [];
  readonly #deathsMs: number[] = [];
  readonly #restarts = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(threadCount: number, start: ThreadStart, events: RenderThreadsEvents) {
    this.#start = start;
    this.#events = events;
    for (let i = 0; i < threadCount; i += 1) this.#startThread(i);
  }

  /** Threads that run. */
  get alive(): readonly RenderThreadHandle[] {
    return this.#threads.filter((thread) => thread !== undefined);
  }

  /** The running thread with the fewest sessions; undefined when none runs. `sessionsOn` counts them. */
  leastLoaded(sessionsOn: (thread: RenderThreadHandle) => number): RenderThreadHandle | undefined {
    let best: RenderThreadHandle | undefined;
    for (const thread of this.alive) {
      if (best === undefined || sessionsOn(thread) < sessionsOn(best)) best = thread;
    }
    return best;
  }

  /** The only thread for avatars of a pack that wants one; undefined for the other packs, and when none runs. */
  homeOf(model: string): RenderThreadHandle | undefined {
    return runsInOneThread(model) ? this.alive[0] : undefined;
  }

  /** Open an avatar in every thread it may be shown in. Tells what its pack says there, and why it failed. */
  async addAvatar({ asset, model }: CatalogueAvatar): Promise<OpenedEverywhere> {
    const home = this.homeOf(model);
    const threads = home === undefined ? this.alive : [home];
    const results = await Promise.allSettled(
      threads.map((thread) => thread.addAvatar(asset, model)),
    );
    return {
      facts: results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
      failures: results.flatMap((one) =>
        one.status === 'rejected' ? [one.reason as unknown] : [],
      ),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const restart of this.#restarts) clearTimeout(restart);
    await Promise.all(this.alive.map((thread) => thread.close()));
  }

  #startThread(index: number): RenderThreadHandle {
    const thread: RenderThreadHandle = new RenderThreadHandle(this.#start, {
      onMessage: this.#events.onMessage,
      onDeath: (reason) => {
        this.#replace(index, thread, reason);
      },
    });
    this.#threads[index] = thread;
    return thread;
  }

  #replace(index: number, dead: RenderThreadHandle, reason: string): void {
    this.#threads[index] = undefined;
    if (this.#isClosed) return;
    const nowMs = performance.now();
    this.#deathsMs.push(nowMs);
    while (nowMs - (this.#deathsMs[0] ?? nowMs) > DEATH_WINDOW_MS) this.#deathsMs.shift();
    const restart = (): void => {
      this.#events.onStarted(this.#startThread(index));
    };
    if (this.#deathsMs.length <= MAX_QUICK_DEATHS) restart();
    else {
      const timer = setTimeout(() => {
        this.#restarts.delete(timer);
        restart();
      }, SLOW_RESTART_MS);
      this.#restarts.add(timer);
    }
    this.#events.onDeath(dead, reason);
  }
}
