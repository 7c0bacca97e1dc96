/**
 * Whisper's log-mel front-end, streaming: 16 kHz, window 400, hop 160 (100 frames/s), periodic Hann, 80 Slaney bins.
 * Frame n is centred on sample 160·n: it covers [160·n − 200, 160·n + 200), zeros before the start.
 * Values are log10(max(energy, floor)); packs scale them as their network was trained.
 * (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", audio.py.)
 */
import { MODEL_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import { melFilters } from './mel-filters.ts';
import { RealFft } from './real-fft.ts';

export const MEL_BINS = 80;
export const MEL_HOP_SAMPLES = 160;
export const MEL_WINDOW_SAMPLES = 400;
const HALF_WINDOW = MEL_WINDOW_SAMPLES / 2;

const FILTERS = melFilters(MEL_BINS, MEL_WINDOW_SAMPLES, MODEL_SAMPLE_RATE_HZ);
const HANN = Float64Array.from(
  { length: MEL_WINDOW_SAMPLES },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / MEL_WINDOW_SAMPLES),
);

/** Samples that must have been pushed before mel frame `frame` exists. */
export const samplesForMelFrame = (frame: number): number => frame * MEL_HOP_SAMPLES + HALF_WINDOW;

/** Log-mel of one window of samples. Allocates nothing after construction. */
export class MelFrame {
  readonly #floor: number;
  readonly #fft = new RealFft(MEL_WINDOW_SAMPLES);
  readonly #windowed = new Float64Array(MEL_WINDOW_SAMPLES);
  readonly #power = new Float64Array(MEL_WINDOW_SAMPLES / 2 + 1);

  /** @param floor smallest energy, e.g. 1e-10 (Whisper) or 1e-7 (`lite`) */
  constructor(floor: number) {
    this.#floor = floor;
  }

  /** Write the MEL_BINS values of the MEL_WINDOW_SAMPLES samples from `start` into `out`. */
  compute(samples: Float64Array, start: number, out: Float32Array | Float64Array): void {
    for (let i = 0; i < MEL_WINDOW_SAMPLES; i++) {
      this.#windowed[i] = samples[start + i]! * HANN[i]!;
    }
    this.#fft.power(this.#windowed, this.#power);
    for (let mel = 0; mel < MEL_BINS; mel++) {
      const { firstBin, weights } = FILTERS[mel]!;
      let energy = 0;
      for (let i = 0; i < weights.length; i++) energy += weights[i]! * this.#power[firstBin + i]!;
      out[mel] = Math.log10(Math.max(energy, this.#floor));
    }
  }
}

export class StreamingLogMel {
  readonly #mel: MelFrame;
  /** The last window of samples; starts as zeros, i.e. the padding before sample 0. */
  readonly #history = new Float64Array(MEL_WINDOW_SAMPLES);
  readonly #frame = new Float32Array(MEL_BINS);
  readonly #pending = new Float64Array(MEL_HOP_SAMPLES);
  /** Samples still missing until the next frame is complete. */
  #untilFrame = HALF_WINDOW;
  #pendingLength = 0;

  /** @param floor smallest energy, e.g. 1e-10 (Whisper) or 1e-7 (`lite`) */
  constructor(floor: number) {
    this.#mel = new MelFrame(floor);
  }

  /** Push samples (−1…1); `onFrame` gets each finished frame (80 values, reused: copy what you keep). */
  push(samples: Float32Array, onFrame: (frame: Float32Array) => void): void {
    for (const sample of samples) {
      this.#pending[this.#pendingLength++] = sample;
      if (--this.#untilFrame === 0) {
        this.#shiftIn();
        this.#mel.compute(this.#history, 0, this.#frame);
        onFrame(this.#frame);
        this.#untilFrame = MEL_HOP_SAMPLES;
      } else if (this.#pendingLength === MEL_HOP_SAMPLES) this.#shiftIn();
    }
  }

  #shiftIn(): void {
    this.#history.copyWithin(0, this.#pendingLength);
    const start = MEL_WINDOW_SAMPLES - this.#pendingLength;
    for (let i = 0; i < this.#pendingLength; i++) this.#history[start + i] = this.#pending[i]!;
    this.#pendingLength = 0;
  }
}
