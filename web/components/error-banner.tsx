'use client';
import type { Problem, ProblemAction } from '../hooks/problems.ts';
import styles from './error-banner.module.css';
import { WarningIcon } from './icons.tsx';
import { TextWithCode } from './text-with-code.tsx';

const LABELS: Record<ProblemAction, string> = {
  'join-again': 'Join again',
  'own-room': 'Open a room of your own',
  'retry-microphone': 'Try again',
  reload: 'Reload',
  dismiss: 'OK',
};

/** Problems for which the self-test finds the cause. */
const EXAMINED = new Set([
  'INSECURE_CONTEXT',
  'MIC_NOT_FOUND',
  'MIC_BLOCKED',
  'MIC_IN_USE',
  'ROOM_UNREACHABLE',
  'CONNECTION_LOST',
  'LIVEKIT_UNAVAILABLE',
]);

/** One problem: what it is, how to mend it, one button, and the technical text folded away. */
export function ErrorBanner({
  problem,
  onAction,
  actionLabel,
  onDismiss,
}: {
  problem: Problem;
  onAction: () => void;
  actionLabel?: string | undefined;
  onDismiss?: (() => void) | undefined;
}) {
  return (
    <div className={styles.banner} role="alert" data-testid="error-banner" data-code={problem.code}>
      <span className={styles.icon}>
        <WarningIcon />
      </span>
      <div className={styles.text}>
        <strong>{problem.title}</strong>
        <p>
          <TextWithCode text={problem.cure} />
        </p>
        {EXAMINED.has(problem.code) && (
          <a href="/doctor?guest" target="_blank" data-testid="to-doctor">
            Find out why
          </a>
        )}
        {problem.detail !== undefined && (
          <details>
            <summary>Details</summary>
            <code>{problem.detail}</code>
          </details>
        )}
      </div>
      <div className={styles.actions}>
        <button type="button" onClick={onAction} data-testid="error-action">
          {actionLabel ?? LABELS[problem.action]}
        </button>
        {onDismiss !== undefined && problem.action !== 'dismiss' && (
          <button
            type="button"
            className={styles.quiet}
            onClick={onDismiss}
            data-testid="error-dismiss"
          >
            Dismiss
          </button>
        )}
      </div>
    </div>
  );
}
