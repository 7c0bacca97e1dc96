/** Who is in a room. It holds people and, for each of them, the avatar they drive. */
import { ATTRIBUTES, avatarIdSchema } from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import type { ParticipantInfo } from 'livekit-server-sdk';
import { z } from 'zod';
import { ask, roomClient, unlessGone } from './livekit.ts';
import type { Settings } from './settings.ts';
import type { Seat } from './tokens.ts';

/** ParticipantInfo_Kind.STANDARD and AGENT; the enum is not exported by the SDK. */
const KIND_STANDARD = 0;
const KIND_AGENT = 4;

/** Somebody in a room. */
export type RoomPerson = {
  readonly identity: string;
  /** The name they gave; undefined when they gave none. */
  readonly name: string | undefined;
  /** The avatar they joined with. */
  readonly avatar: string | undefined;
};

/** An avatar in a room. */
export type RoomAvatar = {
  readonly identity: string;
  /** Identity of the person who drives it. */
  readonly driver: string;
  /** Avatar it shows now. */
  readonly avatar: string | undefined;
};

export type RoomMembers = {
  readonly people: readonly RoomPerson[];
  readonly avatars: readonly RoomAvatar[];
};

/** Who is in a room; nobody when there is no such room. */
export async function roomMembers(settings: Settings, room: string): Promise<RoomMembers> {
  const participants = await ask(settings, () =>
    unlessGone(roomClient(settings).listParticipants(room), []),
  );
  return membersOf(participants);
}

/**
 * Who is in a room that must still be there; for half a minute after the last person left it is, empty.
 * @throws AvatarError SESSION_CLOSED when the room has ended.
 */
export async function membersOfOpenRoom(settings: Settings, room: string): Promise<RoomMembers> {
  const rooms = await ask(settings, () => roomClient(settings).listRooms([room]));
  if (rooms.length === 0) {
    throw new AvatarError(
      'SESSION_CLOSED',
      'This room has ended: everybody has left it. Ask for a new invitation.',
    );
  }
  return roomMembers(settings, room);
}

/**
 * The members of a seat's room, with the person of the seat among them.
 * @throws AvatarError SESSION_CLOSED when the room is gone or the person is not in it.
 */
export async function membersAround(settings: Settings, seat: Seat): Promise<RoomMembers> {
  const members = await roomMembers(settings, seat.room);
  if (!members.people.some(({ identity }) => identity === seat.participant)) {
    throw new AvatarError('SESSION_CLOSED', 'This session has ended. Join again.');
  }
  return members;
}

/** Put one participant out. One that has gone meanwhile is no failure. */
export async function removeFromRoom(
  settings: Settings,
  room: string,
  identity: string,
): Promise<void> {
  await ask(settings, () =>
    unlessGone(roomClient(settings).removeParticipant(room, identity), undefined),
  );
}

/** What is read of one entry of LiveKit's list. */
export type ListedParticipant = Pick<
  ParticipantInfo,
  'identity' | 'name' | 'metadata' | 'attributes'
> & { readonly kind: number };

/** Sort LiveKit's list into people and avatars; recorders and agents of other kinds are neither. */
export function membersOf(participants: readonly ListedParticipant[]): RoomMembers {
  const people = participants
    .filter(({ kind }) => kind === KIND_STANDARD)
    .map(({ identity, name, metadata }) => ({
      identity,
      name: name === '' ? undefined : name,
      avatar: firstAvatar(metadata),
    }));
  const avatars = participants.flatMap(({ identity, kind, attributes }) => {
    const driver = attributes[ATTRIBUTES.driver];
    return kind !== KIND_AGENT || driver === undefined
      ? []
      : [{ identity, driver, avatar: knownId(attributes[ATTRIBUTES.avatarId]) }];
  });
  return { people, avatars };
}

const metadataSchema = z.object({ avatar: avatarIdSchema });

/** The avatar in a participant token's metadata. */
function firstAvatar(metadata: string): string | undefined {
  try {
    return metadataSchema.parse(JSON.parse(metadata)).avatar;
  } catch {
    // A client of its own may join without: nothing is known then.
    return undefined;
  }
}

function knownId(text: string | undefined): string | undefined {
  return avatarIdSchema.safeParse(text).data;
}
