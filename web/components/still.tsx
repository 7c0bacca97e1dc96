'use client';
import { useEffect, useRef, type RefObject } from 'react';
import { backdropLayout } from './backdrop-layout.ts';
import styles from './still.module.css';

/** Height of the backdrop's drawing, px. Enlarging so few pixels is the blur. */
const BACKDROP_PX = 64;
const PERIOD_MS = 1000;

/**
 * The last picture of the avatar (first its poster), and a backdrop that continues the picture's own edges to the
 * borders of the stage: the scene seems to go on. Browsers turn a video black when its track ends; this stays.
 * Drawn once a second, which costs far less than a second, filtered video.
 */
export function Still({
  video,
  live,
  poster,
}: {
  video: RefObject<HTMLVideoElement | null>;
  /** Whether the video shows the avatar now; otherwise the last picture stays. */
  live: boolean;
  poster: string | undefined;
}) {
  const picture = useRef<HTMLCanvasElement>(null);
  const backdrop = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    const canvas = picture.current;
    if (canvas === null || poster === undefined) return;
    const image = new Image();
    image.onload = () => {
      // A later picture wins: the poster is only for the beginning.
      if (canvas.dataset['drawn'] === undefined) {
        keep(canvas, image, image.naturalWidth, image.naturalHeight);
        continueEdges(canvas, backdrop.current);
      }
    };
    image.src = poster;
  }, [poster]);

  useEffect(() => {
    const canvas = picture.current;
    const element = video.current;
    if (!live || canvas === null || element === null) return;
    const draw = (): void => {
      const [track] = (element.srcObject as MediaStream | null)?.getVideoTracks() ?? [];
      // A track that has just ended is black already while the page still learns of it.
      if (element.videoWidth === 0 || track?.readyState !== 'live' || track.muted) return;
      keep(canvas, element, element.videoWidth, element.videoHeight);
      canvas.dataset['drawn'] = '';
      continueEdges(canvas, backdrop.current);
    };
    draw();
    const timer = setInterval(draw, PERIOD_MS);
    return () => clearInterval(timer);
  }, [live, video]);

  useEffect(() => {
    const canvas = picture.current;
    if (canvas === null) return;
    const resized = new ResizeObserver(() => continueEdges(canvas, backdrop.current));
    resized.observe(canvas);
    return () => resized.disconnect();
  }, []);

  return (
    <>
      <canvas ref={backdrop} className={styles.backdrop} aria-hidden="true" />
      <canvas ref={picture} className={styles.picture} width={1} height={1} aria-hidden="true" />
    </>
  );
}

function keep(
  canvas: HTMLCanvasElement,
  source: CanvasImageSource,
  width: number,
  height: number,
): void {
  // Setting the size clears the canvas: only when it changes.
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext('2d')?.drawImage(source, 0, 0, width, height);
}

function continueEdges(picture: HTMLCanvasElement, backdrop: HTMLCanvasElement | null): void {
  const context = backdrop?.getContext('2d');
  if (!backdrop || !context || picture.width <= 1 || backdrop.clientHeight === 0) return;
  backdrop.width = Math.max(
    1,
    Math.round((BACKDROP_PX * backdrop.clientWidth) / backdrop.clientHeight),
  );
  backdrop.height = BACKDROP_PX;
  const layout = backdropLayout(picture.width, picture.height, backdrop.width, backdrop.height);
  for (const { from, to } of layout) context.drawImage(picture, ...from, ...to);
}
