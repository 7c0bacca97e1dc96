/**
 * Gathers the hops that sessions want encoded in the same turn into one run of the sound encoder, filled up to a few
 * fixed batch sizes. A hop that is alone runs alone: nothing waits.
 */
import { MEL_BINS } from '../../features/log-mel.ts';
import { MEL_PER_FEATURE } from './feature-windows.ts';
import type { SoundEncoder } from './sound-encoder.ts';

/** What a stream needs of an encoder; SoundEncoder itself is one. */
export type SoundFeatures = Pick<SoundEncoder, 'fixedFrames' | 'featureLength'> & {
  /** Features of one window of sound, valid for the rest of the turn. @throws AvatarError INFERENCE_FAILED */
  run(mel: Float32Array, frames: number): Promise<Float32Array>;
};

type Waiting = {
  readonly mel: Float32Array;
  readonly resolve: (features: Float32Array) => void;
  readonly reject: (error: unknown) => void;
};

/** See the head of this file. All windows have the same length. */
export class SoundBatcher implements SoundFeatures {
  readonly #encoder: SoundEncoder;
  readonly #batchSizes: readonly number[];
  readonly #waiting: Waiting[] = [];
  readonly #inputs = new Map<number, Float32Array>();
  #isDue = false;

  /** @param batchSizes rising; the last one is the largest */
  constructor(encoder: SoundEncoder, batchSizes: readonly number[]) {
    this.#encoder = encoder;
    this.#batchSizes = batchSizes;
  }

  get fixedFrames(): number | undefined {
    return this.#encoder.fixedFrames;
  }

  get featureLength(): number {
    return this.#encoder.featureLength;
  }

  run(mel: Float32Array, frames: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ mel, resolve, reject });
      if (this.#isDue) return;
      this.#isDue = true;
      setImmediate(() => void this.#runNext(frames));
    });
  }

  async #runNext(frames: number): Promise<void> {
    const largest = this.#batchSizes.at(-1) ?? 1;
    const jobs = this.#waiting.splice(0, largest);
    try {
      const batch = this.#batchSizes.find((size) => size >= jobs.length) ?? largest;
      const features = await this.#encoder.run(this.#inputOf(jobs, frames, batch), frames, batch);
      const length = (frames / MEL_PER_FEATURE) * this.featureLength;
      jobs.forEach(({ resolve }, i) => resolve(features.subarray(i * length, (i + 1) * length)));
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
    // A turn later: until then the features are being copied.
    this.#isDue = this.#waiting.length > 0;
    if (this.#isDue) setImmediate(() => void this.#runNext(frames));
  }

  /** The windows one after the other; what fills up is left from an earlier run. */
  #inputOf(jobs: readonly Waiting[], frames: number, batch: number): Float32Array {
    const [first] = jobs;
    if (batch === 1 && first) return first.mel;
    const length = MEL_BINS * frames;
    let input = this.#inputs.get(batch);
    if (input?.length !== batch * length) {
      input = new Float32Array(batch * length);
      this.#inputs.set(batch, input);
    }
    for (const [i, { mel }] of jobs.entries()) input.set(mel, i * length);
    return input;
  }
}
