/**
 * The `lite` model pack: our own real-time lip-sync on one CPU thread.
 * audio → 12 mouth parameters (lite-audio-stream.ts), pixels → the avatar's own, warped on the face mesh, with a
 * 3-D mouth interior (mouth/lite-renderer.ts). Files and licences: models/lite/.
 */
import { readFile } from 'node:fs/promises';
import { AvatarError } from '../../errors.ts';
import { InferenceModel } from '../../models/inference-session.ts';
import { verifyPack } from '../../models/verify-pack.ts';
import { LiteRenderer, prepareLite } from '../../mouth/lite-renderer.ts';
import { parseRendererData, type RendererData } from '../../mouth/renderer-data.ts';
import type {
  AudioStream,
  AvatarAsset,
  Cue,
  FaceTrack,
  FrameStore,
  ModelPack,
  PackAvatar,
  PackFacts,
  Patch,
} from '../../pipeline/model-pack.ts';
import { LITE_LOOK_AHEAD_MS, LiteAudioStream } from './lite-audio-stream.ts';
import { MouthDecoder, mouthTableSchema, type MouthTable } from './mouth-decoder.ts';

class LiteAvatar implements PackAvatar {
  readonly #renderer: LiteRenderer;

  constructor(renderer: LiteRenderer) {
    this.#renderer = renderer;
  }

  render(sourceFrame: number, cue: Cue, speechRatio: number): Promise<Patch | null> {
    return Promise.resolve(this.#renderer.render(sourceFrame, cue.parameters, speechRatio));
  }

  resting(sourceFrame: number): Patch | null {
    return this.#renderer.resting(sourceFrame);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class LitePack implements ModelPack {
  readonly facts: PackFacts;
  readonly #network: InferenceModel;
  readonly #table: MouthTable;
  readonly #rendererData: RendererData;

  constructor(parts: {
    version: string;
    network: InferenceModel;
    table: MouthTable;
    rendererData: RendererData;
  }) {
    this.#network = parts.network;
    this.#table = parts.table;
    this.#rendererData = parts.rendererData;
    this.facts = {
      name: 'lite',
      version: parts.version,
      lookAheadMs: LITE_LOOK_AHEAD_MS,
      parameterNames: parts.table.parameters,
    };
  }

  prepare(frames: FrameStore, track: FaceTrack): Promise<Uint8Array> {
    return Promise.resolve(prepareLite(this.#rendererData, frames, track));
  }

  openAvatar(asset: AvatarAsset): Promise<PackAvatar> {
    const { frames, track, packData, settings } = asset;
    return Promise.resolve(
      new LiteAvatar(
        new LiteRenderer({ data: this.#rendererData, frames, track, packData, settings }),
      ),
    );
  }

  openStream(): AudioStream {
    return new LiteAudioStream({
      network: this.#network,
      decoder: new MouthDecoder(this.#table),
      priorMean: Float32Array.from(this.#table.priorMean),
      parameterCount: this.#table.parameters.length,
    });
  }

  async close(): Promise<void> {
    await this.#network.release();
  }
}

/** Load and warm up the pack. @throws AvatarError MODEL_PACK_MISSING | MODEL_PACK_CORRUPT */
export async function loadLitePack(packDir: string): Promise<ModelPack> {
  const { version, path } = await verifyPack(packDir);
  const table = mouthTableSchema.safeParse(JSON.parse(await readFile(path('mouth.json'), 'utf8')));
  if (!table.success) {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${path('mouth.json')} does not fit this version: ${table.error.message}`,
    );
  }
  const rendererData = parseRendererData(await readFile(path('renderer.bin')));
  const network = await InferenceModel.load(path('mouth.onnx'));
  const pack = new LitePack({ version, network, table: table.data, rendererData });
  const warmUp = pack.openStream();
  await warmUp.cue(0);
  return pack;
}
