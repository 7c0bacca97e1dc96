/** Inviting others to a room, and what an invitation shows before one joins. */
import type { Invitation, InvitedRoom } from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { signInvitation, verifyInvitation } from './invitation-token.ts';
import { HttpError } from './respond.ts';
import { membersAround, membersOfOpenRoom } from './rooms.ts';
import { takenPlaces } from './seat-avatar.ts';
import type { Settings } from './settings.ts';
import { verifyParticipantToken } from './tokens.ts';

/** Seconds after which a full room is worth another try. */
const FULL_RETRY_S = 10;

/**
 * An invitation to the room somebody is in.
 * @throws AvatarError UNAUTHORIZED, SESSION_CLOSED, LIVEKIT_UNAVAILABLE, REQUEST_INVALID where rooms are for one person.
 */
export async function createInvitation(
  settings: Settings,
  participantToken: string,
  maxPeople: number,
): Promise<Invitation> {
  const seat = await verifyParticipantToken(settings, participantToken);
  if (maxPeople < 2) {
    throw new AvatarError(
      'REQUEST_INVALID',
      'Rooms of this service are for one person (ROOM_MAX_PEOPLE=1).',
    );
  }
  await membersAround(settings, seat);
  return signInvitation(settings, seat.room);
}

/**
 * Who is in the room of an invitation.
 * @throws AvatarError INVITATION_INVALID, SESSION_CLOSED, LIVEKIT_UNAVAILABLE.
 */
export async function openInvitation(
  settings: Settings,
  token: string,
  maxPeople: number,
): Promise<InvitedRoom> {
  const { room, expiresAtS } = await verifyInvitation(settings, token);
  const { people, avatars } = await membersOfOpenRoom(settings, room);
  return {
    people: people.map(({ identity, name, avatar }) => ({
      name,
      avatar: avatars.find(({ driver }) => driver === identity)?.avatar ?? avatar,
    })),
    max_people: maxPeople,
    expires_at: expiresAtS,
  };
}

/**
 * The room of an invitation, if somebody else still fits in. LiveKit refuses one person too many anyway; asking here
 * spares the avatar that would come for nobody.
 * @throws AvatarError INVITATION_INVALID, SESSION_CLOSED, LIVEKIT_UNAVAILABLE; HttpError ROOM_FULL with Retry-After.
 */
export async function roomOfInvitation(
  settings: Settings,
  token: string,
  maxPeople: number,
): Promise<string> {
  const { room } = await verifyInvitation(settings, token);
  const members = await membersOfOpenRoom(settings, room);
  const taken = await takenPlaces(settings, room, members);
  if (taken.size < maxPeople) return room;
  throw new HttpError(
    new AvatarError(
      'ROOM_FULL',
      `This room is full: ${maxPeople} people fit in. Try again when someone leaves; ROOM_MAX_PEOPLE sets the number.`,
    ),
    { headers: { 'Retry-After': String(FULL_RETRY_S) } },
  );
}
