/**
 * Slaney-style mel filter bank (librosa's default, what Whisper ships as mel_filters.npz): triangles on the mel scale
 * that is linear below 1 kHz and logarithmic above, each normalised to unit area per Hz.
 */

const LINEAR_HZ_PER_MEL = 200 / 3;
const LOG_START_HZ = 1000;
const LOG_START_MEL = LOG_START_HZ / LINEAR_HZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

const hzToMel = (hz: number): number =>
  hz < LOG_START_HZ
    ? hz / LINEAR_HZ_PER_MEL
    : LOG_START_MEL + Math.log(hz / LOG_START_HZ) / LOG_STEP;
const melToHz = (mel: number): number =>
  mel < LOG_START_MEL
    ? mel * LINEAR_HZ_PER_MEL
    : LOG_START_HZ * Math.exp(LOG_STEP * (mel - LOG_START_MEL));

/** One triangle: its weights over consecutive FFT bins. */
export type MelFilter = { readonly firstBin: number; readonly weights: Float64Array };

/** Filter bank for an FFT of `fftSize` at `sampleRateHz`: `melCount` filters from 0 Hz to Nyquist. */
export function melFilters(melCount: number, fftSize: number, sampleRateHz: number): MelFilter[] {
  const binCount = fftSize / 2 + 1;
  const topMel = hzToMel(sampleRateHz / 2);
  const edgesHz = Array.from({ length: melCount + 2 }, (_, i) =>
    melToHz((topMel * i) / (melCount + 1)),
  );
  return Array.from({ length: melCount }, (_, i) => {
    const low = edgesHz[i]!;
    const centre = edgesHz[i + 1]!;
    const high = edgesHz[i + 2]!;
    const dense = Array.from({ length: binCount }, (_, bin) => {
      const hz = (bin * sampleRateHz) / fftSize;
      return (
        (Math.max(0, Math.min((hz - low) / (centre - low), (high - hz) / (high - centre))) * 2) /
        (high - low)
      );
    });
    const firstBin = dense.findIndex((weight) => weight > 0);
    const lastBin = dense.findLastIndex((weight) => weight > 0);
    return {
      firstBin: Math.max(0, firstBin),
      weights: Float64Array.from(dense.slice(Math.max(0, firstBin), lastBin + 1)),
    };
  });
}
