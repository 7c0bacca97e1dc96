/**
 * The avatar of one seat: sending for it, whether it is there, putting it out. A room may hold several people with an
 * avatar each; nothing here touches another person's.
 */
import { dispatchClaimsSchema } from '@live-avatar/agent/contract';
import { decodeJwt } from 'jose';
import type { AgentDispatch } from 'livekit-server-sdk';
import { ask, dispatchClient, unlessGone } from './livekit.ts';
import { membersAround, removeFromRoom, type RoomMembers } from './rooms.ts';
import type { Settings } from './settings.ts';
import { signDispatchClaims, type Seat } from './tokens.ts';

/** JobStatus.JS_SUCCESS. */
const JOB_DONE = 2;
/** JobStatus.JS_PENDING and JS_RUNNING. */
const JOB_ALIVE = new Set([0, 1]);
/** A job that lives and has not shown up in its room after this is given up, ms. Its worker looks after it till then. */
const JOB_START_MS = 20_000;
/**
 * A dispatch without jobs may have one all the same for this long, ms: once a minute, and after a restart, LiveKit asks for
 * 5 s who its agents are, and lists what it has given them when that is over.
 */
const OFFER_MS = 5200;
/** LiveKit's clock may be ahead of ours by this much, ms. */
const CLOCK_TOLERANCE_MS = 5000;
/** A job may have begun this long before its page noticed that the one before was lost, ms. */
const NOTICE_MS = 2000;
/** A place is kept this long for somebody whose avatar was sent for, ms. */
const PLACE_MS = 8000;

/** Ask for an agent. LiveKit offers the job once: if no agent takes it now, none ever will. */
export async function dispatchAgent(
  settings: Settings,
  agentName: string,
  seat: Seat,
): Promise<void> {
  const metadata = await signDispatchClaims(settings, seat);
  await ask(settings, () =>
    dispatchClient(settings).createDispatch(seat.room, agentName, { metadata }),
  );
}

/** What a room looks like to someone who waits for their avatar. */
export type AgentPresence = 'present' | 'starting' | 'absent';

/**
 * Whether the seat's avatar is in the room or on its way. `lostMs`: how long ago the page lost it; what began before is
 * the lost one, which LiveKit may still take for running.
 * @throws AvatarError SESSION_CLOSED when the room is gone or the participant is not in it.
 */
export async function agentPresence(
  settings: Settings,
  seat: Seat,
  lostMs = JOB_START_MS,
): Promise<AgentPresence> {
  const { avatars } = await membersAround(settings, seat);
  if (avatars.some(({ driver }) => driver === seat.participant)) return 'present';
  const dispatches = await listDispatches(settings, seat.room);
  const starting = startingDrivers(dispatches, Date.now(), lostMs + NOTICE_MS);
  return starting.has(seat.participant) ? 'starting' : 'absent';
}

/** Put the seat's avatar out of the room. One that has gone meanwhile is no failure. */
export async function removeAvatar(settings: Settings, seat: Seat): Promise<void> {
  const { avatars } = await membersAround(settings, seat);
  for (const { identity, driver } of avatars) {
    if (driver === seat.participant) await removeFromRoom(settings, seat.room, identity);
  }
}

/** Forget the seat's earlier dispatches: those nobody took would pile up, those of a dead job count as running. */
export async function forgetDispatches(settings: Settings, seat: Seat): Promise<void> {
  for (const { id, metadata } of await listDispatches(settings, seat.room)) {
    if (driverOf(metadata) !== seat.participant) continue;
    await ask(settings, () =>
      unlessGone(dispatchClient(settings).deleteDispatch(id, seat.room), undefined),
    );
  }
}

/** Identities that hold a place in a room: people, and those for whom an avatar is there or on its way. */
export async function takenPlaces(
  settings: Settings,
  room: string,
  { people, avatars }: RoomMembers,
): Promise<ReadonlySet<string>> {
  const asked = recentDrivers(await listDispatches(settings, room), Date.now());
  const present = [...people.map(({ identity }) => identity), ...avatars.map((a) => a.driver)];
  return new Set([...present, ...asked]);
}

/**
 * Drivers whose avatar was sent for within the last `withinMs`, 20 s at most, and has neither failed nor ended; or was
 * sent for just now, so that LiveKit may still be looking for an agent.
 */
export function startingDrivers(
  dispatches: readonly Pick<AgentDispatch, 'metadata' | 'state'>[],
  nowMs: number,
  withinMs = JOB_START_MS,
): ReadonlySet<string> {
  const oldestMs = Math.min(JOB_START_MS, withinMs);
  const isWithin = (atNs: bigint | undefined, limitMs: number): boolean => {
    const ageMs = nowMs - Number(atNs ?? 0n) / 1e6;
    // What comes from the future has come from another clock, and says nothing.
    return ageMs > -CLOCK_TOLERANCE_MS && ageMs < limitMs;
  };
  const isStarting = ({ state }: Pick<AgentDispatch, 'state'>): boolean => {
    const jobs = state?.jobs ?? [];
    if (jobs.length === 0) return isWithin(state?.createdAt, Math.min(OFFER_MS, oldestMs));
    return jobs.some(
      ({ state: job }) =>
        job !== undefined && JOB_ALIVE.has(job.status) && isWithin(job.startedAt, oldestMs),
    );
  };
  return new Set(dispatches.filter(isStarting).flatMap(({ metadata }) => driverOf(metadata) ?? []));
}

/** Drivers for whom an avatar was sent within the last seconds, unless it has ended in good order: they have left. */
export function recentDrivers(
  dispatches: readonly Pick<AgentDispatch, 'metadata' | 'state'>[],
  nowMs: number,
): ReadonlySet<string> {
  const isRecent = ({ state }: Pick<AgentDispatch, 'state'>): boolean =>
    nowMs - Number(state?.createdAt ?? 0n) / 1e6 < PLACE_MS && !hasLeft(state?.jobs ?? []);
  return new Set(dispatches.filter(isRecent).flatMap(({ metadata }) => driverOf(metadata) ?? []));
}

function hasLeft(jobs: NonNullable<AgentDispatch['state']>['jobs']): boolean {
  return jobs.length > 0 && jobs.every(({ state }) => (state?.status as number) === JOB_DONE);
}

/** Whom a dispatch is for; undefined when it is none of ours. Only holders of the API secret can make one. */
function driverOf(metadata: string): string | undefined {
  try {
    return dispatchClaimsSchema.parse(decodeJwt(metadata)).participant;
  } catch {
    return undefined;
  }
}

function listDispatches(settings: Settings, room: string): Promise<AgentDispatch[]> {
  return ask(settings, () => unlessGone(dispatchClient(settings).listDispatch(room), []));
}
