'use client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { microphoneProblem, pageProblem, type Problem } from './problems.ts';

const DEVICE_KEY = 'avatar.microphone';

/** The person's microphone, before and during a session. */
export type Microphone = {
  readonly phase: 'off' | 'asking' | 'on';
  /** Live track while `phase` is on. */
  readonly track: MediaStreamTrack | null;
  /** Microphones that can be chosen; without names until the browser has asked for permission. */
  readonly devices: readonly MediaDeviceInfo[];
  readonly deviceId: string;
  readonly problem: Problem | null;
  /** Turn it on (or reuse it). Resolves to null when that failed; `problem` says why. */
  readonly start: (deviceId?: string) => Promise<MediaStreamTrack | null>;
  readonly stop: () => void;
  readonly dismissProblem: () => void;
};

/** Opens, watches and releases one microphone. The choice is remembered in this browser only. */
export function useMicrophone(): Microphone {
  const [phase, setPhase] = useState<Microphone['phase']>('off');
  const [track, setTrack] = useState<MediaStreamTrack | null>(null);
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  const [deviceId, setDeviceId] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const live = useRef<MediaStreamTrack | null>(null);

  const refreshDevices = useCallback(async () => {
    if (!hasMediaDevices()) return;
    const all = await navigator.mediaDevices.enumerateDevices();
    setDevices(all.filter(({ kind, deviceId: id }) => kind === 'audioinput' && id !== ''));
  }, []);

  const stop = useCallback(() => {
    live.current?.stop();
    live.current = null;
    setTrack(null);
    setPhase('off');
  }, []);

  const start = useCallback(
    async (wanted?: string): Promise<MediaStreamTrack | null> => {
      if (!hasMediaDevices()) {
        setProblem(pageProblem('INSECURE_CONTEXT'));
        return null;
      }
      if (wanted === undefined && live.current?.readyState === 'live') return live.current;
      setPhase('asking');
      setProblem(null);
      try {
        const next = await openMicrophone(wanted ?? localStorage.getItem(DEVICE_KEY) ?? '');
        next.addEventListener('ended', () => {
          // stop() does not fire this: the device itself went away.
          if (live.current !== next) return;
          stop();
          setProblem(pageProblem('MIC_LOST'));
          void refreshDevices();
        });
        live.current?.stop();
        live.current = next;
        const chosen = next.getSettings().deviceId ?? '';
        if (wanted !== undefined) localStorage.setItem(DEVICE_KEY, chosen);
        setDeviceId(chosen);
        setTrack(next);
        setPhase('on');
        await refreshDevices();
        return next;
      } catch (thrown) {
        setProblem(microphoneProblem(thrown));
        setPhase(live.current === null ? 'off' : 'on');
        return null;
      }
    },
    [refreshDevices, stop],
  );

  useEffect(() => {
    if (!hasMediaDevices()) return;
    const listener = (): void => void refreshDevices();
    navigator.mediaDevices.addEventListener('devicechange', listener);
    return () => navigator.mediaDevices.removeEventListener('devicechange', listener);
  }, [refreshDevices]);

  // Someone who has allowed the microphone before sees its level at once; nobody is asked unprompted.
  useEffect(() => {
    let stale = false;
    if (!hasMediaDevices()) {
      setProblem(pageProblem('INSECURE_CONTEXT'));
      return;
    }
    void microphonePermission().then((permission) => {
      if (!stale && permission === 'granted') void start();
    });
    return () => {
      stale = true;
      live.current?.stop();
      live.current = null;
    };
  }, [start]);

  const dismissProblem = useCallback(() => setProblem(null), []);
  return { phase, track, devices, deviceId, problem, start, stop, dismissProblem };
}

/** Absent on http:// addresses other than localhost. */
function hasMediaDevices(): boolean {
  return typeof navigator !== 'undefined' && 'mediaDevices' in navigator;
}

async function openMicrophone(deviceId: string): Promise<MediaStreamTrack> {
  const constraints: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
    // `ideal`: a remembered microphone may be unplugged today.
    ...(deviceId === '' ? {} : { deviceId: { ideal: deviceId } }),
  };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
  const [track] = stream.getAudioTracks();
  if (track === undefined) throw new DOMException('no audio track', 'NotFoundError');
  return track;
}

async function microphonePermission(): Promise<PermissionState> {
  try {
    return (await navigator.permissions.query({ name: 'microphone' })).state;
  } catch {
    // Firefox knows no microphone permission by this name.
    return 'prompt';
  }
}
