'use client';
import type { Microphone } from '../hooks/use-microphone.ts';
import styles from './doctor.module.css';
import { LevelMeter } from './level-meter.tsx';
import { MicrophoneSelect } from './microphone-select.tsx';

/** The microphone's button before it is on, its level and choice after. The person decides when the browser asks. */
export function DoctorMicrophone({ microphone }: { microphone: Microphone }) {
  if (microphone.problem?.code === 'INSECURE_CONTEXT') return null;
  if (microphone.phase !== 'on') {
    return (
      <button
        type="button"
        className={styles.microphoneButton}
        data-testid="mic-start"
        disabled={microphone.phase === 'asking'}
        onClick={() => void microphone.start()}
      >
        {microphone.phase === 'asking'
          ? 'Waiting for permission…'
          : microphone.problem === null
            ? 'Test my microphone'
            : 'Try again'}
      </button>
    );
  }
  return (
    <div className={styles.microphone}>
      <LevelMeter track={microphone.track} label="Microphone level" />
      <MicrophoneSelect microphone={microphone} />
    </div>
  );
}
