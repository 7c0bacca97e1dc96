/** Shortest time between two updates, ms: each goes to every participant. */
const MIN_INTERVAL_MS = 250;

/** Sends participant attributes: only what changed, at most four times a second, newest value wins. */
export class RoomAttributes {
  readonly #send: (changed: Record<string, string>) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #values = new Map<string, string>();
  #changed: Record<string, string> = {};
  #timer: NodeJS.Timeout | undefined;
  #lastSentAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(
    send: (changed: Record<string, string>) => Promise<void>,
    onError: (error: unknown) => void,
  ) {
    this.#send = send;
    this.#onError = onError;
  }

  /** Set attributes; unchanged values cost nothing. */
  set(values: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(values)) {
      if (this.#values.get(key) === value) continue;
      this.#values.set(key, value);
      this.#changed[key] = value;
    }
    if (this.#timer || this.#closed || Object.keys(this.#changed).length === 0) return;
    const waitMs = Math.max(0, this.#lastSentAtMs + MIN_INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => this.#flush(), waitMs);
  }

  /** Send everything again (after a full reconnection the server may have forgotten it). */
  resend(): void {
    this.#changed = Object.fromEntries(this.#values);
    this.set({});
  }

  /** Stop sending. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const changed = this.#changed;
    this.#changed = {};
    this.#lastSentAtMs = performance.now();
    this.#send(changed).catch((error: unknown) => {
      if (!this.#closed) this.#onError(error);
    });
  }
}
