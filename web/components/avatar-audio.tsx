'use client';
import type { RemoteTrack } from 'livekit-client';
import { useEffect, useRef } from 'react';

/**
 * An avatar's sound. One's own avatar speaks with one's own voice, so that it stays silent unless asked for: loudspeakers
 * would feed it back into the microphone. Muting the element (not the subscription) keeps it instant and in sync.
 */
export function AvatarAudio({
  track,
  audible,
  testId = 'avatar-audio',
}: {
  track: RemoteTrack | null;
  audible: boolean;
  testId?: string;
}) {
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
  return <audio ref={element} data-testid={testId} data-audible={audible} hidden />;
}
