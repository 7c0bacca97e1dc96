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
  onPicture,
}: {
  element: RefObject<HTMLVideoElement | null>;
  track: RemoteTrack | null;
  poster: string | undefined;
  name: string;
  /** Whether a live picture of the present track is on screen. */
  onPicture: (shown: boolean) => void;
}) {
  /** The media track whose first frame has arrived. */
  const [shownTrack, setShownTrack] = useState<MediaStreamTrack | null>(null);
  const media = track?.mediaStreamTrack ?? null;
  const shown = media !== null && media === shownTrack;

  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    video.srcObject = media === null ? null : new MediaStream([media]);
    return () => {
      video.srcObject = null;
    };
  }, [element, media]);
  useEffect(() => onPicture(shown), [shown, onPicture]);

  return (
    <>
      <Still video={element} live={shown} poster={poster} />
      <video
        ref={element}
        className={styles.video}
        data-shown={shown}
        data-testid="avatar-video"
        aria-label={`${name}, AI-generated avatar`}
        autoPlay
        playsInline
        muted
        onLoadedData={() => setShownTrack(media)}
      />
      <div className={styles.vignette} />
    </>
  );
}
