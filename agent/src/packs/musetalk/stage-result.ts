/** How far one stage is from its golden values. */
export type StageResult = {
  readonly stage: string;
  /** Largest and mean absolute difference; Infinity when lengths differ or a value is no number. */
  readonly maxError: number;
  readonly meanError: number;
  readonly tolerance: number;
  /** What the tolerance is a limit of. Default `max`. */
  readonly limits: 'max' | 'mean';
};

/** Whether a stage is within its tolerance. */
export const isWithin = ({ maxError, meanError, tolerance, limits }: StageResult): boolean =>
  (limits === 'max' ? maxError : meanError) <= tolerance;

/** Compare two lists of numbers. */
export function compareValues(
  stage: string,
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  tolerance: number,
  limits: 'max' | 'mean' = 'max',
): StageResult {
  let maxError = ours.length === theirs.length && ours.length > 0 ? 0 : Infinity;
  let sum = 0;
  for (let i = 0; i < Math.min(ours.length, theirs.length); i += 1) {
    const error = Math.abs(ours[i]! - theirs[i]!);
    if (!(error <= maxError)) maxError = Number.isNaN(error) ? Infinity : error;
    sum += error;
  }
  const meanError = Number.isFinite(maxError) ? sum / theirs.length : Infinity;
  return { stage, maxError, meanError, tolerance, limits };
}
