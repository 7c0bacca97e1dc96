/** Whisper's encoder as exported: mel [batch, 80, frames] → hidden [batch, frames / 2, states, width], float32 or float16. */
import { MEL_BINS } from '../../features/log-mel.ts';
import { AvatarError } from '../../errors.ts';
import type { InferenceModel, TypedTensor } from '../../models/inference-session.ts';
import { fromHalves, toHalves } from './float16.ts';
import { MEL_PER_FEATURE } from './feature-windows.ts';

const INPUT = 'mel';
const OUTPUT = 'hidden';

/** See the head of this file. One run at a time. */
export class SoundEncoder {
  readonly #model: InferenceModel;
  readonly #inputType: string;
  /** Mel frames per run when the graph fixes them, else undefined. */
  readonly fixedFrames: number | undefined;
  /** Numbers per feature: states × width. */
  readonly featureLength: number;
  #values = new Float32Array(0);
  #halves = new Uint16Array(0);

  /** @throws AvatarError MODEL_PACK_CORRUPT when the graph has other inputs or outputs */
  constructor(model: InferenceModel, path: string) {
    const input = model.inputs.find(({ name }) => name === INPUT);
    const output = model.outputs.find(({ name }) => name === OUTPUT);
    const [states, width] = output?.dims.slice(2) ?? [];
    if (input?.dims[1] !== MEL_BINS || typeof states !== 'number' || typeof width !== 'number') {
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${path} is not the sound encoder of this version: it needs ${INPUT} [1, ${MEL_BINS}, frames] and ${OUTPUT} [1, features, states, width]`,
      );
    }
    this.#model = model;
    this.#inputType = input.type;
    const frames = input.dims[2];
    this.fixedFrames = typeof frames === 'number' ? frames : undefined;
    this.featureLength = states * width;
  }

  /**
   * Features of `mel` (MEL_BINS × frames, bin after bin; `batch` of them one after the other): batch × frames / 2 ×
   * featureLength numbers, valid until the next call. @throws AvatarError INFERENCE_FAILED
   */
  async run(mel: Float32Array, frames: number, batch = 1): Promise<Float32Array> {
    const results = await this.#model.runTyped({ [INPUT]: this.#toInput(mel, frames, batch) });
    const hidden = results[OUTPUT];
    const count = batch * (frames / MEL_PER_FEATURE) * this.featureLength;
    if (hidden?.data.length !== count) {
      throw new AvatarError(
        'INFERENCE_FAILED',
        `the sound encoder gave ${hidden?.data.length ?? 0} numbers instead of ${count}`,
      );
    }
    if (hidden.type === 'float32') return hidden.data;
    if (this.#values.length !== count) this.#values = new Float32Array(count);
    fromHalves(hidden.data, this.#values);
    return this.#values;
  }

  async release(): Promise<void> {
    await this.#model.release();
  }

  #toInput(mel: Float32Array, frames: number, batch: number): TypedTensor {
    const dims = [batch, MEL_BINS, frames];
    if (this.#inputType !== 'float16') return { type: 'float32', data: mel, dims };
    if (this.#halves.length !== mel.length) this.#halves = new Uint16Array(mel.length);
    toHalves(mel, this.#halves);
    return { type: 'float16', data: this.#halves, dims };
  }
}
