'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import { useEffect, useRef, useState } from 'react';
import { useAvatarParticipant } from '../hooks/use-avatar-participant.ts';
import type { Person } from '../hooks/use-people.ts';
import { AvatarAudio } from './avatar-audio.tsx';
import { AvatarVideo } from './avatar-video.tsx';
import { MicOffIcon } from './icons.tsx';
import { PersonName } from './people-name.tsx';
import { personStatus } from './people-status.ts';
import styles from './people-tile.module.css';
import stageStyles from './stage.module.css';

/** Someone without an avatar for this long probably waits for a free one, ms. */
const LONG_WAIT_MS = 8000;

/** Somebody else in the room, as the avatar they drive: always seen and heard. */
export function PersonTile({
  person,
  avatars,
}: {
  person: Person;
  avatars: readonly AvatarSummary[];
}) {
  const avatar = useAvatarParticipant(person.identity);
  const video = useRef<HTMLVideoElement>(null);
  const [hasPicture, setHasPicture] = useState(false);
  const [wasSeen, setWasSeen] = useState(false);
  const [waitsLong, setWaitsLong] = useState(false);
  useEffect(() => {
    if (hasPicture) setWasSeen(true);
  }, [hasPicture]);
  const present = avatar.participant !== null;
  useEffect(() => {
    if (present) return;
    const timer = setTimeout(() => setWaitsLong(true), LONG_WAIT_MS);
    return () => {
      clearTimeout(timer);
      setWaitsLong(false);
    };
  }, [present]);

  const shownId = avatar.avatarId ?? person.firstAvatarId;
  const shown = avatars.find(({ id }) => id === shownId);
  const name = person.name ?? shown?.name ?? 'Somebody';
  const status = personStatus({ ...avatar, ...person, present, hasPicture, wasSeen, waitsLong });
  return (
    <div
      className={stageStyles.stage}
      role="group"
      aria-label={`${name}: ${status.text}`}
      data-testid="person"
      data-identity={person.identity}
      data-state={status.kind}
      data-dimmed={status.blocking}
    >
      <AvatarVideo
        element={video}
        track={avatar.video}
        poster={shown?.thumbnail}
        name={name}
        testId="person-video"
        onPicture={setHasPicture}
      />
      <AvatarAudio track={avatar.audio} audible testId="person-audio" />
      <span className={styles.mark}>AI-generated</span>
      {status.blocking && (
        <p className={styles.overlay}>
          {status.kind !== 'failed' && <i className={styles.ring} />}
          {status.text}
        </p>
      )}
      <PersonName state={status.kind}>
        {name}
        {person.muted && <MicOffIcon size={15} />}
      </PersonName>
    </div>
  );
}
