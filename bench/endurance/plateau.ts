/** Whether a series of samples has reached a plateau: growth after the warm-up, robust against single outliers. Pure. */
import { quantile } from '../../e2e/harness/analyse.ts';

/** One series, judged. */
export type Growth = {
  /** Median of the first tenth after the warm-up. */
  readonly start: number;
  /** Median of the last tenth. */
  readonly end: number;
  /** (end − start) / start. */
  readonly growthRatio: number;
  /** Change per 1,000 steps by Theil–Sen over everything after the warm-up, in the series' own unit. */
  readonly per1000: number;
};

/** A sample: how many steps (cycles, seconds) have passed, and the value. */
export type Point = readonly [step: number, value: number];

/** Share of the steps that are warm-up: caches, heaps and pools fill. */
const WARM_UP_RATIO = 0.1;
/** Pairs that Theil–Sen looks at, at most; beyond it takes every n-th point. */
const MAX_FIT_POINTS = 500;

/** Judge a series of at least four samples after the warm-up; undefined when there are fewer. */
export function growth(points: readonly Point[]): Growth | undefined {
  const warm = points.filter(([step]) => step > WARM_UP_RATIO * (points.at(-1)?.[0] ?? 0));
  if (warm.length < 4) return undefined;
  const tenth = Math.max(2, Math.round(warm.length / 10));
  const median = (part: readonly Point[]): number =>
    quantile(
      part.map(([, value]) => value),
      0.5,
    );
  const [start, end] = [median(warm.slice(0, tenth)), median(warm.slice(-tenth))];
  return { start, end, growthRatio: (end - start) / start, per1000: 1000 * slope(warm).perStep };
}

/**
 * Line through points by Theil–Sen: the median slope of all pairs, so that up to 29 % of arbitrary outliers do not
 * move it. `low` and `high` hold the true slope with about 95 % probability (Sen's rank interval).
 */
export function slope(points: readonly Point[]): { perStep: number; low: number; high: number } {
  const stride = Math.ceil(points.length / MAX_FIT_POINTS);
  const used = stride <= 1 ? points : blockMedians(points, stride);
  const slopes: number[] = [];
  for (const [i, [x0, y0]] of used.entries()) {
    for (const [x1, y1] of used.slice(i + 1)) if (x1 !== x0) slopes.push((y1 - y0) / (x1 - x0));
  }
  slopes.sort((a, b) => a - b);
  const n = used.length;
  // Variance of Kendall's S without ties; 1.96 standard deviations to both sides of the middle rank.
  const reach = 1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number): number =>
    slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  const middle = (slopes.length - 1) / 2;
  return { perStep: at(middle), low: at(middle - reach / 2), high: at(middle + reach / 2) };
}

/** Every `size` points become one: their medians. Keeps the fit's cost bounded and uses every point. */
function blockMedians(points: readonly Point[], size: number): Point[] {
  const blocks: Point[] = [];
  for (let at = 0; at < points.length; at += size) {
    const block = points.slice(at, at + size);
    blocks.push([
      quantile(
        block.map(([step]) => step),
        0.5,
      ),
      quantile(
        block.map(([, value]) => value),
        0.5,
      ),
    ]);
  }
  return blocks;
}
