/**
 * The last picture a silent session showed. A moving still changes its pose every second frame only while it rests
 * (see IdleMotion.restingFrame), so every other frame is this one again: a copy, and nothing for the encoder to send.
 */
import type { OpenAvatar } from './render-session.ts';

/** One per session. Its buffer is made when it is first needed and when an avatar of another size is shown. */
export class RestingPicture {
  #planes = new Uint8Array(0);
  #avatar: OpenAvatar | undefined;
  #sourceFrame = -1;
  #restingFrame = -1;

  /** Copy the picture to `target` when it is that of the same avatar, source frame and resting frame. */
  show(target: Uint8Array, avatar: OpenAvatar, sourceFrame: number, restingFrame: number): boolean {
    const isSame =
      avatar === this.#avatar &&
      sourceFrame === this.#sourceFrame &&
      restingFrame === this.#restingFrame;
    if (isSame) target.set(this.#planes);
    return isSame;
  }

  /** Remember what has been drawn. */
  keep(drawn: Uint8Array, avatar: OpenAvatar, sourceFrame: number, restingFrame: number): void {
    if (this.#planes.length !== drawn.length) this.#planes = new Uint8Array(drawn.length);
    this.#planes.set(drawn);
    this.#avatar = avatar;
    this.#sourceFrame = sourceFrame;
    this.#restingFrame = restingFrame;
  }
}
