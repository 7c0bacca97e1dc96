'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import type { ReactNode } from 'react';
import type { Microphone } from '../hooks/use-microphone.ts';
import styles from './join-panel.module.css';
import { LevelMeter } from './level-meter.tsx';
import { MicrophoneSelect } from './microphone-select.tsx';

/** What is going on while a person joins. */
const STEPS = {
  asking: 'Opening a room',
  waiting: 'Waiting for the avatar service',
  connecting: 'Connecting',
} as const;

/** Microphone check and the way in. */
export function JoinPanel({
  microphone,
  avatar,
  joining,
  hearMyself,
  onHearMyself,
  onJoin,
  onCancel,
  children,
}: {
  microphone: Microphone;
  /** null while no avatar can be joined. */
  avatar: AvatarSummary | null;
  joining: keyof typeof STEPS | null;
  hearMyself: boolean;
  onHearMyself: (on: boolean) => void;
  onJoin: () => void;
  onCancel: () => void;
  /** What else is asked before joining. */
  children?: ReactNode;
}) {
  return (
    <aside className={styles.panel} aria-label="Microphone and joining">
      {microphone.phase === 'on' ? (
        <div className={styles.microphone}>
          <MicrophoneSelect microphone={microphone} />
          <LevelMeter track={microphone.track} label="Microphone level" />
          <p className={styles.hint}>Say something: the bar should move.</p>
        </div>
      ) : (
        <div className={styles.microphone}>
          <button
            type="button"
            className={styles.secondary}
            data-testid="mic-start"
            disabled={microphone.phase === 'asking'}
            onClick={() => void microphone.start()}
          >
            {microphone.phase === 'asking' ? 'Waiting for permission…' : 'Test your microphone'}
          </button>
          <p className={styles.hint}>
            {microphone.phase === 'asking'
              ? 'The browser asks at the top of the window.'
              : 'The browser asks for permission once.'}
          </p>
        </div>
      )}
      <label className={styles.toggle}>
        <input
          type="checkbox"
          role="switch"
          checked={hearMyself}
          onChange={(event) => onHearMyself(event.target.checked)}
        />
        <span>
          Hear myself <small>with headphones only</small>
        </span>
      </label>
      {children}
      {joining === null ? (
        <button
          type="button"
          className={styles.join}
          data-testid="join"
          disabled={avatar === null || microphone.phase === 'asking'}
          onClick={onJoin}
        >
          {avatar === null ? 'No avatar is ready' : `Join as ${avatar.name}`}
        </button>
      ) : (
        <button
          type="button"
          className={styles.join}
          data-testid="cancel"
          data-busy="true"
          onClick={onCancel}
        >
          <i className={styles.spinner} />
          {STEPS[joining]}… <small>Cancel</small>
        </button>
      )}
      <p className="visually-hidden" role="status">
        {joining === null ? '' : STEPS[joining]}
      </p>
    </aside>
  );
}
