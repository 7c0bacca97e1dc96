'use client';
import { useRef } from 'react';
import { useAudioLevel } from '../hooks/use-audio-level.ts';
import styles from './level-meter.module.css';

/** How often assistive technology hears of a new level, ms. */
const ANNOUNCE_MS = 500;

/** A live bar of how loud the microphone is. */
export function LevelMeter({ track, label }: { track: MediaStreamTrack | null; label: string }) {
  const meter = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLElement>(null);
  const announcedAtMs = useRef(0);
  useAudioLevel(track, (level) => {
    if (bar.current !== null) {
      bar.current.style.clipPath = `inset(0 ${((1 - level) * 100).toFixed(1)}% 0 0 round 9px)`;
    }
    const nowMs = performance.now();
    if (meter.current !== null && nowMs - announcedAtMs.current > ANNOUNCE_MS) {
      announcedAtMs.current = nowMs;
      meter.current.setAttribute('aria-valuenow', String(Math.round(level * 100)));
    }
  });
  return (
    <div
      ref={meter}
      className={styles.meter}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
      data-testid="level"
    >
      <i ref={bar} />
    </div>
  );
}
