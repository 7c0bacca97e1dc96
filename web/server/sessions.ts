/** Opening a session in a room of one's own or an invited one, and asking again for an avatar in it. */
import type { AgentStatus, SessionGrant } from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { randomBytes } from 'node:crypto';
import { fetchAgentStatus, fetchAvatars, requireReadyAvatar } from './agent-client.ts';
import { roomOfInvitation } from './invitations.ts';
import { createRoom } from './livekit.ts';
import { publicLivekitUrl, type RequestOrigin } from './public-livekit-url.ts';
import { stopRecordingForNewcomer } from './recording.ts';
import { HttpError } from './respond.ts';
import { membersAround } from './rooms.ts';
import {
  agentPresence,
  dispatchAgent,
  forgetDispatches,
  removeAvatar,
  type AgentPresence,
} from './seat-avatar.ts';
import { readRecording, type Settings } from './settings.ts';
import { signParticipantToken, verifyParticipantToken, type Seat } from './tokens.ts';

/** Seconds after which a full service is worth another try. */
const FULL_RETRY_S = 5;

/** 128 random bits, URL-safe: rooms and identities cannot be guessed. */
const randomId = (prefix: string): string => `${prefix}-${randomBytes(16).toString('base64url')}`;

/** What somebody asks for who wants to speak through an avatar. */
export type SessionRequest = {
  readonly avatar: string;
  readonly name?: string | undefined;
  /** Of the room to join; without it a new room is made. */
  readonly invitation?: string | undefined;
};

/**
 * Find or make the room, send an avatar there, and give the token to enter it.
 * @throws AvatarError AVATAR_NOT_FOUND, AVATAR_NOT_READY, AGENT_UNAVAILABLE, LIVEKIT_UNAVAILABLE, and with an invitation
 *   INVITATION_INVALID, SESSION_CLOSED; HttpError SESSION_LIMIT_REACHED, ROOM_FULL with Retry-After.
 */
export async function openSession(
  settings: Settings,
  request: SessionRequest,
  { origin, maxPeople }: { readonly origin: RequestOrigin; readonly maxPeople: number },
): Promise<SessionGrant> {
  const { avatar, name, invitation } = request;
  const invited =
    invitation === undefined ? undefined : await roomOfInvitation(settings, invitation, maxPeople);
  const [avatars, status] = await Promise.all([
    fetchAvatars(settings.agentUrl),
    fetchAgentStatus(settings.agentUrl),
  ]);
  // First: an agent that starts has its avatars a moment later, and whoever waits for it shall go on waiting.
  requireAccepting(status);
  requireReadyAvatar(avatars, avatar);
  requireFreeSeat(status);
  // Whoever comes in has agreed to nothing yet.
  if (invited !== undefined) await stopRecordingForNewcomer(settings, readRecording(), invited);
  const room = invited ?? randomId('room');
  if (invited === undefined) {
    await createRoom(settings, room, { maxParticipants: maxPeople });
  }
  const seat: Seat = { room, participant: randomId('person'), avatar };
  await dispatchAgent(settings, status.agentName, seat);
  return {
    server_url: publicLivekitUrl(settings.publicLivekitUrl, settings.livekitUrl, origin),
    room,
    participant_token: await signParticipantToken(settings, seat, name),
    privacy: status.privacy,
    max_people: maxPeople,
  };
}

/** LiveKit offers a job once: one that comes before an agent has registered is lost, and its person waits in vain. */
function requireAccepting({ accepting }: AgentStatus): void {
  if (accepting !== false) return;
  throw new AvatarError(
    'AGENT_UNAVAILABLE',
    'The avatar service is starting, or waits for its LiveKit server. Try again in some seconds.',
  );
}

function requireFreeSeat({ activeSessions, maxSessions }: AgentStatus): void {
  if (activeSessions < maxSessions) return;
  throw new HttpError(
    new AvatarError(
      'SESSION_LIMIT_REACHED',
      `All ${maxSessions} avatar seats are taken. Try again when someone leaves; service.max_sessions sets the number.`,
    ),
    { headers: { 'Retry-After': String(FULL_RETRY_S) } },
  );
}

/**
 * The same token, valid for another while, for somebody who is in the room: in a long call too they may ask for a lost
 * avatar and invite others. @throws AvatarError UNAUTHORIZED, SESSION_CLOSED, LIVEKIT_UNAVAILABLE.
 */
export async function renewToken(settings: Settings, participantToken: string): Promise<string> {
  const { name, ...seat } = await verifyParticipantToken(settings, participantToken);
  await membersAround(settings, seat);
  return signParticipantToken(settings, seat, name);
}

/**
 * Ask again for an avatar when one's own is neither in the room nor on its way. Returns what was found.
 * `replace`: it is put out first although it is listed. `lostMs`: jobs that began earlier than that are not waited for.
 * Other people's avatars are never touched.
 * @throws AvatarError UNAUTHORIZED, SESSION_CLOSED, LIVEKIT_UNAVAILABLE, AGENT_UNAVAILABLE while no agent can be sent.
 */
export async function redispatch(
  settings: Settings,
  participantToken: string,
  {
    replace = false,
    lostMs,
  }: { readonly replace?: boolean | undefined; readonly lostMs?: number | undefined } = {},
): Promise<{ agent: AgentPresence }> {
  const seat = await verifyParticipantToken(settings, participantToken);
  let agent = await agentPresence(settings, seat, lostMs);
  if (agent === 'present' && replace) {
    await removeAvatar(settings, seat);
    agent = 'absent';
  }
  if (agent === 'absent') {
    const status = await fetchAgentStatus(settings.agentUrl);
    requireAccepting(status);
    await forgetDispatches(settings, seat);
    await dispatchAgent(settings, status.agentName, seat);
  }
  return { agent };
}
