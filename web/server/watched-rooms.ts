/** What the recording watch remembers of each room, and the one round per room at a time. */

/** Rooms remembered in which nothing is going on. */
const MAX_IDLE_ROOMS = 1000;

/** What one room needs remembered. */
export type Watched = {
  /** Settles when everything that was begun for this room is done; never rejects. */
  turn: Promise<unknown>;
  /** A look that waits for its turn; whoever wants one meanwhile shares it. */
  nextLook: Promise<number> | null;
  /** Whether there is a request or a recorder: such rooms are looked at again and again. */
  busy: boolean;
  wasRecording: boolean;
  starting: Promise<void> | null;
  /** No recording starts before this: somebody is on the way in. Monotonic, as everything here that is waited for, ms. */
  holdUntilMs: number;
  /** A recorder that was told to stop may still be on its way into the room until then, ms. */
  lateUntilMs: number;
  readonly told: Set<string>;
  readonly ended: Set<string>;
  /** When each recorder was asked to start, ms. */
  readonly startedAtMs: Map<string, number>;
};

/** The rooms of one watch, by name. */
export class WatchedRooms {
  readonly #rooms = new Map<string, Watched>();

  /** Rooms remembered now. */
  get size(): number {
    return this.#rooms.size;
  }

  /** The room, if it is remembered. */
  find(room: string): Watched | undefined {
    return this.#rooms.get(room);
  }

  /** The room, remembered from now on. */
  of(room: string): Watched {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const watched: Watched = {
      turn: Promise.resolve(),
      nextLook: null,
      busy: false,
      wasRecording: false,
      starting: null,
      holdUntilMs: 0,
      lateUntilMs: 0,
      told: new Set(),
      ended: new Set(),
      startedAtMs: new Map(),
    };
    this.#rooms.set(room, watched);
    this.#forgetIdle();
    return watched;
  }

  /** Names of the rooms in which something is going on. */
  busy(): string[] {
    return [...this.#rooms].filter(([, { busy }]) => busy).map(([room]) => room);
  }

  /** Run `work` after everything else that was begun for this room. */
  inTurn<T>(room: string, work: (watched: Watched) => Promise<T>): Promise<T> {
    const watched = this.of(room);
    const turn = watched.turn.then(() => work(watched));
    watched.turn = turn.catch(() => undefined);
    return turn;
  }

  /** Forget a room. Another one of that name stays. */
  forget(room: string, watched: Watched): void {
    if (this.#rooms.get(room) === watched) this.#rooms.delete(room);
  }

  /** LiveKit's word that a room is gone may be lost; the ones that were remembered first make place. */
  #forgetIdle(): void {
    for (const [room, { busy }] of this.#rooms) {
      if (this.#rooms.size <= MAX_IDLE_ROOMS) return;
      if (!busy) this.#rooms.delete(room);
    }
  }
}
