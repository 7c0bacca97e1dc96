import { AvatarError } from '../errors.ts';

type Pending = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AvatarError) => void;
  readonly timer: NodeJS.Timeout;
};

/** Questions to the engine that wait for their answer, by request id. */
export class PendingRequests {
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Whether an answer to `id` is awaited. */
  has(id: number): boolean {
    return this.#pending.has(id);
  }

  /** Wait for the answer to `id`. @throws AvatarError ENGINE_UNAVAILABLE naming `what` when none comes in time */
  wait(id: number, what: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `the engine did not answer "${what}" within ${this.#timeoutMs} ms`;
        this.fail(id, new AvatarError('ENGINE_UNAVAILABLE', message));
      }, this.#timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
    });
  }

  /** The answer has come. One that nobody waits for (any more) is ignored. */
  resolve(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  /** A refusal has come. */
  fail(id: number, error: AvatarError): void {
    this.#take(id)?.reject(error);
  }

  /** No answer will come any more. */
  failAll(error: AvatarError): void {
    for (const id of [...this.#pending.keys()]) this.fail(id, error);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    clearTimeout(pending?.timer);
    this.#pending.delete(id);
    return pending;
  }
}
