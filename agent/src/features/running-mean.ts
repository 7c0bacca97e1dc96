/**
 * Causal mean subtraction over log-mel frames: removes the voice's and the room's average spectrum so that the network
 * sees what changes. The mean starts from a prior worth 1 s and forgets over 6 s; frames quieter than the
 * running level do not move it, so pauses leave it alone. Same recurrence as in training (models/lite/README.md).
 */

const PRIOR_FRAMES = 100;
const MEMORY_FRAMES = 600;
/** A frame counts when its mean is above the running level minus this (scaled log units). */
const LEVEL_MARGIN = 0.15;
const LEVEL_FALL = 0.002;
const LEVEL_RISE = 0.02;

export class RunningMean {
  readonly #mean: Float32Array;
  #frames = PRIOR_FRAMES;
  #level: number;

  /** @param prior mean frame of the training data, one value per bin */
  constructor(prior: Float32Array) {
    this.#mean = prior.slice();
    this.#level = average(prior) - 0.1;
  }

  /** Replace `frame` by frame − running mean (which already includes this frame). */
  subtract(frame: Float32Array): void {
    const level = average(frame);
    if (level > this.#level - LEVEL_MARGIN) {
      this.#frames = Math.min(this.#frames + 1, MEMORY_FRAMES);
      for (let bin = 0; bin < frame.length; bin++) {
        this.#mean[bin]! += (frame[bin]! - this.#mean[bin]!) / this.#frames;
      }
    }
    this.#level += (level < this.#level ? LEVEL_FALL : LEVEL_RISE) * (level - this.#level);
    for (let bin = 0; bin < frame.length; bin++) frame[bin]! -= this.#mean[bin]!;
  }
}

function average(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
