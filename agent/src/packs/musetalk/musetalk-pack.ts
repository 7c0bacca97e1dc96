/**
 * The `musetalk-v15` model pack: MuseTalk v1.5's computation (Zhang et al. 2024, arXiv 2410.10122) on the user's own
 * weights. sound → windows (musetalk-audio-stream.ts), frames → latents and masks (musetalk-prepare.ts), both → faces
 * in batches over sessions (mouth-batcher.ts) → patches. How to get the files: docs/model-packs.md.
 */
import { AvatarError } from '../../errors.ts';
import type {
  AudioStream,
  AvatarAsset,
  Cue,
  FaceTrack,
  FrameStore,
  ModelPack,
  PackAvatar,
  PackAvatarSettings,
  PackFacts,
} from '../../pipeline/model-pack.ts';
import { FRAME_RATE_FPS } from '../../pipeline/timeline.ts';
import { MouthBatcher } from './mouth-batcher.ts';
import { framesPerSecondOf } from './mouth-network.ts';
import { lookAheadMsOf, MusetalkAudioStream } from './musetalk-audio-stream.ts';
import { MusetalkAvatar } from './musetalk-avatar.ts';
import { openGraphs, type GraphOptions, type MusetalkGraphs } from './musetalk-graphs.ts';
import { prepareMusetalk } from './musetalk-prepare.ts';
import { decodePrepared } from './prepared-avatar.ts';

/** Part of the measured speed that sessions may use: sound features and copies take the rest. */
const USABLE_RATIO = 0.8;

/** An audio stream whose cues hold up a batch that is being gathered. */
class GatheredStream implements AudioStream {
  readonly #stream: AudioStream;
  readonly #batcher: MouthBatcher;

  constructor(stream: AudioStream, batcher: MouthBatcher) {
    this.#stream = stream;
    this.#batcher = batcher;
  }

  push(samples: Float32Array): void {
    this.#stream.push(samples);
  }

  isReady(frameIndex: number): boolean {
    return this.#stream.isReady(frameIndex);
  }

  cue(frameIndex: number): Promise<Cue> {
    return this.#batcher.whileCue(() => this.#stream.cue(frameIndex));
  }

  clearBuffer(): void {
    this.#stream.clearBuffer();
  }
}

class MusetalkPack implements ModelPack {
  readonly facts: PackFacts;
  readonly #graphs: MusetalkGraphs;
  readonly #batcher: MouthBatcher;

  constructor(graphs: MusetalkGraphs, framesPerSecond: number) {
    this.#graphs = graphs;
    this.#batcher = new MouthBatcher(graphs.mouth);
    this.facts = {
      name: 'musetalk-v15',
      version: graphs.version,
      lookAheadMs: lookAheadMsOf(graphs.streaming),
      parameterNames: [],
      parameterCount: graphs.mouth.audioLength,
      framesPerSecond,
      maxBatch: graphs.mouth.maxBatch,
      maxSessions: Math.max(1, Math.floor((framesPerSecond * USABLE_RATIO) / FRAME_RATE_FPS)),
    };
  }

  prepare(frames: FrameStore, track: FaceTrack, settings: PackAvatarSettings): Promise<Uint8Array> {
    return this.#graphs.whilePreparing((cropEncoder, faceParsing) =>
      prepareMusetalk({ cropEncoder, faceParsing, format: this.#format }, frames, track, settings),
    );
  }

  openAvatar({ packData, frames }: AvatarAsset): Promise<PackAvatar> {
    const prepared = decodePrepared(packData, frames, this.#format);
    return Promise.resolve(new MusetalkAvatar(prepared, this.#batcher));
  }

  openStream(): AudioStream {
    const stream = new MusetalkAudioStream(this.#graphs.sound, this.#graphs.streaming);
    return new GatheredStream(stream, this.#batcher);
  }

  async close(): Promise<void> {
    await this.#graphs.release();
  }

  get #format(): { type: 'float32' | 'float16'; length: number } {
    const { latentType, latentLength } = this.#graphs.mouth;
    return { type: latentType, length: latentLength };
  }
}

/**
 * Load the pack in `packDir`, warm it up and measure it.
 * @throws AvatarError MODEL_PACK_MISSING naming the way to the files | MODEL_PACK_CORRUPT
 */
export async function loadMusetalkPack(
  packDir: string,
  options: GraphOptions = {},
): Promise<ModelPack> {
  const graphs = await openGraphs(packDir, options);
  try {
    const width = graphs.sound.featureLength;
    if (graphs.mouth.audioLength % width !== 0) {
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${packDir}: the sound encoder's features (${width} numbers) do not fit the painting network (${graphs.mouth.audioLength}); export the pack again`,
      );
    }
    return new MusetalkPack(graphs, framesPerSecondOf(await graphs.mouth.warmUp()));
  } catch (error) {
    await graphs.release();
    throw error;
  }
}
