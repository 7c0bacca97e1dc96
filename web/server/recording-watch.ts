/**
 * Keeps every room as its people agreed: looks at rooms with a request or a recorder about once a second and whenever
 * somebody acts, and carries the plan out. One round per room at a time. Nothing is kept that LiveKit does not know,
 * except which recorders were told to stop: a restart of the page's server finds running recorders again.
 */
import { AvatarError, toAvatarError } from '@live-avatar/agent/errors';
import { logUnexpected } from './log.ts';
import { RECORDING_ATTRIBUTES, openRequest, type RecordingEnd } from './recording-contract.ts';
import { RecordingLiveKit } from './recording-livekit.ts';
import {
  RECORDER_START_MS,
  planRecording,
  type RecordingPlan,
  type RoomSnapshot,
} from './recording-plan.ts';
import type { RecordingSettings } from './recording-settings.ts';
import type { Settings } from './settings.ts';

/** Time between looks, ms. */
const LOOK_MS = 1000;
/** Rooms remembered in which nothing is going on. */
const MAX_IDLE_ROOMS = 1000;
/** No recording starts for this long after somebody got a seat, unless they are in the room before, ms. */
const ARRIVAL_MS = 15_000;

/** What one room needs remembered. */
type Watched = {
  turn: Promise<unknown>;
  /** Whether there is a request or a recorder: such rooms are looked at again and again. */
  busy: boolean;
  wasRecording: boolean;
  starting: Promise<void> | null;
  holdUntilMs: number;
  /** A recorder that was told to stop may still be on its way into the room until then, Unix time, ms. */
  lateUntilMs: number;
  readonly told: Set<string>;
  readonly ended: Set<string>;
  readonly firstSeenMs: Map<string, number>;
};

