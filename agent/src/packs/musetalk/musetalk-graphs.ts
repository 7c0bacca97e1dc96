/** The graphs of a `musetalk-v15` pack folder: which files, on what processor, loaded when they are needed. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AvatarError, toAvatarError } from '../../errors.ts';
import { InferenceModel, type ExecutionProvider } from '../../models/inference-session.ts';
import { verifyPack, type VerifiedPack } from '../../models/verify-pack.ts';
import { WINDOW_FEATURES } from './feature-windows.ts';
import { CPU_BATCH_SIZES, GPU_BATCH_SIZES, MouthNetwork } from './mouth-network.ts';
import { DEFAULT_STREAMING, type StreamingSettings } from './musetalk-audio-stream.ts';
import { SoundEncoder } from './sound-encoder.ts';

/** Files of a pack (models/export writes them). */
const FILES = {
  sound: 'whisper-encoder.onnx',
  mouth: 'unet-vae.onnx',
  unet: 'unet.onnx',
  taesd: 'decoder-taesd.onnx',
  crop: 'vae-encoder.onnx',
  parsing: 'face-parsing.onnx',
} as const;

/** The way from nothing to the pack's files: five commands (docs/model-packs.md). */
export const HOW_TO_GET =
  'MuseTalk v1.5 runs on weights that you fetch and export yourself (docs/model-packs.md): ' +
  '1. npm run models -- pull musetalk-v15, 2. npm run models -- export musetalk-v15, ' +
  '3. npm run models -- verify musetalk-v15, 4. npm run avatar -- prepare --id me --video me.mp4 --model musetalk-v15, 5. npm start. ' +
  'Until then set `model: lite` for this avatar or in `service`';

/** The graphs of live use, loaded and fitting together. */
export type PaintingGraphs = {
  readonly provider: ExecutionProvider;
  /** Why they do not run on the processors asked for before this one; each sentence names its cure. */
  readonly failures: readonly string[];
  readonly sound: SoundEncoder;
  readonly mouth: MouthNetwork;
};

/** See the head of this file. */
export type MusetalkGraphs = {
  /** Of the pack, and of the networks that prepare avatars: other weights prepare other bytes. */
  readonly version: string;
  readonly streaming: StreamingSettings;
  /** Loads at the first call. @throws AvatarError MODEL_PACK_CORRUPT | DEPENDENCY_MISSING */
  readonly painting: () => Promise<PaintingGraphs>;
  /** Run `work` with the networks that only preparation needs; they are let go afterwards. */
  readonly whilePreparing: <T>(
    work: (cropEncoder: InferenceModel, faceParsing: InferenceModel | undefined) => Promise<T>,
  ) => Promise<T>;
  readonly release: () => Promise<void>;
};

/** Which graphs to take and where they run. */
export type GraphOptions = {
  /** Processors to try in order. Default: CUDA, then the CPU. Preparation leaves TensorRT out: one run is not worth it. */
  readonly providers?: readonly ExecutionProvider[];
  /** Number of the GPU. Default 0. */
  readonly gpu?: number;
  /** `taesd`: the small decoder, softer and several times faster. Default: what pack.yaml says, else `vae`. */
  readonly decoder?: 'vae' | 'taesd';
  readonly streaming?: Partial<StreamingSettings>;
  /** Threads of a CPU run, 0 = one per core. Default 0. */
  readonly threads?: number;
};

/** Open the pack in `packDir`. @throws AvatarError MODEL_PACK_MISSING with the way to the files | MODEL_PACK_CORRUPT */
export async function openGraphs(
  packDir: string,
  options: GraphOptions = {},
): Promise<MusetalkGraphs> {
  if (!existsSync(join(packDir, 'pack.yaml'))) {
    throw new AvatarError(
      'MODEL_PACK_MISSING',
      `${join(packDir, 'pack.yaml')} does not exist. ${HOW_TO_GET}`,
    );
  }
  const pack = await verifyPack(packDir);
  let opening: Promise<PaintingGraphs> | undefined;
  return {
    version: `${pack.version}-${preparedBy(pack)}`,
    streaming: { ...DEFAULT_STREAMING, ...options.streaming },
    painting: () => {
      opening ??= openPainting(pack, packDir, options);
      return opening;
    },
    whilePreparing: (work) => withPreparation(pack, options, work),
    release: async () => {
      const opened = await opening?.catch(() => undefined); // what failed has let go of its graphs
      await opened?.sound.release();
      await opened?.mouth.release();
    },
  };
}

