'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import { AvatarCard } from './avatar-card.tsx';
import styles from './gallery.module.css';

/** The avatars as one radio group. `avatars` is null until the first answer. */
export function Gallery({
  avatars,
  loading,
  chosenId,
  onChoose,
}: {
  avatars: readonly AvatarSummary[] | null;
  /** An answer is on its way; false when the service is away. */
  loading: boolean;
  chosenId: string | null;
  onChoose: (id: string) => void;
}) {
  return (
    <fieldset className={styles.gallery} aria-busy={loading} data-testid="gallery">
      <legend className="visually-hidden">Avatars</legend>
      {avatars === null &&
        [0, 1, 2].map((index) => <div key={index} className={styles.placeholder} />)}
      {avatars?.length === 0 && (
        <p className={styles.empty}>
          No avatars are configured. Add one to <code>configs/realtime.yaml</code>; it appears here
          by itself.
        </p>
      )}
      {sorted(avatars).map((avatar) => (
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

const RANK = { ready: 0, preparing: 1, failed: 2 } as const;

/** Those one can pick come first; otherwise in the order of the configuration. */
function sorted(avatars: readonly AvatarSummary[] | null): AvatarSummary[] {
  return [...(avatars ?? [])].sort((a, b) => RANK[a.status] - RANK[b.status]);
}
