/** Main-thread side of one render thread: starts the worker, posts messages, hands answers on, notices its death. */
import { Worker } from 'node:worker_threads';
import { AvatarError } from '../errors.ts';
import type { AvatarAsset, PackFacts } from '../pipeline/model-pack.ts';
import type { FromThread, ThreadFailure, ThreadStart, ToThread } from './thread-messages.ts';

/** What a handle tells its owner. */
export type ThreadEvents = {
  /** A message about a session, and the thread it comes from. */
  readonly onMessage: (
    message: Exclude<FromThread, { kind: 'avatar' | 'avatarFailed' }>,
    thread: RenderThreadHandle,
  ) => void;
  /** The thread has ended without being asked to. Called once. */
  readonly onDeath: (reason: string) => void;
};

const NEVER_STARTED = 'the render thread ended before it had opened its avatars';

/** One render thread. */
export class RenderThreadHandle {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  readonly #waiting = new Map<string, PromiseWithResolvers<PackFacts>>();
  readonly #assets = new Map<
    string,
    { readonly asset: AvatarAsset; readonly opening: Promise<PackFacts> }
  >();
  #isGone = false;
  #deathReason = 'it ended';

  constructor(start: ThreadStart, events: ThreadEvents) {
    this.#events = events;
    this.#worker = startWorker(start);
    this.#worker.on('message', (message: FromThread) => {
      this.#receive(message);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#deathReason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on('exit', () => {
      this.#die();
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  post(message: ToThread): void {
    if (!this.#isGone) this.#worker.postMessage(message);
  }

  /**
   * Open an avatar in the thread, once per asset. The sessions' `open` may be posted at once: the thread keeps order.
   * @throws AvatarError why the pack or the avatar cannot be opened, ENGINE_UNAVAILABLE when the thread dies
   */
  addAvatar(asset: AvatarAsset, model: string): Promise<PackFacts> {
    const known = this.#assets.get(asset.id);
    if (known?.asset === asset) return known.opening;
    if (this.#isGone) return Promise.reject(new AvatarError('ENGINE_UNAVAILABLE', NEVER_STARTED));
    const waiting = withResolvers<PackFacts>();
    waiting.promise.catch(() => undefined); // whoever opens a session gets the reason from the thread too
    this.#waiting
      .get(asset.id)
      ?.reject(new AvatarError('AVATAR_NOT_READY', `${asset.id} was prepared anew`));
    this.#waiting.set(asset.id, waiting);
    this.#assets.set(asset.id, { asset, opening: waiting.promise });
    this.post({ kind: 'avatar', asset, model });
    return waiting.promise;
  }

  /** Stop the thread. */
  async close(): Promise<void> {
    this.#isGone = true;
    await this.#worker.terminate();
  }

  /** End the thread as a crash would (for tests and operators). */
  async kill(): Promise<void> {
    this.#deathReason = 'it was ended on request';
    await this.#worker.terminate();
  }

  #receive(message: FromThread): void {
    if (message.kind === 'avatar') this.#settle(message.id)?.resolve(message.facts);
    else if (message.kind === 'avatarFailed') {
      this.#assets.delete(message.id);
      this.#settle(message.id)?.reject(errorOf(message.failure));
    } else this.#events.onMessage(message, this);
  }

  #settle(id: string): PromiseWithResolvers<PackFacts> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #die(): void {
    const error = new AvatarError('ENGINE_UNAVAILABLE', `${NEVER_STARTED}: ${this.#deathReason}`);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    if (this.#isGone) return;
    this.#isGone = true;
    this.#events.onDeath(this.#deathReason);
  }
}

type PromiseWithResolvers<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
};

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** A failure that came from a thread, as the error it was. */
export function errorOf({ code, message }: ThreadFailure): AvatarError {
  return new AvatarError(code, message);
}

/**
 * Worker entries are not rewritten by the compiler, so the ending follows this file's own. Unbuilt source (tests) is
 * loaded through tsx: Node 20 does not apply a parent's loader to its threads.
 */
function startWorker(start: ThreadStart): Worker {
  const isBuilt = import.meta.url.endsWith('.js');
  const entry = new URL(isBuilt ? './render-thread.js' : './render-thread.ts', import.meta.url);
  if (isBuilt) return new Worker(entry, { workerData: start });
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(entry.href)}); })`;
  return new Worker(load, { eval: true, workerData: start });
}
