/**
 * The only import of onnxruntime in the agent. `session.run` blocks the thread it is called on
 * (onnxruntime-node runs synchronously), so sessions live in render threads or one-shot commands, never on a thread
 * that owns a socket.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import '../config/telemetry-off.ts';
import * as ort from 'onnxruntime-node';
import { AvatarError } from '../errors.ts';

/** A float32 tensor: values and dimensions. */
export type FloatTensor = { readonly data: Float32Array; readonly dims: readonly number[] };

/** A tensor of any type our graphs use; halves are their 16 bits (Node 20 has no Float16Array). */
export type TypedTensor =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'float16'; readonly data: Uint16Array; readonly dims: readonly number[] }
  | { readonly type: 'uint8'; readonly data: Uint8Array; readonly dims: readonly number[] };

/** Name, element type and dimensions of an input or output; a dimension that is free is a string. */
export type TensorInfo = {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
};

/** Where a graph runs. `tensorrt` builds an engine at the first run of every shape: minutes. */
export type ExecutionProvider = 'cpu' | 'cuda' | 'tensorrt';

/** How to load a graph. */
export type LoadOptions = {
  /** Default `cpu`. On the others, operators they do not know run on the CPU. */
  readonly provider?: ExecutionProvider;
  /** Threads of the CPU provider, 0 = one per core. Default 1: sessions scale over threads of ours. */
  readonly threads?: number;
  /** Number of the GPU. Default 0. */
  readonly gpu?: number;
};

/** One ONNX graph, ready to run. */
export class InferenceModel {
  readonly #session: ort.InferenceSession;
  readonly #path: string;

  private constructor(session: ort.InferenceSession, path: string) {
    this.#session = session;
    this.#path = path;
  }

  /**
   * Load `path`, by default on the CPU with one thread.
   * @throws AvatarError MODEL_PACK_CORRUPT; DEPENDENCY_MISSING when another provider cannot be used here
   */
  static async load(path: string, options: LoadOptions = {}): Promise<InferenceModel> {
    const { provider = 'cpu', threads = 1, gpu = 0 } = options;
    if (provider !== 'cpu') return InferenceModel.#loadOn(provider, path, gpu);
    try {
      const session = await ort.InferenceSession.create(path, {
        intraOpNumThreads: threads,
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

  static async #loadOn(
    provider: Exclude<ExecutionProvider, 'cpu'>,
    path: string,
    deviceId: number,
  ): Promise<InferenceModel> {
    requireLibrary(provider);
    // What TensorRT cannot take goes to CUDA, what CUDA cannot take to the CPU.
    const names = provider === 'tensorrt' ? (['tensorrt', 'cuda'] as const) : (['cuda'] as const);
    const executionProviders = [...names.map((name) => ({ name, deviceId })), 'cpu'];
    try {
      const session = await ort.InferenceSession.create(path, {
        executionProviders,
        logSeverityLevel: 3,
      });
      return new InferenceModel(session, path);
    } catch (cause) {
      throw new AvatarError(
        'DEPENDENCY_MISSING',
        `${path} cannot run on ${provider}: ${cause instanceof Error ? cause.message : String(cause)}`,
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

  get inputs(): readonly TensorInfo[] {
    return this.#session.inputMetadata.map(toTensorInfo);
  }

  get outputs(): readonly TensorInfo[] {
    return this.#session.outputMetadata.map(toTensorInfo);
  }

  /**
   * Run with inputs of any type. Results are written into `outputs` where it names them (of the right type and size),
   * else into new arrays. @throws AvatarError INFERENCE_FAILED
   */
  async runTyped(
    inputs: Readonly<Record<string, TypedTensor>>,
    outputs: Readonly<Record<string, TypedTensor>> = {},
  ): Promise<Record<string, TypedTensor>> {
    try {
      const fetches: Record<string, ort.Tensor | null> = {};
      for (const { name } of this.outputs) {
        const wanted = outputs[name];
        fetches[name] = wanted ? toOrt(wanted) : null;
      }
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, toOrt(tensor)]),
      );
      const results = await this.#session.run(feeds, fetches);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, fromOrt(name, tensor)]),
      );
    } catch (cause) {
      throw this.#failure(cause);
    }
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
      throw this.#failure(cause);
    }
  }

  #failure(cause: unknown): AvatarError {
    return new AvatarError(
      'INFERENCE_FAILED',
      `${this.#path} failed while running: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/**
 * ONNX Runtime's npm package comes without its GPU parts, and knows of none on most platforms; asking for one that is not
 * there prints to stderr.
 * @throws AvatarError DEPENDENCY_MISSING naming the command that fetches it
 */
function requireLibrary(provider: 'cuda' | 'tensorrt'): void {
  if (!ort.listSupportedBackends().some(({ name }) => name === provider)) {
    throw new AvatarError(
      'DEPENDENCY_MISSING',
      `ONNX Runtime has no ${provider} on ${process.platform} ${process.arch}: use Linux x64, or leave ${provider} out of service.musetalk.providers`,
    );
  }
  const packageDir = join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node')),
    '..',
  );
  const folders = [3, 6].map((version) => `bin/napi-v${version}/linux/${process.arch}`);
  const library = `libonnxruntime_providers_${provider}.so`;
  if (folders.some((folder) => existsSync(join(packageDir, folder, library)))) return;
  throw new AvatarError(
    'DEPENDENCY_MISSING',
    `${library} cannot be found: ONNX Runtime is installed without its ${provider} part; fetch it with \`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node\` (Linux x64)`,
  );
}

function toTensorInfo(metadata: ort.InferenceSession.ValueMetadata): TensorInfo {
  if (!metadata.isTensor) return { name: metadata.name, type: 'none', dims: [] };
  return { name: metadata.name, type: metadata.type, dims: metadata.shape };
}

function toOrt(tensor: TypedTensor): ort.Tensor {
  switch (tensor.type) {
    case 'float32':
      return new ort.Tensor('float32', tensor.data, tensor.dims);
    case 'float16':
      return new ort.Tensor('float16', tensor.data, tensor.dims);
    case 'uint8':
      return new ort.Tensor('uint8', tensor.data, tensor.dims);
  }
}

function fromOrt(name: string, { type, data, dims }: ort.Tensor): TypedTensor {
  if (type === 'float32' && data instanceof Float32Array) return { type, data, dims };
  if (type === 'float16' && data instanceof Uint16Array) return { type, data, dims };
  if (type === 'uint8' && data instanceof Uint8Array) return { type, data, dims };
  throw new TypeError(`output ${name} is ${type}; expected float32, float16 or uint8`);
}
