'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import styles from './avatar-card.module.css';
import { CheckIcon, WarningIcon } from './icons.tsx';
import { TextWithCode } from './text-with-code.tsx';

/** One avatar of the gallery: a native radio button, so that arrow keys and screen readers work by themselves. */
export function AvatarCard({
  avatar,
  chosen,
  onChoose,
}: {
  avatar: AvatarSummary;
  chosen: boolean;
  onChoose: (id: string) => void;
}) {
  const ready = avatar.status === 'ready';
  return (
    <label
      className={styles.card}
      data-testid={`avatar-card-${avatar.id}`}
      data-status={avatar.status}
      data-chosen={chosen}
    >
      <input
        type="radio"
        name="avatar"
        className={styles.input}
        value={avatar.id}
        checked={chosen}
        disabled={!ready}
        onChange={() => onChoose(avatar.id)}
      />
      {avatar.thumbnail !== undefined && <img src={avatar.thumbnail} alt="" draggable={false} />}
      {avatar.status === 'failed' && (
        <span className={styles.failed}>
          <WarningIcon size={26} />
          <span>
            <TextWithCode
              text={avatar.reason ?? 'It could not be prepared; see the agent’s log.'}
            />
          </span>
        </span>
      )}
      {avatar.status === 'preparing' && <Progress ratio={avatar.progressRatio} />}
      {chosen && (
        <span className={styles.check}>
          <CheckIcon size={18} />
        </span>
      )}
      <span className={styles.name}>
        {avatar.name}
        <small>{ready ? avatar.model : avatar.status}</small>
      </span>
    </label>
  );
}

function Progress({ ratio = 0 }: { ratio: number | undefined }) {
  const percent = Math.round(ratio * 100);
  return (
    <span className={styles.preparing}>
      <span>Preparing… {percent} %</span>
      <progress value={percent} max={100} aria-label="Preparation" />
    </span>
  );
}
