/** The graphs of a `musetalk-v15` pack folder: which files, on what processor, loaded when they are needed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AvatarError, toAvatarError } from '../../errors.ts';
import { InferenceModel, type ExecutionProvider } from '../../models/inference-session.ts';
import { verifyPack, type VerifiedPack } from '../../models/verify-pack.ts';
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

/** See the head of this file. */
export type MusetalkGraphs = {
  readonly version: string;
  readonly provider: ExecutionProvider;
  readonly sound: SoundEncoder;
  readonly mouth: MouthNetwork;
  readonly streaming: StreamingSettings;
  /** Run `work` with the networks that only preparation needs; they are let go afterwards. */
  readonly whilePreparing: <T>(
    work: (cropEncoder: InferenceModel, faceParsing: InferenceModel | undefined) => Promise<T>,
  ) => Promise<T>;
  readonly release: () => Promise<void>;
};

/** Which graphs to take and where they run. */
export type GraphOptions = {
  /** Processors to try in order. Default: CUDA, then the CPU. */
  readonly providers?: readonly ExecutionProvider[];
  /** `taesd`: the small decoder, softer and several times faster. Default `vae`. */
  readonly decoder?: 'vae' | 'taesd';
  readonly streaming?: Partial<StreamingSettings>;
  /** Threads of a CPU run, 0 = one per core. Default 0. */
  readonly threads?: number;
  /** Told once when the pack will not run in real time. */
  readonly onWarning?: ((message: string) => void) | undefined;
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
  const { provider, model: soundModel } = await loadOnFirst(pack.path(FILES.sound), options);
  const load = (path: string): Promise<InferenceModel> =>
    InferenceModel.load(path, { provider, threads: options.threads ?? 0 });
  const loaded = [soundModel];
  try {
    const sound = new SoundEncoder(soundModel, pack.path(FILES.sound));
    const files = options.decoder === 'taesd' ? [FILES.unet, FILES.taesd] : [FILES.mouth];
    const mouthModels: InferenceModel[] = [];
    for (const file of files) {
      const model = await load(pack.path(file));
      loaded.push(model);
      mouthModels.push(model);
    }
    const batchSizes = provider === 'cpu' ? CPU_BATCH_SIZES : GPU_BATCH_SIZES;
    const mouth = new MouthNetwork(mouthModels, batchSizes, pack.path(files[0]!)); // one or two files
    return {
      version: pack.version,
      provider,
      sound,
      mouth,
      streaming: { ...DEFAULT_STREAMING, ...options.streaming },
      whilePreparing: (work) => withPreparation(pack, load, work),
      release: async () => {
        await sound.release();
        await mouth.release();
      },
    };
  } catch (error) {
    for (const model of loaded) await model.release();
    throw error;
  }
}

/** Load a graph on the first processor that takes it. */
async function loadOnFirst(
  path: string,
  { providers = ['cuda', 'cpu'], threads = 0, onWarning }: GraphOptions,
): Promise<{ provider: ExecutionProvider; model: InferenceModel }> {
  const reasons: string[] = [];
  for (const provider of providers) {
    try {
      const model = await InferenceModel.load(path, { provider, threads });
      if (provider === 'cpu') {
        const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
        onWarning?.(
          `musetalk-v15 runs on the CPU, which is far from real time: seconds per frame with the published weights${why}. Live sessions need an NVIDIA GPU with CUDA 12; see docs/model-packs.md, or set model: lite`,
        );
      }
      return { provider, model };
    } catch (thrown) {
      const error = toAvatarError(thrown);
      if (error.code !== 'DEPENDENCY_MISSING') throw error;
      reasons.push(error.message);
    }
  }
  throw new AvatarError('DEPENDENCY_MISSING', reasons.join('; '));
}

async function withPreparation<T>(
  pack: VerifiedPack,
  load: (path: string) => Promise<InferenceModel>,
  work: (cropEncoder: InferenceModel, faceParsing: InferenceModel | undefined) => Promise<T>,
): Promise<T> {
  const cropEncoder = await load(pack.path(FILES.crop));
  let faceParsing: InferenceModel | undefined;
  try {
    if (pack.has(FILES.parsing)) faceParsing = await load(pack.path(FILES.parsing));
    return await work(cropEncoder, faceParsing);
  } finally {
    await cropEncoder.release();
    await faceParsing?.release();
  }
}
