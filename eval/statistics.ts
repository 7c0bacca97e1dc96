/** Small statistics on rows of numbers. Deviations are of the population (division by n), as numpy's default. */

/** Below this a curve counts as constant: it correlates with nothing. */
const CONSTANT = 1e-6;

export type Numbers = ArrayLike<number>;

export function mean(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum / values.length;
}

export function standardDeviation(values: Numbers): number {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (values[i]! - centre) ** 2;
  return Math.sqrt(sum / values.length);
}

/** Pearson's correlation; 0 when one of the two is constant. Both have the same length. */
export function correlation(a: Numbers, b: Numbers): number {
  const deviationA = standardDeviation(a);
  const deviationB = standardDeviation(b);
  if (deviationA <= CONSTANT || deviationB <= CONSTANT) return 0;
  const meanA = mean(a);
  const meanB = mean(b);
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - meanA) * (b[i]! - meanB);
  return sum / a.length / deviationA / deviationB;
}

/** Middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Value under which `share` (0–1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Column `column` of row-major `rows` with `width` values each. */
export function columnOf(rows: Numbers, width: number, column: number): Float64Array {
  const out = new Float64Array(rows.length / width);
  for (let i = 0; i < out.length; i += 1) out[i] = rows[i * width + column]!;
  return out;
}
