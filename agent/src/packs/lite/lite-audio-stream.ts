/**
 * Audio → cue of the `lite` pack: log-mel (100 frames/s) − running mean → causal TCN → 12 mouth parameters per 40 ms.
 * The network looks back 64 steps and its output describes the input 8 steps (80 ms) earlier, so a window of
 * 69 steps gives exactly the outputs of one video frame, 3 and the 2 before: recomputed per frame, nothing carried but
 * features, and every bit as in one run over the whole sound.
 */
import { MEL_BINS, StreamingLogMel, samplesForMelFrame } from '../../features/log-mel.ts';
import { RunningMean } from '../../features/running-mean.ts';
import type { InferenceModel } from '../../models/inference-session.ts';
import type { AudioStream, Cue } from '../../pipeline/model-pack.ts';
import { SAMPLES_PER_FRAME } from '../../pipeline/timeline.ts';
import { LevelNormaliser } from './level-normaliser.ts';
import { LEAD_IN_STEPS, type MouthDecoder } from './mouth-decoder.ts';

/** Mel steps per video frame. */
const STEPS_PER_FRAME = 4;
/** Network outputs of one frame: its first 3 steps (the decoder reads LEAD_IN_STEPS before them, too). */
const STEPS_USED = 3;
/** Step of a frame, 10 ms each, that its cue describes: the middle of its own. */
export const LITE_CUE_STEP = STEPS_USED >> 1;
/** The network's output describes the input this many steps earlier. */
const NETWORK_DELAY_STEPS = 8;
/** Steps the network looks back: 4 (first convolution) + 2·2·(1 + 2 + 4 + 8). */
const RECEPTIVE_STEPS = 64;
const WINDOW_STEPS = RECEPTIVE_STEPS + LEAD_IN_STEPS + STEPS_USED;
/** Ring of features: a power of two well above one window plus the largest backlog (500 ms). */
const RING_STEPS = 256;
const MEL_FLOOR = 1e-7;

/** Last mel step frame `frameIndex` needs. */
const lastStep = (frameIndex: number): number =>
  frameIndex * STEPS_PER_FRAME + STEPS_USED - 1 + NETWORK_DELAY_STEPS;

/** Audio needed beyond the end of a frame, ms. */
export const LITE_LOOK_AHEAD_MS =
  ((samplesForMelFrame(lastStep(0)) - SAMPLES_PER_FRAME) * 1000) / 16_000;

export class LiteAudioStream implements AudioStream {
  readonly #network: InferenceModel;
  readonly #decoder: MouthDecoder;
  readonly #mel = new StreamingLogMel(MEL_FLOOR);
  readonly #level = new LevelNormaliser();
  readonly #runningMean: RunningMean;
  readonly #prior: Float32Array;
  /** RING_STEPS × MEL_BINS features; step n is at n mod RING_STEPS. */
  readonly #ring = new Float32Array(RING_STEPS * MEL_BINS);
  readonly #window = new Float32Array(MEL_BINS * WINDOW_STEPS);
  readonly #parameters: Float32Array;
  readonly #cue: Cue;
  #steps = 0;
  #gain = 0;
  /** Steps before this one were heard before an interruption and read as silence. */
  #firstStep = Number.NEGATIVE_INFINITY;

  constructor(options: {
    network: InferenceModel;
    decoder: MouthDecoder;
    priorMean: Float32Array;
    parameterCount: number;
  }) {
    this.#network = options.network;
    this.#decoder = options.decoder;
    this.#prior = options.priorMean;
    this.#runningMean = new RunningMean(options.priorMean);
    this.#parameters = new Float32Array(options.parameterCount);
    this.#cue = { parameters: this.#parameters };
  }

  push(samples: Float32Array): void {
    this.#level.follow(samples);
    this.#gain = this.#level.log10EnergyGain;
    this.#mel.push(samples, this.#store);
  }

  readonly #store = (frame: Float32Array): void => {
    for (let bin = 0; bin < MEL_BINS; bin++)
      frame[bin] = (Math.max(frame[bin]! + this.#gain, -7) + 4) / 4;
    this.#runningMean.subtract(frame);
    this.#ring.set(frame, (this.#steps % RING_STEPS) * MEL_BINS);
    this.#steps++;
  };

  isReady(frameIndex: number): boolean {
    return this.#steps > lastStep(frameIndex);
  }

  async cue(frameIndex: number): Promise<Cue> {
    this.#fillWindow(lastStep(frameIndex) - WINDOW_STEPS + 1);
    const outputs = await this.#network.run({
      mel_minus_running_mean: { data: this.#window, dims: [1, MEL_BINS, WINDOW_STEPS] },
    });
    this.#decoder.decode(
      {
        regression: outputs['params']!.data,
        logits: outputs['class_logits']!.data,
        steps: WINDOW_STEPS,
      },
      WINDOW_STEPS - STEPS_USED,
      STEPS_USED,
      this.#parameters,
    );
    return this.#cue;
  }

  /** Probabilities of the 24 classes in the middle of the latest cue's steps; for evaluation. */
  get posterior(): Readonly<Float64Array> {
    return this.#decoder.middlePosterior;
  }

  clearBuffer(): void {
    this.#firstStep = this.#steps;
  }

  /** Transpose steps [first, first + WINDOW_STEPS) into bins × steps. Unknown steps are quiet: floor − prior. */
  #fillWindow(first: number): void {
    for (let i = 0; i < WINDOW_STEPS; i++) {
      const step = first + i;
      const known =
        step >= 0 &&
        step >= this.#firstStep &&
        step < this.#steps &&
        step >= this.#steps - RING_STEPS;
      const row = (((step % RING_STEPS) + RING_STEPS) % RING_STEPS) * MEL_BINS;
      for (let bin = 0; bin < MEL_BINS; bin++) {
        this.#window[bin * WINDOW_STEPS + i] = known
          ? this.#ring[row + bin]!
          : -0.75 - this.#prior[bin]!;
      }
    }
  }
}
