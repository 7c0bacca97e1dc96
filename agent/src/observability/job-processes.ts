/**
 * The worker's job processes, seen from outside: the agents framework forks them and tells nobody. Node announces every
 * child process on a documented channel.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { BUCKETS_S, BucketCounts } from './bucket-counts.ts';

const CHANNEL = 'child_process';
/** Name of the script that the framework forks for a job. */
const JOB_SCRIPT = /job_proc_lazy_main\.\w+$/;
/** What a job process says when it can take a job. */
const READY = 'initializeResponse';

/** Counts job processes from now on. */
export class JobProcesses {
  /** Seconds from a process's start until it could take a job. */
  readonly starts = new BucketCounts(BUCKETS_S.start);
  readonly #running = new Set<ChildProcess>();
  readonly #starting = new Set<ChildProcess>();
  readonly #onChild = (message: unknown): void => {
    this.#watch((message as { process: ChildProcess }).process);
  };

  constructor() {
    subscribe(CHANNEL, this.#onChild);
  }

  /** Job processes that run, waiting ones included. */
  get count(): number {
    return this.#running.size;
  }

  /** Those of them that are still loading and cannot take a job yet. */
  get startingCount(): number {
    return this.#starting.size;
  }

  /** Watch no more of them. */
  close(): void {
    unsubscribe(CHANNEL, this.#onChild);
  }

  /** Announced before it is started: its arguments are known when it runs. */
  #watch(child: ChildProcess): void {
    const startedMs = performance.now();
    child.once('spawn', () => {
      if (!child.spawnargs.some((argument) => JOB_SCRIPT.test(argument))) return;
      this.#running.add(child);
      this.#starting.add(child);
      child.once('exit', () => {
        this.#running.delete(child);
        this.#starting.delete(child);
      });
      const onMessage = (message: unknown): void => {
        if ((message as { case?: unknown } | null)?.case !== READY) return;
        child.off('message', onMessage);
        this.#starting.delete(child);
        this.starts.record((performance.now() - startedMs) / 1000);
      };
      child.on('message', onMessage);
    });
  }
}
