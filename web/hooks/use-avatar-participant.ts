'use client';
import { ATTRIBUTES } from '@live-avatar/agent/contract';
import { useRemoteParticipants, useTracks } from '@livekit/components-react';
import {
  ParticipantEvent,
  RoomEvent,
  Track,
  type RemoteParticipant,
  type RemoteTrack,
} from 'livekit-client';
import { useEffect, useState } from 'react';
import { z } from 'zod';

const errorSchema = z.object({ code: z.string(), message: z.string() });
const statsSchema = z.object({
  pipelineMs: z.number(),
  shownFps: z.number().optional(),
  lateFrames: z.number().optional(),
});

/** What the avatar says about itself (its attributes), and its tracks. */
export type AvatarParticipant = {
  readonly participant: RemoteParticipant | null;
  readonly video: RemoteTrack | null;
  readonly audio: RemoteTrack | null;
  readonly state: 'initializing' | 'listening' | 'speaking';
  readonly avatarId: string | null;
  readonly status: 'ready' | 'switching' | 'failed';
  readonly source: 'mic' | 'clip' | 'none';
  /** Time in the agent from hearing to showing, ms; null until measured. */
  readonly pipelineMs: number | null;
  /** ATTRIBUTES.error as it stands there: why the avatar could not start. */
  readonly error: string | null;
};

/** ATTRIBUTES.error, parsed; null when it is not what the agent writes. */
export function parseAvatarError(text: string): { code: string; message: string } | null {
  try {
    return errorSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The avatar that one person of this room drives. Use below a RoomContext. */
export function useAvatarParticipant(driver: string): AvatarParticipant {
  const agents = useRemoteParticipants({
    updateOnlyOn: [RoomEvent.ParticipantConnected, RoomEvent.ParticipantDisconnected],
  }).filter(({ isAgent, attributes }) => isAgent && attributes[ATTRIBUTES.driver] === driver);
  // The latest one: while an avatar is being replaced, both are here for a moment.
  const participant = agents.at(-1) ?? null;
  const tracks = useTracks([Track.Source.Camera, Track.Source.Microphone], {
    onlySubscribed: true,
  }).filter((reference) => reference.participant.identity === participant?.identity);
  const attributes = useAttributes(participant);

  const trackOf = (source: Track.Source): RemoteTrack | null =>
    (tracks.find((reference) => reference.source === source)?.publication.track as
      RemoteTrack | undefined) ?? null;
  return {
    participant,
    video: trackOf(Track.Source.Camera),
    audio: trackOf(Track.Source.Microphone),
    state: oneOf(attributes[ATTRIBUTES.agentState], ['initializing', 'listening', 'speaking']),
    avatarId: attributes[ATTRIBUTES.avatarId] ?? null,
    status: oneOf(attributes[ATTRIBUTES.status], ['ready', 'switching', 'failed']),
    source: oneOf(attributes[ATTRIBUTES.source], ['none', 'mic', 'clip']),
    pipelineMs: pipelineMsOf(attributes[ATTRIBUTES.stats]),
    error: attributes[ATTRIBUTES.error] ?? null,
  };
}

function useAttributes(
  participant: RemoteParticipant | null,
): Readonly<Record<string, string | undefined>> {
  const [attributes, setAttributes] = useState<Readonly<Record<string, string | undefined>>>({});
  useEffect(() => {
    if (participant === null) {
      setAttributes({});
      return;
    }
    const update = (): void => setAttributes({ ...participant.attributes });
    update();
    participant.on(ParticipantEvent.AttributesChanged, update);
    return () => void participant.off(ParticipantEvent.AttributesChanged, update);
  }, [participant]);
  return attributes;
}

/** The value when it is a known one, else the first of `known`. */
function oneOf<Value extends string>(
  value: string | undefined,
  known: readonly [Value, ...Value[]],
): Value {
  return known.find((candidate) => candidate === value) ?? known[0];
}

function pipelineMsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  try {
    return statsSchema.parse(JSON.parse(text)).pipelineMs;
  } catch {
    return null;
  }
}
