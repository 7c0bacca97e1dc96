/** The participant token of a session, kept young: it lives 15 minutes, a call may last for hours. */

/** Three attempts fit into the life of a token, ms. */
export const RENEW_EVERY_MS = 5 * 60_000;

/** Holds the token and asks for a fresh one until `signal` is aborted. */
export class SessionToken {
  #value: string;
  readonly #renew: (token: string, signal: AbortSignal) => Promise<string>;

  constructor(
    value: string,
    renew: (token: string, signal: AbortSignal) => Promise<string>,
    signal: AbortSignal,
  ) {
    this.#value = value;
    this.#renew = renew;
    const timer = setInterval(() => void this.#ask(signal), RENEW_EVERY_MS);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** The youngest one. */
  get value(): string {
    return this.#value;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    try {
      this.#value = await this.#renew(this.#value, signal);
    } catch {
      // The next attempt may succeed; a token that has expired after all shows where it is used.
    }
  }
}
