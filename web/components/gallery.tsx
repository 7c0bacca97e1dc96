'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import { AvatarCard } from './avatar-card.tsx';
import styles from './gallery.module.css';

/** The avatars as one radio group. `avatars` is null until the first answer. */
export function Gallery({
  avatars,
  chosenId,
  onChoose,
}: {
  avatars: readonly AvatarSummary[] | null;
  chosenId: string | null;
  onChoose: (id: string) => void;
}) {
  return (
    <fieldset className={styles.gallery} aria-busy={avatars === null} data-testid="gallery">
      <legend className="visually-hidden">Avatars</legend>
      {avatars === null &&
        [0, 1, 2].map((index) => <div key={index} className={styles.placeholder} />)}
      {avatars?.length === 0 && (
        <p className={styles.empty}>
          No avatars are configured. Add one to <code>configs/realtime.yaml</code>; it appears here
          by itself.
        </p>
      )}
      {avatars?.map((avatar) => (
        <AvatarCard
          key={avatar.id}
          avatar={avatar}
          chosen={avatar.id === chosenId}
          onChoose={onChoose}
        />
      ))}
    </fieldset>
  );
}
