/** One finished frame: the avatar's source frame, a mouth over it, moved when the avatar moves. */
import { blendPatch } from '../compositing/blend-patch.ts';
import type { Patch } from '../pipeline/model-pack.ts';
import type { OpenAvatar } from './render-session.ts';

/** What a frame shows. `patch` is drawable (isDrawable); null = the source's own mouth. */
export type FrameContent = {
  readonly sourceFrame: number;
  /** Index of the output frame, which motion depends on. */
  readonly frameIndex: number;
  readonly patch: Patch | null;
};

/** Write the frame to `target`, I420 of the avatar's size. */
export function composeFrame(
  { sourceFrames, width, height, motion }: OpenAvatar,
  target: Uint8Array,
  { sourceFrame, frameIndex, patch }: FrameContent,
): void {
  const source = sourceFrames[sourceFrame]!; // sourceFrameAt < length
  if (patch === null) {
    if (motion === undefined) target.set(source);
    else motion.show(source, target, sourceFrame, frameIndex);
    return;
  }
  // The mouth belongs to the source's own pose: it is drawn there, then the whole picture moves.
  const canvas = motion?.canvas ?? target;
  canvas.set(source);
  blendPatch(canvas, width, height, patch);
  motion?.show(canvas, target, sourceFrame, frameIndex);
}
