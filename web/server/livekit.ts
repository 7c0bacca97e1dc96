/** How the page's server talks to LiveKit's server API: clients, one error for all calls, making rooms. */
import { AvatarError } from '@live-avatar/agent/errors';
import { AgentDispatchClient, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import type { Settings } from './settings.ts';

const TIMEOUT_S = 4;
/** A room nobody joins is closed after this, seconds. */
const EMPTY_TIMEOUT_S = 30;
/** A room is closed this long after the last person left: long enough to reload the page and come back, seconds. */
const DEPARTURE_TIMEOUT_S = 30;

const clientArguments = ({ livekitUrl, apiKey, apiSecret }: Settings) =>
  [
    livekitUrl.replace(/^ws/, 'http'),
    apiKey,
    apiSecret,
    { requestTimeout: TIMEOUT_S, failover: false },
  ] as const;

/** Client for rooms and who is in them. */
export function roomClient(settings: Settings): RoomServiceClient {
  return new RoomServiceClient(...clientArguments(settings));
}

/** Client for dispatching agents. */
export function dispatchClient(settings: Settings): AgentDispatchClient {
  return new AgentDispatchClient(...clientArguments(settings));
}

/** Run a call to LiveKit. @throws AvatarError LIVEKIT_UNAVAILABLE when it is away or refuses our keys. */
export async function ask<T>(settings: Settings, call: () => Promise<T>): Promise<T> {
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

/** The answer, or `instead` when LiveKit knows no such room or participant any more. */
export async function unlessGone<T>(answer: Promise<T>, instead: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return instead;
    throw error;
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
  /** LiveKit counts people only, neither avatars nor recorders. */
  readonly maxParticipants: number;
};

/** Make a room. */
export async function createRoom(
  settings: Settings,
  name: string,
  limits: RoomLimits,
): Promise<void> {
  await ask(settings, () =>
    roomClient(settings).createRoom({
      name,
      emptyTimeout: EMPTY_TIMEOUT_S,
      departureTimeout: DEPARTURE_TIMEOUT_S,
      ...limits,
    }),
  );
}
