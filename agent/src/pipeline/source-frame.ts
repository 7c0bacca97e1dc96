/**
 * Which frame of the avatar's source a session's frame shows: forwards, backwards, forwards, so that a short source
 * runs for ever without a jump. The turning frames are shown once: 0 1 2 3 2 1 0 1 …
 */

/** Source frame (0 … frameCount − 1) behind frame `frameIndex` of the timeline. */
export function sourceFrameAt(frameIndex: number, frameCount: number): number {
  if (frameCount < 2) return 0;
  const period = 2 * (frameCount - 1);
  const phase = frameIndex % period;
  return phase < frameCount ? phase : period - phase;
}
