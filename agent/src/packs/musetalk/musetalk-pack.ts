/**
 * The `musetalk-v15` model pack: MuseTalk v1.5's computation (Zhang et al. 2024, arXiv 2410.10122) on the user's own
 * weights. sound → windows (musetalk-audio-stream.ts), frames → latents and masks (musetalk-prepare.ts), both → faces
 * in batches over sessions (mouth-batcher.ts) → patches. How to get the files: docs/model-packs.md.
 */
import { MEL_BINS } from '../../features/log-mel.ts';
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
import { inputFramesOf, lookAheadMsOf, MusetalkAudioStream } from './musetalk-audio-stream.ts';
import { MusetalkAvatar } from './musetalk-avatar.ts';
import {
  openGraphs,
  type GraphOptions,
  type MusetalkGraphs,
  type PaintingGraphs,
} from './musetalk-graphs.ts';
import { prepareMusetalk } from './musetalk-prepare.ts';
import { decodePrepared } from './prepared-avatar.ts';
import { framesPerSecondOf, sessionsFor, timeBatch, type BatchTiming } from './session-limit.ts';
import { SoundBatcher } from './sound-batcher.ts';

/**
 * What a frame may take once its sound is there, ms: as many sessions are admitted as one batch serves in 32 ms, and a
 * frame waits for the batch before its own at most.
 */
const MAKING_MS = 60;

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
type Opened = PaintingGraphs & {
  readonly batcher: MouthBatcher;
  readonly soundBatcher: SoundBatcher;
};

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
      makingMs: MAKING_MS,
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
    const { soundBatcher, batcher } = this.#opened;
    const stream = new MusetalkAudioStream(soundBatcher, this.#graphs.streaming);
    return new GatheredStream(stream, batcher);
  }

  async close(): Promise<void> {
    await this.#graphs.release();
  }

  /** Load the painting graphs, warm them up and measure them. */
  async #open(): Promise<Opened> {
    const painting = await this.#graphs.painting();
    const { mouth, sound } = painting;
    const timings = {
      mouth: await mouth.warmUp(),
      sound: await this.#warmUpSound(painting),
      hopFrames: this.#graphs.streaming.hopFrames,
    };
    const framesPerSecond = framesPerSecondOf(timings.mouth);
    const sessions = sessionsFor(timings);
    const notice = noticeOf(painting, framesPerSecond, sessions);
    this.#facts = {
      ...this.#facts,
      parameterCount: mouth.audioLength,
      framesPerSecond,
      maxBatch: mouth.maxBatch,
      maxSessions: Math.max(1, sessions),
      isRealTime: sessions > 0,
      ...(notice !== undefined && { notice }),
    };
    this.#opened = {
      ...painting,
      batcher: new MouthBatcher(mouth),
      soundBatcher: new SoundBatcher(sound, mouth.batchSizes),
    };
    return this.#opened;
  }

  async #warmUpSound({ sound, mouth }: PaintingGraphs): Promise<BatchTiming[]> {
    const frames = sound.fixedFrames ?? inputFramesOf(this.#graphs.streaming);
    const timings: BatchTiming[] = [];
    for (const batch of mouth.batchSizes) {
      const mel = new Float32Array(batch * MEL_BINS * frames);
      timings.push(await timeBatch(batch, () => sound.run(mel, frames, batch)));
    }
    return timings;
  }
}

/** What an operator should know: where it runs instead, why, and whether it is too slow; undefined when all is well. */
function noticeOf(
  { provider, failures }: PaintingGraphs,
  framesPerSecond: number,
  sessions: number,
): string | undefined {
  const speed = `${framesPerSecond.toPrecision(2)} frames per second`;
  const why = failures.length === 0 ? '' : ` (${failures.join('; ')})`;
  if (provider === 'cpu') {
    return `musetalk-v15 runs on the CPU: ${speed}, real time is ${FRAME_RATE_FPS}. Live sessions need an NVIDIA GPU with CUDA 12, see docs/model-packs.md; or set model: lite${why}`;
  }
  if (sessions === 0) {
    return `musetalk-v15 makes ${speed} on this GPU, too few for one session in real time (${FRAME_RATE_FPS}); the small decoder is faster (docs/model-packs.md), or set model: lite${why}`;
  }
  if (why === '') return undefined;
  return `musetalk-v15 runs on ${provider}: ${speed}; what was asked for before it cannot be used${why}`;
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
