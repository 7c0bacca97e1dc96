'use client';
import { useConnectionQualityIndicator } from '@livekit/components-react';
import type { Participant } from 'livekit-client';
import { totalMs } from '../hooks/latency.ts';
import type { LiveStats } from '../hooks/use-live-stats.ts';
import type { CallStatus } from './call-status.ts';
import styles from './live-badges.module.css';

const BARS: Record<string, number> = { excellent: 3, good: 2, poor: 1, lost: 0 };

/** State, latency, frame rate, connection quality and the AI mark, over the picture. */
export function LiveBadges({
  status,
  stats: { fps, latency },
  participant,
  compact,
}: {
  status: CallStatus;
  stats: LiveStats;
  participant: Participant;
  /** Without the figures: several people share the window. */
  compact: boolean;
}) {
  const { quality } = useConnectionQualityIndicator({ participant });
  const parts =
    latency === null
      ? ''
      : `capture and buffers ${ms(latency.captureMs)}, network ${ms(latency.networkMs)}, avatar ${ms(latency.avatarMs)}, playout ${ms(latency.playoutMs)} (estimate)`;
  return (
    <div className={styles.badges}>
      <span className={styles.chip} data-testid="state" data-state={status.kind} role="status">
        <i className={styles.dot} />
        {status.text}
      </span>
      {latency !== null && !status.blocking && !compact && (
        <span
          className={styles.chip}
          data-testid="latency"
          title={parts}
          data-ms={totalMs(latency)}
        >
          mic → mouth ≈ {Math.round(totalMs(latency))} ms
        </span>
      )}
      {fps !== null && !status.blocking && !compact && (
        <span className={styles.chip} data-testid="fps" data-fps={fps.toFixed(2)}>
          {fps.toFixed(1)} fps
        </span>
      )}
      <span
        className={`${styles.chip ?? ''} ${styles.quality ?? ''}`}
        data-testid="quality"
        data-quality={quality}
        data-bars={BARS[quality] ?? 'unknown'}
        role="img"
        aria-label={`Connection: ${quality}`}
        title={`Connection: ${quality}`}
      >
        <i />
        <i />
        <i />
      </span>
      <span className={styles.chip} data-testid="ai-mark">
        AI-generated
      </span>
    </div>
  );
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
