/**
 * 48 kHz → 16 kHz for the model: a windowed-sinc low-pass (Kaiser) evaluated only at every third sample.
 * The state carries over from chunk to chunk, so a stream cut into chunks gives the same samples as one long call.
 */

/** Input samples per output sample. */
const FACTOR = 3;
/** Filter length at 48 kHz: 2 ms, i.e. 1 ms of delay. */
const TAPS = 96;
/** Middle of the transition band, Hz; the stop band starts at about 9.2 kHz, so 7 kHz and below stay clean. */
const CUTOFF_HZ = 8000;
const INPUT_RATE_HZ = 48_000;
/** Kaiser shape for about 70 dB of rejection. */
const KAISER_BETA = 6.76;

/** Zeroth-order modified Bessel function of the first kind, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-10; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function designFilter(): Float32Array {
  const taps = new Float32Array(TAPS);
  const centre = (TAPS - 1) / 2;
  const cutoff = CUTOFF_HZ / INPUT_RATE_HZ;
  let sum = 0;
  for (let n = 0; n < TAPS; n++) {
    const t = n - centre;
    const sinc = Math.sin(2 * Math.PI * cutoff * t) / (Math.PI * t);
    const window = besselI0(KAISER_BETA * Math.sqrt(1 - (t / centre) ** 2)) / besselI0(KAISER_BETA);
    taps[n] = sinc * window;
    sum += taps[n]!;
  }
  for (let n = 0; n < TAPS; n++) taps[n]! /= sum;
  return taps;
}

const FILTER = designFilter();

/** Stateful ÷3 decimator for PCM16 mono. One instance per stream; `process` allocates nothing. */
export class Decimator {
  readonly #work: Float32Array;
  readonly #chunkSamples: number;

  /** @param chunkSamples input samples per call at 48 kHz, a multiple of 3 */
  constructor(chunkSamples: number) {
    if (chunkSamples % FACTOR !== 0) {
      throw new RangeError(`chunkSamples must be a multiple of ${FACTOR}, got ${chunkSamples}`);
    }
    this.#chunkSamples = chunkSamples;
    this.#work = new Float32Array(TAPS - 1 + chunkSamples);
  }

  /** Filter `input` (chunkSamples at 48 kHz) into `output` (chunkSamples / 3 at 16 kHz). */
  process(input: Int16Array, output: Int16Array): void {
    const work = this.#work;
    const count = this.#chunkSamples;
    // The first TAPS − 1 values of `work` are the end of the previous chunk.
    for (let i = 0; i < count; i++) work[TAPS - 1 + i] = input[i]!;
    for (let m = 0; m < count / FACTOR; m++) {
      const start = m * FACTOR;
      let sum = 0;
      for (let j = 0; j < TAPS; j++) sum += FILTER[j]! * work[start + j]!;
      output[m] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    }
    work.copyWithin(0, count);
  }
}
