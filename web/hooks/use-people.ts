'use client';
import { avatarIdSchema } from '@live-avatar/agent/contract';
import { useRemoteParticipants } from '@livekit/components-react';
import { ParticipantKind, RoomEvent } from 'livekit-client';
import { z } from 'zod';

/** Somebody else in this room; neither an avatar nor a recorder. */
export type Person = {
  readonly identity: string;
  /** The name they gave; null when they gave none. */
  readonly name: string | null;
  /** The avatar they joined with; null when unknown. */
  readonly firstAvatarId: string | null;
  /** Their microphone is off. */
  readonly muted: boolean;
};

/** What changes the list or an entry of it. */
const EVENTS = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
];

const metadataSchema = z.object({ avatar: avatarIdSchema });

/** The others in this room, in the order in which they came. Use below a RoomContext. */
export function usePeople(): readonly Person[] {
  return useRemoteParticipants({ updateOnlyOn: EVENTS })
    .filter(({ kind, isAgent }) => kind === ParticipantKind.STANDARD && !isAgent)
    .sort((one, other) => Number(one.joinedAt ?? 0) - Number(other.joinedAt ?? 0))
    .map(({ identity, name, metadata, isMicrophoneEnabled }) => ({
      identity,
      name: name === undefined || name === '' ? null : name,
      firstAvatarId: avatarOf(metadata),
      muted: !isMicrophoneEnabled,
    }));
}

function avatarOf(metadata: string | undefined): string | null {
  try {
    return metadataSchema.parse(JSON.parse(metadata ?? '')).avatar;
  } catch {
    // Another client than this page may carry anything.
    return null;
  }
}
