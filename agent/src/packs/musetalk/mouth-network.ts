/**
 * The graph that paints faces: latents [batch, 8, 32, 32] and audio [batch, 50, width] → bgr [batch, 256, 256, 3]
 * bytes. It runs at a few batch sizes only, filled up with copies: every new size would cost a stall on a GPU.
 */
import { AvatarError } from '../../errors.ts';
import type { InferenceModel, TensorInfo, TypedTensor } from '../../models/inference-session.ts';
import { toHalf } from './float16.ts';
import { FACE_SIZE } from './mouth-patch.ts';
import { timeBatch, type BatchTiming } from './session-limit.ts';

/** Batch sizes on a GPU (faces, and windows of sound); on a CPU more than one at a time gains nothing. */
export const GPU_BATCH_SIZES = [1, 4, 8] as const;
export const CPU_BATCH_SIZES = [1] as const;
/** Bytes of one painted face. */
export const FACE_BYTES = FACE_SIZE * FACE_SIZE * 3;

/** One frame to paint. */
export type MouthJob = {
  /** As prepared: of the network's `latentType`, latentLength numbers. */
  readonly latents: Float32Array | Uint16Array;
  /** One cue: audioLength numbers. */
  readonly audio: Float32Array;
};

type Buffers = {
  readonly latents: Float32Array | Uint16Array;
  readonly audio: Float32Array | Uint16Array;
  readonly inputs: Record<string, TypedTensor>;
  readonly outputs: Record<string, TypedTensor>;
  readonly bgr: Uint8Array;
};

/** See the head of this file. One run at a time. */
export class MouthNetwork {
  /** Graphs in order: all in one, or the UNet and then a decoder. */
  readonly #models: readonly InferenceModel[];
  readonly #buffers = new Map<number, Buffers>();
  readonly batchSizes: readonly number[];
  readonly latentType: 'float32' | 'float16';
  readonly latentLength: number;
  readonly audioLength: number;
  readonly #audioType: 'float32' | 'float16';
  readonly #latentDims: readonly number[];
  readonly #audioDims: readonly number[];

  /**
   * @param models the whole in one graph, or UNet and decoder
   * @throws AvatarError MODEL_PACK_CORRUPT when they have other inputs or outputs
   */
  constructor(models: readonly InferenceModel[], batchSizes: readonly number[], path: string) {
    const inputs = models[0]?.inputs ?? [];
    const latents = inputs.find(({ name }) => name === 'latents');
    const audio = inputs.find(({ name }) => name === 'audio');
    const output = models.at(-1)?.outputs.find(({ name }) => name === 'bgr');
    if (!latents || !audio || output?.type !== 'uint8') {
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${path} is not the network of this version: it needs latents, audio and bgr (uint8); export the pack again`,
      );
    }
    this.#models = models;
    const fixedBatch = latents.dims[0];
    this.batchSizes = typeof fixedBatch === 'number' ? [fixedBatch] : batchSizes;
    this.#latentDims = restOf(latents, path);
    this.#audioDims = restOf(audio, path);
    this.latentType = latents.type === 'float16' ? 'float16' : 'float32';
    this.#audioType = audio.type === 'float16' ? 'float16' : 'float32';
    this.latentLength = product(this.#latentDims);
    this.audioLength = product(this.#audioDims);
  }

  /** Frames of the largest batch. */
  get maxBatch(): number {
    return Math.max(...this.batchSizes);
  }

  /**
   * Paint `jobs` (1 … maxBatch): FACE_BYTES per job in order, valid until the next call.
   * @throws AvatarError INFERENCE_FAILED
   */
  async run(jobs: readonly MouthJob[]): Promise<Uint8Array> {
    const batch = this.batchSizes.find((size) => size >= jobs.length);
    const last = jobs.at(-1);
    if (batch === undefined || last === undefined) {
      throw new RangeError(`1 … ${this.maxBatch} frames at a time, got ${jobs.length}`);
    }
    const buffers = this.#buffersOf(batch);
    for (let slot = 0; slot < batch; slot += 1) {
      const { latents, audio } = jobs[slot] ?? last;
      buffers.latents.set(latents, slot * this.latentLength);
      this.#setAudio(buffers.audio, slot * this.audioLength, audio);
    }
    let tensors = buffers.inputs;
    for (const [index, model] of this.#models.entries()) {
      const isLast = index === this.#models.length - 1;
      tensors = await model.runTyped(tensors, isLast ? buffers.outputs : {});
    }
    const bgr = tensors['bgr'];
    if (bgr?.type !== 'uint8' || bgr.data.length !== batch * FACE_BYTES) {
      throw new AvatarError('INFERENCE_FAILED', 'the network gave no picture of 256 × 256');
    }
    return bgr.data;
  }

  /** Run every batch size until it is warm, and time it. */
  async warmUp(): Promise<BatchTiming[]> {
    const latents =
      this.latentType === 'float16'
        ? new Uint16Array(this.latentLength)
        : new Float32Array(this.latentLength);
    const job = { latents, audio: new Float32Array(this.audioLength) };
    const timings: BatchTiming[] = [];
    for (const batch of this.batchSizes) {
      const jobs = Array.from({ length: batch }, () => job);
      timings.push(await timeBatch(batch, () => this.run(jobs)));
    }
    return timings;
  }

  async release(): Promise<void> {
    for (const model of this.#models) await model.release();
  }

  #setAudio(target: Float32Array | Uint16Array, offset: number, audio: Float32Array): void {
    if (target instanceof Float32Array) target.set(audio, offset);
    else for (let i = 0; i < audio.length; i += 1) target[offset + i] = toHalf(audio[i]!); // i < length
  }

  #buffersOf(batch: number): Buffers {
    const known = this.#buffers.get(batch);
    if (known) return known;
    const latents = tensorOf(this.latentType, [batch, ...this.#latentDims]);
    const audio = tensorOf(this.#audioType, [batch, ...this.#audioDims]);
    const bgr = new Uint8Array(batch * FACE_BYTES);
    const made: Buffers = {
      latents: latents.data,
      audio: audio.data,
      inputs: { latents, audio },
      outputs: { bgr: { type: 'uint8', data: bgr, dims: [batch, FACE_SIZE, FACE_SIZE, 3] } },
      bgr,
    };
    this.#buffers.set(batch, made);
    return made;
  }
}

function tensorOf(
  type: 'float32' | 'float16',
  dims: readonly number[],
): Extract<TypedTensor, { type: 'float32' | 'float16' }> {
  if (type === 'float16') return { type, data: new Uint16Array(product(dims)), dims };
  return { type, data: new Float32Array(product(dims)), dims };
}

/** Dimensions after the batch. */
function restOf({ name, dims }: TensorInfo, path: string): number[] {
  const rest = dims.slice(1).filter((size) => typeof size === 'number');
  if (rest.length === dims.length - 1) return rest;
  throw new AvatarError(
    'MODEL_PACK_CORRUPT',
    `${path}: ${name} has free dimensions besides the batch; export the pack again`,
  );
}

const product = (dims: readonly number[]): number => dims.reduce((all, size) => all * size, 1);
