/** Histograms for Prometheus out of BucketCounts: prom-client's own can be observed only, not added up elsewhere. */
import type { Histogram, Registry } from 'prom-client';
import type { BucketCounts } from './bucket-counts.ts';

/** One series of a histogram. */
export type HistogramSeries = {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: BucketCounts;
};

/** Register a histogram whose series are read at each scrape. Series without a measurement are left out. */
export function registerHistogram(
  registry: Registry,
  options: { readonly name: string; readonly help: string },
  read: () => readonly HistogramSeries[],
): void {
  const { name, help } = options;
  const collect = () => ({
    name,
    help,
    type: 'histogram' as const,
    aggregator: 'sum' as const,
    values: read()
      .filter(({ counts }) => counts.total > 0)
      .flatMap((series) => samplesOf(name, series)),
  });
  // What Registry asks of a metric: its name, and `get` for the samples.
  const metric = { ...collect(), get: () => Promise.resolve(collect()) };
  registry.registerMetric(metric as unknown as Histogram);
}

function samplesOf(name: string, { labels, counts }: HistogramSeries) {
  const buckets = counts.cumulative().map((value, i) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le: String(counts.boundsS[i] ?? '+Inf') },
    value,
  }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { ...labels }, value: counts.sumS },
    { metricName: `${name}_count`, labels: { ...labels }, value: counts.total },
  ];
}
