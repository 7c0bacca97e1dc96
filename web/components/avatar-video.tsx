'use client';
import type { RemoteTrack } from 'livekit-client';
import { useEffect, useRef, useState, type RefObject } from 'react';
import styles from './avatar-video.module.css';

/** Side of the backdrop, px: it is blurred anyway, so that a handful of pixels do. */
const BACKDROP_PX = 24;
const BACKDROP_PERIOD_MS = 1000;

/**
 * The avatar's picture, whole, over a blurred fill of itself. The last frame stays when the track goes away
 * (reconnecting, avatar replaced), which is why the element never detaches from a track by itself.
 */
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
  onPicture: (shown: boolean) => void;
}) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const video = element.current;
    if (video !== null && track !== null) track.attach(video);
  }, [element, track]);
  useEffect(() => {
    const video = element.current;
    return () => {
      if (video !== null) video.srcObject = null;
    };
  }, [element]);

  return (
    <>
      <Backdrop video={element} poster={poster} />
      {!shown && poster !== undefined && <img className={styles.poster} src={poster} alt="" />}
      <video
        ref={element}
        className={styles.video}
        data-shown={shown}
        data-testid="avatar-video"
        aria-label={`${name}, AI-generated avatar`}
        autoPlay
        playsInline
        muted
        disablePictureInPicture={false}
        onLoadedData={() => {
          setShown(true);
          onPicture(true);
        }}
      />
    </>
  );
}

/** A tiny copy of the picture, drawn once a second and blurred by CSS: far cheaper than a second, filtered video. */
function Backdrop({
  video,
  poster,
}: {
  video: RefObject<HTMLVideoElement | null>;
  poster: string | undefined;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const draw = (source: CanvasImageSource): void =>
      context.drawImage(source, 0, 0, BACKDROP_PX, BACKDROP_PX);
    if (poster !== undefined) {
      const image = new Image();
      image.onload = () => {
        if (!((video.current?.videoWidth ?? 0) > 0)) draw(image);
      };
      image.src = poster;
    }
    const timer = setInterval(() => {
      const element = video.current;
      if (element !== null && element.videoWidth > 0) draw(element);
    }, BACKDROP_PERIOD_MS);
    return () => clearInterval(timer);
  }, [video, poster]);
  return (
    <canvas
      ref={canvas}
      className={styles.backdrop}
      width={BACKDROP_PX}
      height={BACKDROP_PX}
      aria-hidden="true"
    />
  );
}
