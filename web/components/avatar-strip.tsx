'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import styles from './avatar-strip.module.css';

/** The avatars that can take over now. Switching keeps the session. */
export function AvatarStrip({
  avatars,
  shownId,
  busyId,
  disabled,
  onSwitch,
}: {
  avatars: readonly AvatarSummary[];
  shownId: string;
  busyId: string | null;
  disabled: boolean;
  onSwitch: (id: string) => void;
}) {
  const ready = avatars.filter(({ status }) => status === 'ready');
  if (ready.length === 0) return null;
  return (
    <div className={styles.strip} role="group" aria-label="Switch avatar">
      {ready.map(({ id, name, thumbnail }) => (
        <button
          key={id}
          type="button"
          data-testid={`switch-${id}`}
          data-busy={busyId === id}
          aria-pressed={id === shownId}
          aria-label={name}
          title={name}
          disabled={disabled}
          onClick={() => {
            if (id !== shownId) onSwitch(id);
          }}
        >
          {thumbnail === undefined ? (
            <span>{name.slice(0, 2)}</span>
          ) : (
            <img src={thumbnail} alt="" draggable={false} />
          )}
        </button>
      ))}
    </div>
  );
}
