/** Opening a session, and asking again for an avatar in one. */
import type { SessionGrant } from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { randomBytes } from 'node:crypto';
import { fetchAgentStatus, fetchAvatars, requireReadyAvatar } from './agent-client.ts';
import {
  agentPresence,
  createRoom,
  deleteDispatches,
  dispatchAgent,
  removeAgents,
  type AgentPresence,
} from './livekit.ts';
import { publicLivekitUrl, type RequestOrigin } from './public-livekit-url.ts';
import { HttpError } from './respond.ts';
import type { Settings } from './settings.ts';
import { signParticipantToken, verifyParticipantToken, type Seat } from './tokens.ts';

/** Seconds after which a full service is worth another try. */
const FULL_RETRY_S = 5;

/** 128 random bits, URL-safe: rooms and identities cannot be guessed. */
const randomId = (prefix: string): string => `${prefix}-${randomBytes(16).toString('base64url')}`;

/**
 * Make a room with an avatar on its way, and the token to enter it.
 * @throws AvatarError AVATAR_NOT_FOUND, AVATAR_NOT_READY, AGENT_UNAVAILABLE, LIVEKIT_UNAVAILABLE;
 *   HttpError SESSION_LIMIT_REACHED with Retry-After.
 */
export async function openSession(
  settings: Settings,
  request: { readonly avatar: string; readonly name?: string | undefined },
  origin: RequestOrigin,
): Promise<SessionGrant> {
  const [avatars, status] = await Promise.all([
    fetchAvatars(settings.agentUrl),
    fetchAgentStatus(settings.agentUrl),
  ]);
  requireReadyAvatar(avatars, request.avatar);
  if (status.activeSessions >= status.maxSessions) {
    throw new HttpError(
      new AvatarError(
        'SESSION_LIMIT_REACHED',
        `All ${status.maxSessions} avatar seats are taken. Try again when someone leaves; service.max_sessions sets the number.`,
      ),
      { headers: { 'Retry-After': String(FULL_RETRY_S) } },
    );
  }
  const seat: Seat = {
    room: randomId('room'),
    participant: randomId('person'),
    avatar: request.avatar,
  };
  await createRoom(settings, seat.room);
  await dispatchAgent({ ...settings, agentName: status.agentName }, seat);
  return {
    server_url: publicLivekitUrl(settings.publicLivekitUrl, settings.livekitUrl, origin),
    room: seat.room,
    participant_token: await signParticipantToken(settings, seat, request.name),
    privacy: status.privacy,
  };
}

/**
 * Ask again for an avatar when none is in the room nor on its way. Returns what was found.
 * `replace`: an avatar in the room is put out first; people may do that to their own only.
 * @throws AvatarError UNAUTHORIZED, SESSION_CLOSED, LIVEKIT_UNAVAILABLE.
 */
export async function redispatch(
  configured: Settings,
  participantToken: string,
  replace = false,
): Promise<{ agent: AgentPresence }> {
  const seat = await verifyParticipantToken(configured, participantToken);
  const settings = await withAgentName(configured);
  let agent = await agentPresence(settings, seat);
  if (agent === 'present' && replace) {
    await removeAgents(settings, seat.room);
    agent = 'absent';
  }
  if (agent === 'absent') {
    await deleteDispatches(settings, seat.room);
    await dispatchAgent(settings, seat);
  }
  return { agent };
}

/** The name the running agent registers under; an agent that does not answer leaves the configured one. */
async function withAgentName(settings: Settings): Promise<Settings> {
  try {
    const { agentName } = await fetchAgentStatus(settings.agentUrl);
    return { ...settings, agentName };
  } catch {
    // Dispatching needs LiveKit alone: a worker elsewhere may still take the job.
    return settings;
  }
}
