'use client';
import type { Microphone } from '../hooks/use-microphone.ts';
import styles from './microphone-select.module.css';

/** Which microphone to use. */
export function MicrophoneSelect({ microphone }: { microphone: Microphone }) {
  return (
    <label className={styles.label}>
      <span>Microphone</span>
      <select
        data-testid="mic-select"
        value={microphone.deviceId}
        onChange={(event) => void microphone.start(event.target.value)}
      >
        {microphone.devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label === '' ? `Microphone ${index + 1}` : device.label}
          </option>
        ))}
      </select>
    </label>
  );
}
