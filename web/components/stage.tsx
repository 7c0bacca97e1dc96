'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import type { LocalParticipant } from 'livekit-client';
import type { RefObject } from 'react';
import type { AvatarParticipant } from '../hooks/use-avatar-participant.ts';
import type { LiveStats } from '../hooks/use-live-stats.ts';
import { AvatarAudio } from './avatar-audio.tsx';
import { AvatarVideo } from './avatar-video.tsx';
import type { CallStatus } from './call-status.ts';
import { LiveBadges } from './live-badges.tsx';
import { PersonName } from './people-name.tsx';
import { StageOverlay } from './stage-overlay.tsx';
import styles from './stage.module.css';

/** The person's own avatar: picture, sound, what is known about it, and why there is nothing live to see. */
export function Stage({
  video,
  avatar,
  shown,
  status,
  stats,
  self,
  audible,
  accompanied,
  onPicture,
  onLeave,
}: {
  video: RefObject<HTMLVideoElement | null>;
  avatar: AvatarParticipant;
  /** The avatar shown now, as lists have it. */
  shown: AvatarSummary | undefined;
  status: CallStatus;
  stats: LiveStats;
  self: LocalParticipant;
  /** Whether its voice is heard here. */
  audible: boolean;
  /** Others are in the room. */
  accompanied: boolean;
  onPicture: (shown: boolean) => void;
  onLeave: () => void;
}) {
  return (
    <div className={styles.stage} data-dimmed={status.blocking}>
      <AvatarVideo
        element={video}
        track={avatar.video}
        poster={shown?.thumbnail}
        name={shown?.name ?? 'avatar'}
        onPicture={onPicture}
      />
      <AvatarAudio track={avatar.audio} audible={audible} />
      <LiveBadges status={status} stats={stats} participant={self} compact={accompanied} />
      {status.blocking && <StageOverlay status={status} onLeave={onLeave} />}
      {accompanied && !status.blocking && <PersonName state={status.kind}>You</PersonName>}
    </div>
  );
}
