/**
 * Changes the sample rate of whole recordings with a Kaiser-windowed sinc filter, one filter phase per output
 * position (J. O. Smith, "Digital Audio Resampling", CCRMA). Same input → same output.
 */

/** Zero crossings of the sinc kept on each side; with KAISER_BETA this gives about 80 dB of stop-band. */
const ZERO_CROSSINGS = 24;
const KAISER_BETA = 8;
/** Pass-band edge as part of the lower Nyquist frequency: leaves room for the filter's slope. */
const ROLLOFF = 0.94;

/** `samples` (−1…1, mono) at `toHz`; the first sample keeps its time. Length ceil(n · toHz / fromHz). */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (!Number.isInteger(fromHz) || !Number.isInteger(toHz) || fromHz < 1 || toHz < 1) {
    throw new RangeError(`sample rates must be whole numbers > 0, got ${fromHz} and ${toHz}`);
  }
  if (fromHz === toHz) return samples.slice();
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const step = fromHz / divisor;
  const phaseCount = toHz / divisor;
  const { taps, half } = filterPhases(fromHz, toHz, phaseCount);
  const width = 2 * half;
  const output = new Float32Array(Math.ceil((samples.length * phaseCount) / step));
  for (let i = 0; i < output.length; i += 1) {
    const position = i * step;
    const phase = position % phaseCount;
    const first = (position - phase) / phaseCount - half + 1;
    const from = Math.max(0, -first);
    const to = Math.min(width, samples.length - first);
    let sum = 0;
    for (let tap = from; tap < to; tap += 1) {
      sum += samples[first + tap]! * taps[phase * width + tap]!;
    }
    output[i] = sum;
  }
  return output;
}

/** phaseCount × 2·half filter taps; each phase sums to 1, so that a constant stays constant. */
function filterPhases(
  fromHz: number,
  toHz: number,
  phaseCount: number,
): { taps: Float64Array; half: number } {
  const cutoff = Math.min(1, toHz / fromHz) * ROLLOFF;
  const half = Math.ceil(ZERO_CROSSINGS / cutoff);
  const width = 2 * half;
  const taps = new Float64Array(phaseCount * width);
  for (let phase = 0; phase < phaseCount; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < width; tap += 1) {
      const distance = tap - half + 1 - phase / phaseCount;
      const value = sinc(distance * cutoff) * kaiser(distance / half);
      taps[phase * width + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < width; tap += 1) taps[phase * width + tap]! /= sum;
  }
  return { taps, half };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser window at −1…1. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel0(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel0(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order 0 (power series; converges quickly below 20). */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
