/**
 * What to do about recording in a room, given what is there. Pure: every rule about consent is in this file, and the
 * server carries the plan out again and again until the room is as it should be.
 */
import { openRequest, type Person, type RecordingEnd } from './recording-contract.ts';

/** How long a recorder may take to enter the room (it starts a browser), ms. */
export const RECORDER_START_MS = 30_000;

/** A recorder that LiveKit lists as starting or active. */
export type Recorder = {
  /** Egress id; also its identity in the room. */
  readonly id: string;
  /** Since it was asked to start, ms. */
  readonly ageMs: number;
  /** Whether it is in the room. */
  readonly present: boolean;
};

/** A room at one moment. */
export type RoomSnapshot = {
  readonly people: readonly Person[];
  /** Oldest first, without those that were told to stop. */
  readonly recorders: readonly Recorder[];
  /** Recorders in the room that were told to stop. */
  readonly strays: readonly string[];
  /** Requests that have ended; LiveKit may still list what people said to them. */
  readonly endedRequests: ReadonlySet<string>;
  /** Whether a recorder for the present request has been seen before. */
  readonly wasRecording: boolean;
  /** No start now: somebody is on the way in. */
  readonly held: boolean;
  readonly maxMs: number;
};

/** One round of work. Recorders are stopped first. */
export type RecordingPlan = {
  /** Recorders to put out. */
  readonly stop: readonly string[];
  readonly start: boolean;
  /** End the request: forget who asked and who agreed. */
  readonly end: boolean;
  /** Told to everyone in the room. */
  readonly reason: RecordingEnd | null;
};

/** Decide. Recording runs only while the one who asked is there and everyone in the room has agreed to that request. */
export function planRecording(room: RoomSnapshot): RecordingPlan {
  const plan = planRunning(room);
  return { ...plan, stop: [...room.strays, ...plan.stop] };
}

function planRunning(room: RoomSnapshot): RecordingPlan {
  const { people, recorders } = room;
  const all = recorders.map(({ id }) => id);
  const request = openRequest(people);
  if (request === null) {
    const end = people.some(({ attributes }) => isMarked(attributes)) || all.length > 0;
    return { stop: all, start: false, end, reason: end ? 'asker-left' : null };
  }
  if (room.endedRequests.has(request.id)) {
    return { stop: all, start: false, end: true, reason: null };
  }
  if (!request.agreedByAll) {
    return { stop: all, start: false, end: false, reason: all.length > 0 ? 'newcomer' : null };
  }
  const [oldest, ...others] = recorders;
  const more = others.map(({ id }) => id);
  if (oldest === undefined) {
    // It ended by itself: starting again and again would hide a recorder that does not work.
    if (room.wasRecording) return { stop: [], start: false, end: true, reason: 'failed' };
    return { stop: [], start: !room.held, end: false, reason: null };
  }
  if (oldest.ageMs > room.maxMs) return { stop: all, start: false, end: true, reason: 'limit' };
  if (!oldest.present && oldest.ageMs > RECORDER_START_MS) {
    return { stop: all, start: false, end: true, reason: 'failed' };
  }
  return { stop: more, start: false, end: false, reason: null };
}

function isMarked(attributes: Person['attributes']): boolean {
  return Object.entries(attributes).some(
    ([name, value]) => name.startsWith('recording.') && value !== '',
  );
}
