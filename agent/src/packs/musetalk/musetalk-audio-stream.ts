/**
 * Sound → what the UNet hears, streaming. Once per hop of H frames the encoder hears the last seconds and a little of
 * what comes after the hop. All ten features of a frame's window come from one run, the older ones with the real sound
 * before them: Whisper adds positions to its features, and the UNet only ever saw windows of consecutive ones, so
 * features of several runs must not be mixed. It also makes a frame the same whether its predecessors were skipped or
 * not. The cue of a frame is its window: tokens × width numbers (the other positional encoding is in the UNet's graph).
 */
import { MEL_BINS, samplesForMelFrame } from '../../features/log-mel.ts';
import type { AudioStream, Cue } from '../../pipeline/model-pack.ts';
import { SAMPLES_PER_FRAME } from '../../pipeline/timeline.ts';
import {
  endFeature,
  fillWindow,
  firstFeature,
  MEL_FRAME_MS,
  MEL_PER_FEATURE,
  melFramesFor,
  WINDOW_FEATURES,
} from './feature-windows.ts';
import type { SoundFeatures } from './sound-batcher.ts';
import { WhisperMelRing } from './whisper-mel-ring.ts';

/** How the encoder is used on a stream. */
export type StreamingSettings = {
  /** Sound before a hop that the encoder hears, ms. */
  readonly leftContextMs: number;
  /** Sound after the last feature of a hop, beyond what the convolutions need, ms: attention sees it. */
  readonly rightContextMs: number;
  /** Frames per run of the encoder. */
  readonly hopFrames: number;
};

/** 2 s of left context cost 1.6 GFLOP a run instead of 37 for Whisper's own 30 s. */
export const DEFAULT_STREAMING: StreamingSettings = {
  leftContextMs: 2000,
  rightContextMs: 40,
  hopFrames: 2,
};

/** Frames that may wait to be rendered while sound goes on: 1 s, more than a session ever holds. */
const BACKLOG_FRAMES = 25;
const MEL_PER_FRAME = 4;

/** Mel frames that must be there before frame `frame` can be computed. */
function melEndOf(frame: number, { hopFrames, rightContextMs }: StreamingSettings): number {
  const last = frame - (frame % hopFrames) + hopFrames - 1;
  return melFramesFor(endFeature(last)) + Math.round(rightContextMs / MEL_FRAME_MS);
}

/** Sound needed beyond the end of a frame, ms: the first frame of a hop waits longest. */
export function lookAheadMsOf(settings: StreamingSettings): number {
  const samples = samplesForMelFrame(melEndOf(0, settings) - 1);
  return ((samples - SAMPLES_PER_FRAME) * 1000) / 16_000;
}

/** Mel frames that the encoder hears before a hop's first feature. */
const leftFramesOf = ({ leftContextMs }: StreamingSettings): number =>
  MEL_PER_FEATURE * Math.round(leftContextMs / MEL_FRAME_MS / 2);

const spanOf = (settings: StreamingSettings): number =>
  melEndOf(0, settings) - MEL_PER_FEATURE * firstFeature(0) + leftFramesOf(settings);

/** Mel frames per run of an encoder that takes any number: even. */
export function inputFramesOf(settings: StreamingSettings): number {
  const span = spanOf(settings);
  return span + (span % MEL_PER_FEATURE);
}

/** See the head of this file. */
export class MusetalkAudioStream implements AudioStream {
  readonly #encoder: SoundFeatures;
  readonly #settings: StreamingSettings;
  readonly #mel: WhisperMelRing;
  /** Mel frames before a hop's first feature, and the encoder's input length. */
  readonly #leftFrames: number;
  readonly #inputFrames: number;
  readonly #input: Float32Array;
  /** Features #firstFeature … of the last run, for the frames of hop #hop. */
  readonly #features: Float32Array;
  readonly #cue: Cue;
  #firstFeature = 0;
  #hop = -1;

  constructor(encoder: SoundFeatures, settings: StreamingSettings) {
    this.#encoder = encoder;
    this.#settings = settings;
    this.#leftFrames = leftFramesOf(settings);
    const span = spanOf(settings);
    this.#inputFrames = encoder.fixedFrames ?? inputFramesOf(settings);
    if (span > this.#inputFrames) {
      throw new RangeError(
        `the encoder takes ${this.#inputFrames} mel frames, its window has ${span}`,
      );
    }
    this.#input = new Float32Array(MEL_BINS * this.#inputFrames);
    this.#mel = new WhisperMelRing(span + BACKLOG_FRAMES * MEL_PER_FRAME);
    const featureCount = endFeature(settings.hopFrames - 1) - firstFeature(0);
    this.#features = new Float32Array(featureCount * encoder.featureLength);
    this.#cue = { parameters: new Float32Array(WINDOW_FEATURES * encoder.featureLength) };
  }

  push(samples: Float32Array): void {
    this.#mel.push(samples);
  }

  isReady(frameIndex: number): boolean {
    return this.#mel.frameCount >= melEndOf(frameIndex, this.#settings);
  }

  async cue(frameIndex: number): Promise<Cue> {
    const hop = Math.floor(frameIndex / this.#settings.hopFrames);
    if (hop !== this.#hop) await this.#encode(hop);
    fillWindow(
      frameIndex,
      this.#encoder.featureLength,
      (feature) => this.#featureAt(feature),
      this.#cue.parameters,
    );
    return this.#cue;
  }

  clearBuffer(): void {
    this.#mel.clear();
    this.#hop = -1;
  }

  async #encode(hop: number): Promise<void> {
    const { hopFrames } = this.#settings;
    const { featureLength } = this.#encoder;
    const first = firstFeature(hop * hopFrames);
    const end = endFeature((hop + 1) * hopFrames - 1);
    // At the start of a stream the window begins with it, as a segment of the reference does.
    const melStart = Math.max(0, MEL_PER_FEATURE * first - this.#leftFrames);
    const melEnd = melEndOf(hop * hopFrames, this.#settings);
    this.#mel.fill(melStart, melEnd, this.#inputFrames, this.#input);
    const hidden = await this.#encoder.run(this.#input, this.#inputFrames);
    this.#firstFeature = Math.max(0, first);
    const from = (this.#firstFeature - melStart / MEL_PER_FEATURE) * featureLength;
    const length = (end - this.#firstFeature) * featureLength;
    this.#features.set(hidden.subarray(from, from + length));
    this.#hop = hop;
  }

  #featureAt(feature: number): Float32Array | undefined {
    if (feature < 0) return undefined;
    const at = (feature - this.#firstFeature) * this.#encoder.featureLength;
    return this.#features.subarray(at, at + this.#encoder.featureLength);
  }
}
