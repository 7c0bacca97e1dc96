import { Decimator } from '../audio/decimator.ts';
import { SourceSelector } from '../audio/source-selector.ts';
import type { SourceName } from '../audio/source-selector.ts';
import type { SessionStats } from '../engine/protocol.ts';
import { CHUNK_MS, FRAME_MS, SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';
import { AudioPlayout } from '../publishing/audio-playout.ts';
import type { AudioSink } from '../publishing/audio-playout.ts';
import { AVSynchronizer } from '../publishing/av-synchronizer.ts';
import { MediaClock } from '../publishing/media-clock.ts';
import { PlayoutDelay } from '../publishing/playout-delay.ts';
import { PUBLISH_CHUNK_SAMPLES } from '../publishing/track-publisher.ts';
import type { EngineLink } from './engine-link.ts';
import type { FramePool, PooledFrame } from './frame-pool.ts';
import { median } from './median.ts';
import type { SessionMeter } from './session-meter.ts';

/** The delay never grows beyond this by itself, chunks (400 ms). */
const MAX_DELAY_CHUNKS = 20;
/** Frames that may wait for their time: the longest delay plus the audio queue. */
export const FRAME_QUEUE_CAPACITY = 16;
const TICKS_PER_SECOND = 1000 / CHUNK_MS;
const CHUNKS_PER_FRAME = FRAME_MS / CHUNK_MS;
/** Ticks whose time is remembered, to measure how long a chunk takes to its frame. */
const REMEMBERED_TICKS = 128;

/** Where the pipeline's output goes. */
export type MediaOutput = AudioSink & {
  showFrame(data: Uint8Array, width: number, height: number): void;
};

/** What a session wants to hear from its pipeline. */
export type MediaPipelineEvents = {
  /** The source of the audio taken in has changed. */
  onSource(source: SourceName): void;
  /** A frame is on screen; 0 = idle mouth, 1 = fully speaking. */
  onShown(speechRatio: number): void;
  /** Once a second. */
  onStats(stats: SessionStats): void;
};

/**
 * All media of one session on one clock: every 20 ms one chunk of audio is taken in, sent to the engine, kept for the
 * playout delay and played; every frame is shown when its audio is heard.
 */
export class MediaPipeline {
  readonly #engine: EngineLink;
  readonly #events: MediaPipelineEvents;
  readonly #meter: SessionMeter;
  readonly #output: MediaOutput;
  readonly #clock: MediaClock;
  readonly #selector = new SourceSelector(PUBLISH_CHUNK_SAMPLES);
  readonly #decimator = new Decimator(PUBLISH_CHUNK_SAMPLES);
  readonly #delay: PlayoutDelay;
  readonly #playout: AudioPlayout;
  readonly #synchronizer: AVSynchronizer<PooledFrame>;
  readonly #chunk = new Int16Array(PUBLISH_CHUNK_SAMPLES);
  readonly #modelChunk = new Int16Array(SAMPLES_PER_CHUNK);
  readonly #tickAtMs = new Float64Array(REMEMBERED_TICKS);
  #pipelineMs: number[] = [];
  #shownAtLastStats = 0;
  #source: SourceName = 'none';
  #epoch = 0;
  #pollTimer: NodeJS.Timeout | undefined;

  constructor(options: {
    engine: EngineLink;
    pool: FramePool;
    output: MediaOutput;
    playoutDelayMs: number;
    events: MediaPipelineEvents;
    meter: SessionMeter;
  }) {
    const { engine, pool, output, events, meter } = options;
    this.#engine = engine;
    this.#events = events;
    this.#meter = meter;
    this.#output = output;
    const baseChunks = Math.round(options.playoutDelayMs / CHUNK_MS);
    const maxDelayChunks = Math.max(MAX_DELAY_CHUNKS, baseChunks);
    this.#delay = new PlayoutDelay({ baseChunks, maxChunks: maxDelayChunks });
    this.#synchronizer = new AVSynchronizer<PooledFrame>({
      capacity: Math.max(FRAME_QUEUE_CAPACITY, maxDelayChunks),
      show: (frame, dueAtMs) => {
        output.showFrame(frame.data, frame.width, frame.height);
        const nowMs = performance.now();
        const takenAtMs = this.#tickAtMs[(frame.frameIndex * CHUNKS_PER_FRAME) % REMEMBERED_TICKS]!;
        this.#pipelineMs.push(nowMs - takenAtMs);
        meter.shown(frame.speechRatio, nowMs, takenAtMs, dueAtMs);
        events.onShown(frame.speechRatio);
        pool.release(frame);
      },
      drop: (frame) => pool.release(frame),
    });
    this.#playout = new AudioPlayout({
      chunkSamples: PUBLISH_CHUNK_SAMPLES,
      maxDelayChunks,
      delay: this.#delay,
      sink: output,
      // A frame stands for 40 ms of sound: shown in their middle, it is at most half a frame early or late.
      noteAudio: (chunkIndex, playAtMs) => {
        meter.leaving(chunkIndex, playAtMs);
        this.#synchronizer.noteAudio(chunkIndex, playAtMs + FRAME_MS / 2);
      },
    });
    this.#clock = new MediaClock({
      periodMs: CHUNK_MS,
      onTick: (index, nowMs) => this.#tick(index, nowMs),
    });
  }

  /** Current delay between audio in and audio out, ms, without the sink's queue. */
  get delayMs(): number {
    return this.#delay.chunks * CHUNK_MS;
  }

  /** The avatar has changed to one whose pack needs this delay, ms. */
  setPlayoutDelay(delayMs: number): void {
    this.#delay.rebase(Math.round(delayMs / CHUNK_MS));
  }

  /** Start the clock. */
  start(): void {
    this.#clock.start();
  }

  /** Stop the clock for good and give waiting frames back. */
  stop(): void {
    this.#clock.stop();
    clearTimeout(this.#pollTimer);
    this.#synchronizer.clear();
  }

  /** Whether a microphone is subscribed and not muted. */
  setMicLive(live: boolean): void {
    this.#selector.setMicLive(live);
  }

  /** Microphone audio, 48 kHz mono. */
  pushMic(samples: Int16Array): void {
    this.#selector.pushMic(samples);
  }

  /** Play a clip, 48 kHz mono, instead of the microphone. */
  playClip(samples: Int16Array): void {
    this.#selector.playClip(samples);
  }

  /** A frame from the engine. */
  offerFrame(frame: PooledFrame): void {
    if (!this.#synchronizer.offer(frame)) this.#delay.noteLate();
    this.#poll(performance.now());
  }

  /** Stop a clip, drop audio and frames that have not been heard or seen, close the mouth. */
  interrupt(): void {
    this.#epoch += 1;
    this.#meter.interrupted(performance.now());
    this.#selector.stopClip();
    this.#selector.clearMic();
    this.#playout.clear();
    this.#engine.interrupt(this.#epoch, this.#synchronizer.nextUnshownFrame);
    this.#synchronizer.interrupt(this.#epoch);
  }

  #tick(index: number, nowMs: number): void {
    const source = this.#selector.next(this.#chunk);
    this.#decimator.process(this.#chunk, this.#modelChunk);
    this.#tickAtMs[index % REMEMBERED_TICKS] = nowMs;
    this.#meter.taken(index, this.#chunk, nowMs);
    this.#engine.sendAudio(this.#epoch, index, this.#modelChunk);
    this.#playout.tick(index, this.#chunk, nowMs);
    this.#poll(nowMs);
    if (source !== this.#source) {
      this.#source = source;
      this.#events.onSource(source);
    }
    if (index % TICKS_PER_SECOND === TICKS_PER_SECOND - 1) this.#secondElapsed();
  }

  #poll(nowMs: number): void {
    clearTimeout(this.#pollTimer);
    const nextMs = this.#synchronizer.poll(nowMs);
    // Frames due after the next tick are polled then.
    if (nextMs - nowMs < CHUNK_MS) {
      this.#pollTimer = setTimeout(
        () => this.#poll(performance.now()),
        Math.max(1, nextMs - nowMs),
      );
    }
  }

  #secondElapsed(): void {
    this.#delay.secondElapsed();
    const shown = this.#synchronizer.shownFrames;
    this.#events.onStats({
      shownFps: shown - this.#shownAtLastStats,
      lateFrames: this.#synchronizer.lateFrames,
      inputUnderruns: this.#selector.underruns,
      inputDropped: this.#selector.droppedChunks,
      pipelineMs: median(this.#pipelineMs),
      rssMb: process.memoryUsage.rss() / 2 ** 20,
      framesOvertaken: this.#synchronizer.overtakenFrames,
      framesOutdated: this.#synchronizer.outdatedFrames,
      framesRepeated: this.#synchronizer.repeatedFrames,
      waiting: {
        microphone: this.#selector.backlogSamples / PUBLISH_CHUNK_SAMPLES,
        sound: this.#output.queuedMs / CHUNK_MS,
        show: this.#synchronizer.waitingFrames,
      },
      ...this.#meter.take(),
    });
    this.#shownAtLastStats = shown;
    this.#pipelineMs = [];
  }
}
