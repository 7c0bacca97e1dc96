'use client';
import { useRef, type ReactNode } from 'react';
import { useAudioLevel } from '../hooks/use-audio-level.ts';
import type { Microphone } from '../hooks/use-microphone.ts';
import styles from './control-bar.module.css';
import { Control } from './control.tsx';
import {
  ExpandIcon,
  HearIcon,
  LeaveIcon,
  MicIcon,
  MicOffIcon,
  ShrinkIcon,
  StopIcon,
} from './icons.tsx';
import { MicrophoneSelect } from './microphone-select.tsx';

/** Everything one does during a session; icons with their names below, large enough for thumbs. */
export function ControlBar({
  microphone,
  muted,
  onToggleMute,
  hearMyself,
  onHearMyself,
  fullscreen,
  interruptible,
  onInterrupt,
  onLeave,
  children,
}: {
  microphone: Microphone;
  muted: boolean;
  onToggleMute: () => void;
  hearMyself: boolean;
  onHearMyself: (on: boolean) => void;
  fullscreen: { active: boolean; supported: boolean; toggle: () => void };
  interruptible: boolean;
  onInterrupt: () => void;
  onLeave: () => void;
  /** Further controls, before the way out. */
  children?: ReactNode;
}) {
  const ring = useRef<HTMLElement>(null);
  useAudioLevel(microphone.track, (level) => {
    ring.current?.style.setProperty('--level', level.toFixed(3));
  });
  return (
    <div className={styles.bar} role="toolbar" aria-label="Session">
      <div className={styles.device}>
        <MicrophoneSelect microphone={microphone} />
      </div>
      <Control
        label={muted ? 'Speak' : 'Mute'}
        testId="mute"
        keys="m"
        pressed={muted}
        tone={muted ? 'warn' : 'plain'}
        onClick={onToggleMute}
      >
        <i ref={ring} className={styles.ring} data-testid="own-level" />
        {muted ? <MicOffIcon /> : <MicIcon />}
      </Control>
      <Control
        label="Stop"
        testId="interrupt"
        keys="s"
        disabled={!interruptible}
        onClick={onInterrupt}
        title="Stop the sample and close the mouth"
      >
        <StopIcon />
      </Control>
      <Control
        label="Hear me"
        testId="hear-myself"
        keys="h"
        pressed={hearMyself}
        tone={hearMyself ? 'on' : 'plain'}
        onClick={() => onHearMyself(!hearMyself)}
        title="Hear your own voice as others do; use headphones"
      >
        <HearIcon />
      </Control>
      {fullscreen.supported && (
        <Control
          label={fullscreen.active ? 'Smaller' : 'Full screen'}
          testId="fullscreen"
          keys="f"
          onClick={fullscreen.toggle}
        >
          {fullscreen.active ? <ShrinkIcon /> : <ExpandIcon />}
        </Control>
      )}
      {children}
      <Control label="Leave" testId="leave" tone="end" onClick={onLeave}>
        <LeaveIcon size={26} />
      </Control>
    </div>
  );
}
