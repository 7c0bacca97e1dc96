'use client';
import type { RemoteTrack } from 'livekit-client';
import { useEffect, useRef } from 'react';

/**
 * The avatar's sound. Its voice is the person's own, so that it stays silent here unless asked for: loudspeakers
 * would feed it back into the microphone. Muting the element (not the subscription) keeps it instant and in sync.
 */
export function AvatarAudio({ track, audible }: { track: RemoteTrack | null; audible: boolean }) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (audio === null || track === null) return;
    track.attach(audio);
    return () => void track.detach(audio);
  }, [track]);
  // After attaching: attach() resets `muted`.
  useEffect(() => {
    if (element.current !== null) element.current.muted = !audible;
  }, [audible, track]);
  return <audio ref={element} data-testid="avatar-audio" data-audible={audible} hidden />;
}
