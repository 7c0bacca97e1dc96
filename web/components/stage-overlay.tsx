'use client';
import type { CallStatus } from './call-status.ts';
import styles from './stage-overlay.module.css';

/** Stands over the picture while there is nothing live to see: why, and the way out. */
export function StageOverlay({ status, onLeave }: { status: CallStatus; onLeave: () => void }) {
  const failed = status.kind === 'failed';
  return (
    <div className={styles.overlay} data-testid="overlay" data-kind={status.kind}>
      {!failed && <i className={styles.ring} />}
      <strong>{status.text}</strong>
      {status.hint !== undefined && <p>{status.hint}</p>}
      {status.kind !== 'connecting' && (
        <button type="button" onClick={onLeave} data-testid="overlay-cancel">
          {status.kind === 'waiting' ? 'Cancel' : 'Leave'}
        </button>
      )}
    </div>
  );
}
