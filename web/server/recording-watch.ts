/**
 * Keeps every room as its people agreed: looks at a room whenever somebody acts and whenever LiveKit says that something
 * happened there, and about once a second while there is a request or a recorder, since LiveKit's word may be lost. Then
 * it carries the plan out. One round per room at a time. Nothing is kept that LiveKit does not know, except which
 * recorders were told to stop: a restart of the page's server finds running recorders again.
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
import { WatchedRooms, type Watched } from './watched-rooms.ts';

/** Time between looks, ms. */
const LOOK_MS = 1000;
/** No recording starts for this long after somebody got a seat, unless they are in the room before, ms. */
const ARRIVAL_MS = 15_000;

/** The rooms in which recording is asked for or runs. */
export class RecordingWatch {
  readonly #livekit: RecordingLiveKit;
  readonly #recording: RecordingSettings;
  readonly #rooms = new WatchedRooms();
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: Settings, recording: RecordingSettings) {
    this.#livekit = new RecordingLiveKit(settings);
    this.#recording = recording;
  }

  /** Take up recordings that run already, from before a restart of this server. */
  async resume(): Promise<void> {
    for (const { room } of await this.#livekit.recorders()) {
      const watched = this.#rooms.of(room);
      watched.wasRecording = true;
      this.#setBusy(watched, true);
    }
  }

  /** Somebody is about to come in who has agreed to nothing: stop before they are there. */
  async expectNewcomer(room: string): Promise<void> {
    if (this.#rooms.find(room)?.busy !== true) return;
    await this.#rooms.inTurn(room, async (watched) => {
      watched.holdUntilMs = performance.now() + ARRIVAL_MS;
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
    const outcome = await this.#rooms.inTurn(room, async (watched) => {
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

  /** Rooms remembered now. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Look at every room in which something is going on. */
  async look(): Promise<void> {
    await Promise.all(
      this.#rooms.busy().map(async (room) => {
        // LiveKit away: nobody records then, and the next look follows.
        await this.#lookAt(room).catch(reportBug);
      }),
    );
  }

  /**
   * LiveKit says that something happened in a room, or that the room is gone: look now, also where nothing was going on.
   * Never rejects; while LiveKit does not answer the room is looked at every second.
   */
  async notice(room: string, isGone = false): Promise<void> {
    const isNew = this.#rooms.find(room) === undefined;
    const watched = this.#rooms.of(room);
    try {
      const look = this.#lookAt(room);
      const { turn } = watched;
      const people = await look;
      // A room of this name may be there again; and whatever waits behind this look needs what is remembered.
      const isQuiet = !watched.busy && watched.turn === turn;
      if (isQuiet && (isNew || (isGone && people === 0))) this.#rooms.forget(room, watched);
    } catch (thrown) {
      this.#setBusy(watched, true);
      reportBug(thrown);
    }
  }

  /** One round; resolves with the number of people. Whoever asks while one waits for its turn gets that one. */
  #lookAt(room: string): Promise<number> {
    const waiting = this.#rooms.of(room);
    waiting.nextLook ??= this.#rooms.inTurn(room, async (watched) => {
      watched.nextLook = null;
      const snapshot = await this.#snapshot(room, watched);
      await this.#carryOut(room, watched, snapshot);
      const isIdle =
        watched.starting === null &&
        performance.now() > watched.lateUntilMs &&
        snapshot.recorders.length + snapshot.strays.length === 0 &&
        openRequest(snapshot.people) === null;
      this.#setBusy(watched, !isIdle);
      return snapshot.people.length;
    });
    return waiting.nextLook;
  }

  async #snapshot(room: string, watched: Watched): Promise<RoomSnapshot> {
    const [{ people, recorders: present }, listed] = await Promise.all([
      this.#livekit.members(room),
      this.#livekit.recorders(room),
    ]);
    const nowMs = performance.now();
    const ids = new Set([...listed.map(({ id }) => id), ...present]);
    const recorders = [...ids]
      .filter((id) => !watched.told.has(id))
      .map((id) => {
        // LiveKit's own time counts once, when the recorder is first seen: clocks may be set meanwhile.
        const listedAtMs = listed.find((recorder) => recorder.id === id)?.startedAtMs ?? 0;
        const knownMs = listedAtMs > 0 ? Math.max(0, Date.now() - listedAtMs) : 0;
        const startedAtMs = watched.startedAtMs.get(id) ?? nowMs - knownMs;
        watched.startedAtMs.set(id, startedAtMs);
        return {
          id,
          ageMs: nowMs - startedAtMs,
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
      held: nowMs < watched.holdUntilMs,
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
      await this.#rooms.inTurn(room, async () => {
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
    watched.lateUntilMs = performance.now() + RECORDER_START_MS;
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

  #setBusy(watched: Watched, busy: boolean): void {
    watched.busy = busy;
    if (busy) {
      this.#timer ??= setInterval(() => void this.look(), LOOK_MS).unref();
    } else if (this.#timer !== null && this.#rooms.busy().length === 0) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}

/** LiveKit being away is no bug of ours. */
function reportBug(thrown: unknown): void {
  if (!(thrown instanceof AvatarError)) logUnexpected('recording watch failed', thrown);
}
