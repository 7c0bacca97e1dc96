/**
 * Turns "somebody speaks" per frame into the speech ratio of the frame: 0 = the avatar's own resting mouth,
 * 1 = driven by the cue, in between a linear cross-fade. Counts frames, knows no clock.
 */
import { FRAME_MS } from '../pipeline/timeline.ts';

/** Options of IdleGate. */
export type IdleGateOptions = {
  /** Length of the fade in either direction, ms (service.fade_ms). 0 switches at once. */
  readonly fadeMs: number;
};

/** After an interruption the mouth is at rest within two frames, 80 ms. */
const CLOSING_STEP = 0.5;
/** Sums of steps such as 1/3 end within this of their goal. */
const ROUNDING = 1e-6;

/** Speech ratio over the frames of one session. */
export class IdleGate {
  readonly #step: number;
  #ratio = 0;

  constructor({ fadeMs }: IdleGateOptions) {
    if (!(fadeMs >= 0)) throw new RangeError(`fadeMs must be ≥ 0, got ${fadeMs}`);
    this.#step = fadeMs <= FRAME_MS ? 1 : FRAME_MS / fadeMs;
  }

  /** Speech ratio of the last frame. */
  get ratio(): number {
    return this.#ratio;
  }

  /** Speech ratio of the next frame. */
  next(isSpeech: boolean): number {
    return this.#moveTo(isSpeech ? 1 : 0, this.#step);
  }

  /** Speech ratio of the next frame while closing after an interruption: faster than a usual fade, or as fast. */
  nextClosing(): number {
    return this.#moveTo(0, Math.max(this.#step, CLOSING_STEP));
  }

  /** Go on from `ratio`, that of a frame which is shown instead of the last one. */
  resumeFrom(ratio: number): void {
    this.#ratio = ratio;
  }

  #moveTo(goal: number, step: number): number {
    const distance = goal - this.#ratio;
    if (Math.abs(distance) <= step + ROUNDING) this.#ratio = goal;
    else this.#ratio += Math.sign(distance) * step;
    return this.#ratio;
  }
}
