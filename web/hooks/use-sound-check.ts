'use client';
import { useEffect, useState } from 'react';
import type { SoundFacts } from './doctor-microphone.ts';

const LOOK_EVERY_MS = 100;
/** Loudness over one look that only a voice close by has: −40 dBFS. */
const VOICE_RMS = 0.01;

/** Listens to a track, in this browser only, and tells whether anybody speaks. Null without a track. */
export function useSoundCheck(track: MediaStreamTrack | null): SoundFacts | null {
  const [facts, setFacts] = useState<SoundFacts | null>(null);
  useEffect(() => {
    if (track === null) {
      setFacts(null);
      return;
    }
    const context = new AudioContext();
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const analyser = context.createAnalyser();
    // 4096 samples are more than is heard between two looks, at any usual rate below 48 kHz nearly all of it.
    analyser.fftSize = 4096;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let [listenedMs, heard, alive] = [0, false, false];
    const look = (): void => {
      const asleep = context.state !== 'running';
      if (!asleep) {
        analyser.getFloatTimeDomainData(samples);
        let sum = 0;
        for (const sample of samples) sum += sample * sample;
        listenedMs += LOOK_EVERY_MS;
        alive ||= sum > 0;
        heard ||= Math.sqrt(sum / samples.length) > VOICE_RMS;
      }
      const sampleRateHz = track.getSettings().sampleRate ?? 0;
      setFacts({ listenedMs, heard, alive, asleep, sampleRateHz });
    };
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    const wake = (): void => void context.resume();
    addEventListener('pointerdown', wake);
    addEventListener('keydown', wake);
    return () => {
      clearInterval(timer);
      removeEventListener('pointerdown', wake);
      removeEventListener('keydown', wake);
      source.disconnect();
      void context.close();
    };
  }, [track]);
  return facts;
}
