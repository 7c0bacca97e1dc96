/**
 * The `musetalk-v15` model pack: MuseTalk v1.5's computation (Zhang et al. 2024, arXiv 2410.10122) on the user's own
 * weights. sound → windows (musetalk-audio-stream.ts), frames → latents and masks (musetalk-prepare.ts), both → faces
 * in batches over sessions (mouth-batcher.ts) → patches. How to get the files: docs/model-packs.md.
 */
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
import {
  openGraphs,
  type GraphOptions,
  type MusetalkGraphs,
  type PaintingGraphs,
} from './musetalk-graphs.ts';
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

/** The pack once its painting graphs are loaded. */
type Opened = PaintingGraphs & { readonly batcher: MouthBatcher };

class MusetalkPack implements ModelPack {
  readonly #graphs: MusetalkGraphs;
  #facts: PackFacts;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;

  constructor(graphs: MusetalkGraphs) {
    this.#graphs = graphs;
    this.#facts = {
      name: 'musetalk-v15',
      version: graphs.version,
      lookAheadMs: lookAheadMsOf(graphs.streaming),
      parameterNames: [],
    };
  }

  /** Speed and length of cues are known when the first avatar is open. */
  get facts(): PackFacts {
    return this.#facts;
  }

  prepare(frames: FrameStore, track: FaceTrack, settings: PackAvatarSettings): Promise<Uint8Array> {
    return this.#graphs.whilePreparing((cropEncoder, faceParsing) =>
      prepareMusetalk({ cropEncoder, faceParsing }, frames, track, settings),
    );
  }

  async openAvatar({ packData, frames }: AvatarAsset): Promise<PackAvatar> {
    this.#opening ??= this.#open();
    const { mouth, batcher } = await this.#opening;
    const format = { type: mouth.latentType, length: mouth.latentLength };
    return new MusetalkAvatar(decodePrepared(packData, frames, format), batcher);
  }

  openStream(): AudioStream {
    if (!this.#opened) throw new Error('musetalk-v15: a stream needs an open avatar');
    const { sound, batcher } = this.#opened;
    const stream = new MusetalkAudioStream(sound, this.#graphs.streaming);
    return new GatheredStream(stream, batcher);
  }

  async close(): Promise<void> {
    await this.#graphs.release();
  }

  /** Load the painting graphs, warm them up and measure them. */
  async #open(): Promise<Opened> {
    const painting = await this.#graphs.painting();
    const { mouth } = painting;
    const framesPerSecond = framesPerSecondOf(await mouth.warmUp());
    const notice = noticeOf(painting, framesPerSecond);
    this.#facts = {
      ...this.#facts,
      parameterCount: mouth.audioLength,
      framesPerSecond,
      maxBatch: mouth.maxBatch,
      maxSessions: Math.max(1, Math.floor((framesPerSecond * USABLE_RATIO) / FRAME_RATE_FPS)),
      ...(notice !== undefined && { notice }),
    };
    this.#opened = { ...painting, batcher: new MouthBatcher(mouth) };
    return this.#opened;
  }
}

/** One sentence when live sessions will not go well, else undefined. */
function noticeOf({ withoutGpu }: PaintingGraphs, framesPerSecond: number): string | undefined {
  const speed = `${framesPerSecond.toPrecision(2)} frames per second`;
  if (withoutGpu !== undefined) {
    const why = withoutGpu === '' ? '' : ` (${withoutGpu})`;
    return `musetalk-v15 runs on the CPU: ${speed}, real time is ${FRAME_RATE_FPS}. Live sessions need an NVIDIA GPU with CUDA 12, see docs/model-packs.md; or set model: lite${why}`;
  }
  if (framesPerSecond * USABLE_RATIO >= FRAME_RATE_FPS) return undefined;
  return `musetalk-v15 makes ${speed} on this GPU, too few for one session in real time (${FRAME_RATE_FPS}); the small decoder is faster (docs/model-packs.md), or set model: lite`;
}

/**
 * Open the pack in `packDir`: verifies its files. Graphs are loaded when they are needed: those of preparation for
 * `prepare`, the others (warmed up and measured) with the first avatar.
 * @throws AvatarError MODEL_PACK_MISSING naming the way to the files | MODEL_PACK_CORRUPT
 */
export async function loadMusetalkPack(
  packDir: string,
  options: GraphOptions = {},
): Promise<ModelPack> {
  return new MusetalkPack(await openGraphs(packDir, options));
}
