/** How long the driving participant may take to join, ms. */
const JOIN_TIMEOUT_MS = 30_000;
/** How long a lost participant may take to come back, ms. */
const RETURN_TIMEOUT_MS = 10_000;

/** Decides when a session has lost its driving participant for good. */
export class ParticipantPresence {
  readonly #onGone: (reason: string) => void;
  #timer: NodeJS.Timeout | undefined;

  /** Starts waiting for the participant to join. `onGone` is called at most once. */
  constructor(onGone: (reason: string) => void) {
    this.#onGone = onGone;
    this.#wait(JOIN_TIMEOUT_MS, 'the participant never joined');
  }

  /** The participant is in the room. */
  joined(): void {
    clearTimeout(this.#timer);
  }

  /** The participant has left: `explicit` when it said so (or was removed), false when its connection broke. */
  left(explicit: boolean): void {
    if (explicit) this.#gone('the participant left');
    else this.#wait(RETURN_TIMEOUT_MS, 'the participant lost its connection');
  }

  /** Forget everything; `onGone` is not called any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(timeoutMs: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#gone(reason), timeoutMs);
  }

  #gone(reason: string): void {
    clearTimeout(this.#timer);
    this.#onGone(reason);
  }
}
