/** Whether the picture is early or late: where the lips as shown fit the target curve best. */
import { correlation, mean } from './statistics.ts';

const STEP_MS = 10;
const STEPS_PER_FRAME = 4;
/** Offsets looked at, ms to either side. */
const MAX_OFFSET_MS = 400;

export type AvOffset = {
  /** Offset of the best fit, ms; positive = the picture is late. */
  readonly peakMs: number;
  /** Correlation there. */
  readonly peakCorrelation: number;
  /** Mean correlation over utterances at −400, −390 … 400 ms. */
  readonly correlations: readonly number[];
};

/** Lip aperture as a player shows it: each frame's value stands for 40 ms. Steps of 10 ms. */
export function asShown(frames: ArrayLike<number>, steps: number): Float64Array {
  const shown = new Float64Array(steps);
  for (let step = 0; step < steps; step += 1) {
    shown[step] = frames[Math.min(frames.length - 1, Math.floor(step / STEPS_PER_FRAME))]!;
  }
  return shown;
}

/** Offset of `shown` curves against their `target`s, over all utterances. */
export function avOffset(
  pairs: readonly { readonly shown: Float64Array; readonly target: Float64Array }[],
): AvOffset {
  const reach = MAX_OFFSET_MS / STEP_MS;
  const correlations = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    mean(pairs.map(({ shown, target }) => shiftedCorrelation(shown, target, i - reach))),
  );
  const best = correlations.indexOf(Math.max(...correlations));
  return {
    peakMs: (best - reach + vertex(correlations, best)) * STEP_MS,
    peakCorrelation: correlations[best]!,
    correlations,
  };
}

/** Correlation of shown(t + lag) with target(t). */
function shiftedCorrelation(shown: Float64Array, target: Float64Array, lag: number): number {
  const length = Math.min(shown.length, target.length) - Math.abs(lag);
  if (length < 2) return 0;
  const from = Math.max(0, lag);
  return correlation(
    shown.subarray(from, from + length),
    target.subarray(Math.max(0, -lag), Math.max(0, -lag) + length),
  );
}

/** Where between −0.5 and 0.5 steps from `at` a parabola through three values has its top. */
function vertex(values: readonly number[], at: number): number {
  const [before, top, after] = [values[at - 1], values[at], values[at + 1]];
  if (before === undefined || top === undefined || after === undefined) return 0;
  const bend = before - 2 * top + after;
  return bend === 0 ? 0 : (before - after) / (2 * bend);
}
