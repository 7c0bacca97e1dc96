/** What the last frames of a session showed, so that an interruption can go on from the one that was last seen. */

/** Frames kept: 2.5 s, far more than a job holds back. */
const RING_FRAMES = 64;

/** Speech ratio and cue parameters of the last RING_FRAMES frames, by frame index. Allocates nothing after construction. */
export class FrameHistory {
  readonly #frames = new Int32Array(RING_FRAMES).fill(-1);
  readonly #ratios = new Float64Array(RING_FRAMES);
  readonly #parameters: Float32Array[];

  /** `parameterCount`: length of Cue.parameters of the session's pack. */
  constructor(parameterCount: number) {
    this.#parameters = Array.from({ length: RING_FRAMES }, () => new Float32Array(parameterCount));
  }

  /** Note a frame; `parameters` undefined = resting. */
  record(frameIndex: number, speechRatio: number, parameters?: Float32Array): void {
    const at = frameIndex % RING_FRAMES;
    this.#frames[at] = frameIndex;
    this.#ratios[at] = parameters === undefined ? 0 : speechRatio;
    if (parameters !== undefined) this.#parameters[at]!.set(parameters); // at < RING_FRAMES
  }

  /** Speech ratio of a frame; 0 when it is not known any more. Copies its parameters to `into` when it spoke. */
  recall(frameIndex: number, into: Float32Array): number {
    const at = frameIndex % RING_FRAMES;
    if (frameIndex < 0 || this.#frames[at] !== frameIndex) return 0;
    const ratio = this.#ratios[at]!; // at < RING_FRAMES
    if (ratio > 0) into.set(this.#parameters[at]!);
    return ratio;
  }
}
