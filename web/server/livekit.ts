/** What the page's server asks of LiveKit: rooms, who is in them, and dispatching an agent. */
import { AvatarError } from '@live-avatar/agent/errors';
import { AgentDispatchClient, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import type { Settings } from './settings.ts';
import { signDispatchClaims, type Seat } from './tokens.ts';

const TIMEOUT_S = 4;
/** A room nobody joins is closed after this, seconds. */
const EMPTY_TIMEOUT_S = 30;
/** A room is closed this long after the person left: long enough to reconnect, seconds. */
const DEPARTURE_TIMEOUT_S = 5;
/** The person and the avatar, and one more for the moment in which an avatar replaces another. */
const MAX_PARTICIPANTS = 3;
/** ParticipantInfo_Kind.AGENT; the enum is not exported by the SDK. */
const KIND_AGENT = 4;
/** JobStatus.JS_PENDING and JS_RUNNING. */
const JOB_ALIVE = new Set([0, 1]);
/** A job that has not shown up in its room after this is given up, ms. */
const JOB_START_MS = 8000;

const clientArguments = ({ livekitUrl, apiKey, apiSecret }: Settings) =>
  [
    livekitUrl.replace(/^ws/, 'http'),
    apiKey,
    apiSecret,
    { requestTimeout: TIMEOUT_S, failover: false },
  ] as const;

/** Run a call to LiveKit. @throws AvatarError LIVEKIT_UNAVAILABLE when it is away or refuses our keys. */
async function ask<T>(settings: Settings, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const refused = cause instanceof ServerError && (cause.status === 401 || cause.status === 403);
    throw new AvatarError(
      'LIVEKIT_UNAVAILABLE',
      refused
        ? `LiveKit at ${settings.livekitUrl} refuses our API key. Give LiveKit and this page the same LIVEKIT_API_KEY and LIVEKIT_API_SECRET.`
        : `LiveKit does not answer at ${settings.livekitUrl}. Start it with \`npm start\`, or set LIVEKIT_URL.`,
      { cause },
    );
  }
}

/** Whether LiveKit answers at all, without keys. */
export async function isLivekitReachable(livekitUrl: string): Promise<boolean> {
  try {
    const response = await fetch(livekitUrl.replace(/^ws/, 'http'), {
      cache: 'no-store',
      signal: AbortSignal.timeout(1500),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** Limits of a room; seconds and people. What is left out is as for a session. */
export type RoomLimits = {
  readonly emptyTimeout?: number;
  readonly departureTimeout?: number;
  readonly maxParticipants?: number;
};

/** Make the room of one session. */
export async function createRoom(
  settings: Settings,
  name: string,
  limits: RoomLimits = {},
): Promise<void> {
  const rooms = new RoomServiceClient(...clientArguments(settings));
  await ask(settings, () =>
    rooms.createRoom({
      name,
      emptyTimeout: EMPTY_TIMEOUT_S,
      departureTimeout: DEPARTURE_TIMEOUT_S,
      maxParticipants: MAX_PARTICIPANTS,
      ...limits,
    }),
  );
}

/** Ask for an agent. LiveKit offers the job once: if no agent takes it now, none ever will. */
export async function dispatchAgent(settings: Settings, seat: Seat): Promise<void> {
  const dispatches = new AgentDispatchClient(...clientArguments(settings));
  const metadata = await signDispatchClaims(settings, seat);
  await ask(settings, () => dispatches.createDispatch(seat.room, settings.agentName, { metadata }));
}

/** Put every agent out of a room. One that has gone meanwhile is no failure. */
export async function removeAgents(settings: Settings, room: string): Promise<void> {
  const rooms = new RoomServiceClient(...clientArguments(settings));
  for (const { identity, kind } of await ask(settings, () => listParticipants(rooms, room))) {
    if ((kind as number) !== KIND_AGENT) continue;
    await ask(settings, () => unlessGone(rooms.removeParticipant(room, identity), undefined));
  }
}

/** What a room looks like to someone who waits for an avatar. */
export type AgentPresence = 'present' | 'starting' | 'absent';

/**
 * Whether an agent is in the room or on its way.
 * @throws AvatarError SESSION_CLOSED when the room is gone or the participant is not in it.
 */
export async function agentPresence(settings: Settings, seat: Seat): Promise<AgentPresence> {
  const rooms = new RoomServiceClient(...clientArguments(settings));
  const participants = await ask(settings, () => listParticipants(rooms, seat.room));
  if (!participants.some(({ identity }) => identity === seat.participant)) {
    throw new AvatarError('SESSION_CLOSED', 'This session has ended. Join again.');
  }
  if (participants.some(({ kind }) => (kind as number) === KIND_AGENT)) return 'present';

  const dispatches = new AgentDispatchClient(...clientArguments(settings));
  const listed = await ask(settings, () => dispatches.listDispatch(seat.room));
  const ours = listed.filter(({ agentName }) => agentName === settings.agentName);
  for (const { state } of ours) {
    for (const job of state?.jobs ?? []) {
      const ageMs = Date.now() - Number(job.state?.startedAt ?? 0n) / 1e6;
      if (job.state && JOB_ALIVE.has(job.state.status) && ageMs < JOB_START_MS) return 'starting';
    }
  }
  return 'absent';
}

/** Forget earlier dispatches of a room: those nobody took would pile up, those of a dead job count as running. */
export async function deleteDispatches(settings: Settings, room: string): Promise<void> {
  const dispatches = new AgentDispatchClient(...clientArguments(settings));
  for (const { id, agentName } of await ask(settings, () => dispatches.listDispatch(room))) {
    if (agentName !== settings.agentName) continue;
    await ask(settings, () => unlessGone(dispatches.deleteDispatch(id, room), undefined));
  }
}

function listParticipants(
  rooms: RoomServiceClient,
  room: string,
): ReturnType<RoomServiceClient['listParticipants']> {
  return unlessGone(rooms.listParticipants(room), []);
}

/** The answer, or `instead` when LiveKit knows no such room or participant any more. */
async function unlessGone<T>(answer: Promise<T>, instead: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return instead;
    throw error;
  }
}