/** Fingerprint of what `prepare` depends on. */
function preparedBy(pack: VerifiedPack): string {
  const files = [FILES.crop, FILES.parsing].filter((file) => pack.has(file));
  const hashes = files.map((file) => pack.sha256(file)).join('');
  return createHash('sha256').update(hashes).digest('hex').slice(0, 8);
}

async function openPainting(
  pack: VerifiedPack,
  packDir: string,
  options: GraphOptions,
): Promise<PaintingGraphs> {
  const first = await loadOnFirst(pack.path(FILES.sound), options);
  const { provider, failures } = first;
  const loaded = [first.model];
  try {
    const sound = new SoundEncoder(first.model, pack.path(FILES.sound));
    const decoder = options.decoder ?? pack.decoder;
    const files = decoder === 'taesd' ? [FILES.unet, FILES.taesd] : [FILES.mouth];
    const painters: InferenceModel[] = [];
    for (const file of files) {
      const model = await loadOn(provider, pack.path(file), options);
      loaded.push(model);
      painters.push(model);
    }
    const batchSizes = provider === 'cpu' ? CPU_BATCH_SIZES : GPU_BATCH_SIZES;
    const mouth = new MouthNetwork(painters, batchSizes, pack.path(files[0]!)); // one or two files
    if (mouth.audioLength !== WINDOW_FEATURES * sound.featureLength) {
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${packDir}: the sound encoder gives ${sound.featureLength} numbers per feature, the painting network takes ${mouth.audioLength / WINDOW_FEATURES}; export the pack again`,
      );
    }
    return { provider, failures, sound, mouth };
  } catch (error) {
    for (const model of loaded) await model.release();
    throw error;
  }
}

const loadOn = (
  provider: ExecutionProvider,
  path: string,
  { threads = 0, gpu = 0 }: GraphOptions,
): Promise<InferenceModel> => InferenceModel.load(path, { provider, threads, gpu });

/** Load a graph on the first processor that takes it; `failures` says why the ones before did not. */
async function loadOnFirst(
  path: string,
  options: GraphOptions,
): Promise<{ provider: ExecutionProvider; model: InferenceModel; failures: readonly string[] }> {
  const failures: string[] = [];
  for (const provider of options.providers ?? ['cuda', 'cpu']) {
    try {
      return { provider, model: await loadOn(provider, path, options), failures };
    } catch (thrown) {
      const error = toAvatarError(thrown);
      if (error.code !== 'DEPENDENCY_MISSING') throw error;
      failures.push(error.message);
    }
  }
  throw new AvatarError('DEPENDENCY_MISSING', failures.join('; '));
}

async function withPreparation<T>(
  pack: VerifiedPack,
  options: GraphOptions,
  work: (cropEncoder: InferenceModel, faceParsing: InferenceModel | undefined) => Promise<T>,
): Promise<T> {
  const wanted = options.providers ?? ['cuda', 'cpu'];
  const providers = wanted.map((name) => (name === 'tensorrt' ? 'cuda' : name));
  const { provider, model: cropEncoder } = await loadOnFirst(pack.path(FILES.crop), {
    ...options,
    providers: [...new Set(providers)],
  });
  let faceParsing: InferenceModel | undefined;
  try {
    if (pack.has(FILES.parsing)) {
      faceParsing = await loadOn(provider, pack.path(FILES.parsing), options);
    }
    return await work(cropEncoder, faceParsing);
  } finally {
    await cropEncoder.release();
    await faceParsing?.release();
  }
}
