'use client';
import { useEffect, useRef } from 'react';

/** Quietest level shown, dBFS: an empty room is about −60. */
const FLOOR_DB = -58;
/** Loudest speech at a normal distance. */
const CEILING_DB = -12;
/** Between two looks, ms: as often as a new picture of the avatar comes. Each look repaints the page. */
const PERIOD_MS = 40;
/** Share of the level that remains after one look when it gets quieter. */
const FALL = 0.74;

/**
 * Calls `onLevel` with the loudness of a track, 0–1 on a decibel scale, 25 times a second. No React state: a
 * meter must not render the page.
 */
export function useAudioLevel(
  track: MediaStreamTrack | null,
  onLevel: (level: number) => void,
): void {
  const latest = useRef(onLevel);
  useEffect(() => {
    latest.current = onLevel;
  });
  useEffect(() => {
    if (track === null) {
      latest.current(0);
      return;
    }
    const context = new AudioContext();
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let level = 0;
    const draw = (): void => {
      analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      const db = 10 * Math.log10(sum / samples.length + 1e-12);
      const now = Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
      level = Math.max(track.enabled ? now : 0, level * FALL);
      latest.current(level);
    };
    const timer = setInterval(draw, PERIOD_MS);
    // A page that was opened without a gesture starts with a sleeping audio context.
    const wake = (): void => void context.resume();
    addEventListener('pointerdown', wake);
    return () => {
      clearInterval(timer);
      removeEventListener('pointerdown', wake);
      source.disconnect();
      void context.close();
      latest.current(0);
    };
  }, [track]);
}