/** The rooms in which recording is asked for or runs. */
export class RecordingWatch {
  readonly #livekit: RecordingLiveKit;
  readonly #recording: RecordingSettings;
  readonly #rooms = new Map<string, Watched>();
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: Settings, recording: RecordingSettings) {
    this.#livekit = new RecordingLiveKit(settings);
    this.#recording = recording;
  }

  /** Take up recordings that run already, from before a restart of this server. */
  async resume(): Promise<void> {
    for (const { room } of await this.#livekit.recorders()) {
      this.#room(room).wasRecording = true;
      this.#setBusy(this.#room(room), true);
    }
  }

  /** Somebody is about to come in who has agreed to nothing: stop before they are there. */
  async expectNewcomer(room: string): Promise<void> {
    if (this.#rooms.get(room)?.busy !== true) return;
    await this.#inTurn(room, async (watched) => {
      watched.holdUntilMs = Date.now() + ARRIVAL_MS;
      const { people, recorders } = await this.#snapshot(room, watched);
      for (const { id } of recorders) await this.#stop(room, watched, id);
      if (recorders.length > 0) await this.#livekit.tell(room, people, 'newcomer');
    });
  }

  /**
   * Write what a person said, then bring the room in line. `attributes` null: end the request for everybody.
   * Resolves when the recorder runs, if this was the last agreement.
   * @throws AvatarError SESSION_CLOSED when they are not in the room; RECORDING_UNAVAILABLE when no recorder starts.
   */
  async act(
    room: string,
    identity: string,
    decide: (open: string | null) => Record<string, string> | RecordingEnd | null,
  ): Promise<string | null> {
    const outcome = await this.#inTurn(room, async (watched) => {
      const snapshot = await this.#snapshot(room, watched);
      if (!snapshot.people.some((person) => person.identity === identity)) {
        throw new AvatarError('SESSION_CLOSED', 'You are not in this room any more. Join again.');
      }
      const request = openRequest(snapshot.people);
      const open = request !== null && !watched.ended.has(request.id) ? request.id : null;
      const said = decide(open);
      if (typeof said === 'string') {
        await this.#stopAll(room, watched, snapshot);
        await this.#end(room, watched, snapshot, said);
        this.#setBusy(watched, true);
        return { starting: null, open: null };
      }
      if (said !== null) await this.#livekit.mark(room, identity, said);
      const people = snapshot.people.map((person) =>
        person.identity === identity
          ? { ...person, attributes: { ...person.attributes, ...said } }
          : person,
      );
      const now = { ...snapshot, people };
      if (openRequest(people) !== null || now.recorders.length > 0) this.#setBusy(watched, true);
      await this.#carryOut(room, watched, now);
      return { starting: watched.starting, open: openRequest(people)?.id ?? null };
    });
    // Outside the turn: nobody who withdraws waits for a recorder that does not come.
    await outcome.starting;
    return outcome.open;
  }

  /** Look at every room now. */
  async look(): Promise<void> {
    await Promise.all(
      [...this.#rooms].map(async ([room, { busy }]) => {
        if (!busy) return;
        try {
          await this.#lookAt(room);
        } catch (thrown) {
          // LiveKit away: nobody records then, and the next look follows.
          if (!(thrown instanceof AvatarError)) logUnexpected('recording watch failed', thrown);
        }
      }),
    );
  }

  async #lookAt(room: string): Promise<void> {
    await this.#inTurn(room, async (watched) => {
      const snapshot = await this.#snapshot(room, watched);
      await this.#carryOut(room, watched, snapshot);
      const isIdle =
        watched.starting === null &&
        snapshot.nowMs > watched.lateUntilMs &&
        snapshot.recorders.length + snapshot.strays.length === 0 &&
        openRequest(snapshot.people) === null;
      if (isIdle) this.#setBusy(watched, false);
    });
  }

  async #snapshot(room: string, watched: Watched): Promise<RoomSnapshot> {
    const [{ people, recorders: present }, listed] = await Promise.all([
      this.#livekit.members(room),
      this.#livekit.recorders(room),
    ]);
    const nowMs = Date.now();
    const ids = new Set([...listed.map(({ id }) => id), ...present]);
    const recorders = [...ids]
      .filter((id) => !watched.told.has(id))
      .map((id) => {
        const firstSeenMs = watched.firstSeenMs.get(id) ?? nowMs;
        watched.firstSeenMs.set(id, firstSeenMs);
        const { startedAtMs = 0 } = listed.find((recorder) => recorder.id === id) ?? {};
        return {
          id,
          startedAtMs: startedAtMs > 0 ? startedAtMs : firstSeenMs,
          present: present.includes(id),
        };
      });
    if (recorders.length > 0 && openRequest(people)?.agreedByAll === true) {
      watched.wasRecording = true;
    }
    return {
      people,
      recorders,
      strays: present.filter((id) => watched.told.has(id)),
      endedRequests: watched.ended,
      wasRecording: watched.wasRecording,
      holdUntilMs: watched.holdUntilMs,
      nowMs,
      maxMs: this.#recording.maxMs,
    };
  }

  async #carryOut(room: string, watched: Watched, snapshot: RoomSnapshot): Promise<void> {
    const plan: RecordingPlan = planRecording(snapshot);
    await Promise.all(plan.stop.map((id) => this.#stop(room, watched, id)));
    if (plan.end) await this.#end(room, watched, snapshot, plan.reason);
    else if (plan.reason !== null) await this.#livekit.tell(room, snapshot.people, plan.reason);
    if (plan.start) this.#start(room, watched);
  }

  #start(room: string, watched: Watched): void {
    if (watched.starting !== null) return;
    const started = this.#livekit.start(room, this.#recording, Date.now()).then(
      () => null,
      (thrown: unknown) => toAvatarError(thrown),
    );
    watched.starting = started.then(async (failure) => {
      watched.starting = null;
      // The room may have changed while the recorder was on its way: look again before anything else.
      await this.#inTurn(room, async () => {
        const snapshot = await this.#snapshot(room, watched);
        if (failure === null) return this.#carryOut(room, watched, snapshot);
        return this.#end(room, watched, snapshot, 'unavailable');
      });
      if (failure !== null) throw failure;
    });
    // Also awaited by the one whose agreement started it.
    watched.starting.catch((thrown: unknown) => {
      logUnexpected('a recording did not start', thrown);
    });
  }

  async #stop(room: string, watched: Watched, recorder: string): Promise<void> {
    watched.told.add(recorder);
    watched.lateUntilMs = Date.now() + RECORDER_START_MS;
    this.#setBusy(watched, true);
    watched.wasRecording = false;
    await this.#livekit.stop(room, recorder);
  }

  async #stopAll(room: string, watched: Watched, { recorders }: RoomSnapshot): Promise<void> {
    await Promise.all(recorders.map(({ id }) => this.#stop(room, watched, id)));
  }

  async #end(
    room: string,
    watched: Watched,
    { people }: RoomSnapshot,
    reason: RecordingEnd | null,
  ): Promise<void> {
    for (const { attributes } of people) {
      const id = attributes[RECORDING_ATTRIBUTES.asked] ?? '';
      if (id !== '') watched.ended.add(id);
    }
    watched.wasRecording = false;
    const nothing = { [RECORDING_ATTRIBUTES.asked]: '', [RECORDING_ATTRIBUTES.agreed]: '' };
    const marked = people.filter(({ attributes }) =>
      Object.keys(nothing).some((name) => (attributes[name] ?? '') !== ''),
    );
    await Promise.all(marked.map(({ identity }) => this.#livekit.mark(room, identity, nothing)));
    if (reason !== null) await this.#livekit.tell(room, people, reason);
  }

  /** Run `work` after everything else that was begun for this room. */
  #inTurn<T>(room: string, work: (watched: Watched) => Promise<T>): Promise<T> {
    const watched = this.#room(room);
    const turn = watched.turn.then(() => work(watched));
    watched.turn = turn.catch(() => undefined);
    return turn;
  }

  #room(room: string): Watched {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const watched: Watched = {
      turn: Promise.resolve(),
      busy: false,
      wasRecording: false,
      starting: null,
      holdUntilMs: 0,
      lateUntilMs: 0,
      told: new Set(),
      ended: new Set(),
      firstSeenMs: new Map(),
    };
    this.#rooms.set(room, watched);
    this.#forgetIdle();
    return watched;
  }

  #setBusy(watched: Watched, busy: boolean): void {
    watched.busy = busy;
    if (busy) {
      this.#timer ??= setInterval(() => void this.look(), LOOK_MS).unref();
    } else if (this.#timer !== null && ![...this.#rooms.values()].some((room) => room.busy)) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  /** Rooms are never announced as gone; the ones that were quiet longest make place. */
  #forgetIdle(): void {
    for (const [room, { busy }] of this.#rooms) {
      if (this.#rooms.size <= MAX_IDLE_ROOMS) return;
      if (!busy) this.#rooms.delete(room);
    }
  }
}
