/**
 * What the recorder's page receives. LiveKit exempts recorders from the publishers' lists of listeners
 * (`IsParticipantExemptFromTrackPermissionsRestrictions` of livekit-server), so that a microphone would reach any recorder
 * that subscribes to it. Ours never does: it subscribes to avatars only, by hand.
 */
import { ATTRIBUTES } from '@live-avatar/agent/contract';
import { RoomEvent, type RemoteTrack, type Room } from 'livekit-client';

/** Somebody in the room. */
export type Member = {
  /** Kind AGENT: LiveKit gives it to workers only. */
  readonly isAgent: boolean;
  readonly attributes: Readonly<Record<string, string>>;
};

/** Whether this one is an avatar. People never are, whatever they publish or call themselves. */
export function isRecorded({ isAgent, attributes }: Member): boolean {
  return isAgent && (attributes[ATTRIBUTES.driver] ?? '') !== '';
}

/** A track that is in the recording. */
export type RecordedTrack = { readonly id: string; readonly track: RemoteTrack };

/** Subscribe to the avatars of a room, now and later. Connect the room with `autoSubscribe: false`. */
export function followAvatars(
  room: Room,
  onTracks: (tracks: readonly RecordedTrack[]) => void,
): void {
  const update = (): void => {
    const tracks: RecordedTrack[] = [];
    for (const member of room.remoteParticipants.values()) {
      const wanted = isRecorded(member);
      for (const publication of member.trackPublications.values()) {
        if (publication.isDesired !== wanted) publication.setSubscribed(wanted);
        const { track } = publication;
        if (wanted && track !== undefined) tracks.push({ id: publication.trackSid, track });
      }
    }
    onTracks(tracks);
  };
  room
    .on(RoomEvent.Connected, update)
    .on(RoomEvent.ParticipantConnected, update)
    .on(RoomEvent.ParticipantDisconnected, update)
    .on(RoomEvent.ParticipantAttributesChanged, update)
    .on(RoomEvent.TrackPublished, update)
    .on(RoomEvent.TrackUnpublished, update)
    .on(RoomEvent.TrackSubscribed, update)
    .on(RoomEvent.TrackUnsubscribed, update);
}
