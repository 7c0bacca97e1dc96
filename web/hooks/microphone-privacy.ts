/**
 * `privacy: avatar-only`: the LiveKit server hands a person's tracks to the avatar they drive and to nobody else.
 * LiveKit has no such grant in tokens; the publisher decides (subscription permissions), and the server enforces it.
 * The client sends the list again on every reconnect, before it publishes anew.
 */
import { ATTRIBUTES, type Privacy } from '@live-avatar/agent/contract';
import { RoomEvent, type Room } from 'livekit-client';

/** What is asked about somebody in the room. */
export type RoomMember = {
  readonly identity: string;
  /** Kind AGENT: LiveKit gives it to workers only, no participant token of ours can claim it. */
  readonly isAgent: boolean;
  readonly attributes: Readonly<Record<string, string>>;
};

/** Identities that may receive `self`'s microphone: the agents that `self` drives. */
export function allowedListeners(self: string, members: Iterable<RoomMember>): string[] {
  return [...members]
    .filter(({ isAgent, attributes }) => isAgent && attributes[ATTRIBUTES.driver] === self)
    .map(({ identity }) => identity);
}

/** Restrict who may subscribe to this participant, from now until the room is left. Call before connecting. */
export function guardMicrophone(room: Room, privacy: Privacy): void {
  if (privacy === 'room') return;
  const update = (): void => {
    const listeners = allowedListeners(
      room.localParticipant.identity,
      room.remoteParticipants.values(),
    );
    room.localParticipant.setTrackSubscriptionPermissions(
      false,
      listeners.map((participantIdentity) => ({ participantIdentity, allowAll: true })),
    );
  };
  update();
  room
    .on(RoomEvent.Connected, update)
    .on(RoomEvent.ParticipantConnected, update)
    .on(RoomEvent.ParticipantDisconnected, update)
    .on(RoomEvent.ParticipantAttributesChanged, update);
}
