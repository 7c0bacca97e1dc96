/**
 * The only import of onnxruntime in the agent. `session.run` blocks the thread it is called on
 * (onnxruntime-node runs synchronously), so sessions live in render threads or one-shot commands, never on a thread
 * that owns a socket.
 */
import * as ort from 'onnxruntime-node';
import { AvatarError } from '../errors.ts';

/** A float32 tensor: values and dimensions. */
export type FloatTensor = { readonly data: Float32Array; readonly dims: readonly number[] };

/** One ONNX graph, ready to run. */
export class InferenceModel {
  readonly #session: ort.InferenceSession;
  readonly #path: string;

  private constructor(session: ort.InferenceSession, path: string) {
    this.#session = session;
    this.#path = path;
  }

  /** Load `path` on the CPU with one thread (sessions scale over threads of ours). @throws AvatarError MODEL_PACK_CORRUPT */
  static async load(path: string): Promise<InferenceModel> {
    try {
      const session = await ort.InferenceSession.create(path, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionProviders: ['cpu'],
        logSeverityLevel: 3,
      });
      return new InferenceModel(session, path);
    } catch (cause) {
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${path} is not a model onnxruntime can load; restore it (git checkout, or fetch the pack again)`,
        { cause },
      );
    }
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /** Run with float32 inputs. @throws AvatarError INFERENCE_FAILED */
  async run(inputs: Readonly<Record<string, FloatTensor>>): Promise<Record<string, FloatTensor>> {
    try {
      const feeds: Record<string, ort.Tensor> = {};
      for (const [name, { data, dims }] of Object.entries(inputs))
        feeds[name] = new ort.Tensor('float32', data, dims);
      const outputs = await this.#session.run(feeds);
      const result: Record<string, FloatTensor> = {};
      for (const [name, tensor] of Object.entries(outputs)) {
        if (!(tensor.data instanceof Float32Array))
          throw new TypeError(`output ${name} is ${tensor.type}, expected float32`);
        result[name] = { data: tensor.data, dims: tensor.dims };
      }
      return result;
    } catch (cause) {
      throw new AvatarError(
        'INFERENCE_FAILED',
        `${this.#path} failed while running: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
