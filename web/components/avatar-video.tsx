'use client';
import type { RemoteTrack } from 'livekit-client';
import { useEffect, useState, type RefObject } from 'react';
import styles from './avatar-video.module.css';
import { Still } from './still.tsx';

/** The avatar's picture, whole, over a continuation of its edges. The last frame stays when the track goes away. */
export function AvatarVideo({
  element,
  track,
  poster,
  name,
  testId = 'avatar-video',
  onPicture,
}: {
  element: RefObject<HTMLVideoElement | null>;
  track: RemoteTrack | null;
  poster: string | undefined;
  name: string;
  testId?: string;
  /** Whether a live picture of the present track is on screen. */
  onPicture: (shown: boolean) => void;
}) {
  /** The media track whose first frames have arrived. */
  const [shownTrack, setShownTrack] = useState<MediaStreamTrack | null>(null);
  const media = track?.mediaStreamTrack ?? null;
  const ended = useEnded(media);
  const shown = media !== null && media === shownTrack && !ended;

  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    video.srcObject = media === null ? null : new MediaStream([media]);
    return () => {
      video.srcObject = null;
    };
  }, [element, media]);
  useEffect(() => {
    const video = element.current;
    if (video === null || media === null || ended) return;
    const reveal = (): void => setShownTrack(media);
    if (!('requestVideoFrameCallback' in video)) {
      (video as HTMLVideoElement).addEventListener('loadeddata', reveal, { once: true });
      return () => (video as HTMLVideoElement).removeEventListener('loadeddata', reveal);
    }
    // The first frame of a track that comes back may still be the black one.
    let handle = video.requestVideoFrameCallback(() => {
      handle = video.requestVideoFrameCallback(reveal);
    });
    return () => {
      video.cancelVideoFrameCallback(handle);
      setShownTrack(null);
    };
  }, [element, media, ended]);

  useEffect(() => onPicture(shown), [shown, onPicture]);

  return (
    <>
      <Still video={element} live={shown} poster={poster} />
      <video
        ref={element}
        className={styles.video}
        data-shown={shown}
        data-testid={testId}
        aria-label={`${name}, AI-generated avatar`}
        autoPlay
        playsInline
        muted
      />
      <div className={styles.vignette} />
    </>
  );
}

/** Whether a remote track has stopped for good or for now: browsers then paint the video black. */
function useEnded(track: MediaStreamTrack | null): boolean {
  const [ended, setEnded] = useState(false);
  useEffect(() => {
    const update = (): void =>
      setEnded(track !== null && (track.muted || track.readyState === 'ended'));
    update();
    for (const event of TRACK_EVENTS) track?.addEventListener(event, update);
    return () => {
      for (const event of TRACK_EVENTS) track?.removeEventListener(event, update);
    };
  }, [track]);
  return ended;
}

const TRACK_EVENTS = ['mute', 'unmute', 'ended'] as const;
