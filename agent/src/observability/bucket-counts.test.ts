import { expect, it } from 'vitest';
import { BucketCounts, bucketDeltaSchema } from './bucket-counts.ts';

it('counts a duration in the first bucket whose bound it does not exceed', () => {
  const counts = new BucketCounts([0.1, 0.2]);
  for (const durationS of [0.05, 0.1, 0.15, 7, Number.NaN]) counts.record(durationS);
  expect(counts.cumulative()).toEqual([2, 3, 4]);
  expect(counts.total).toBe(4);
  expect(counts.sumS).toBeCloseTo(7.3);
});

it('two processes together count what one would have counted', () => {
  const job = new BucketCounts([0.1, 0.2]);
  const parent = new BucketCounts([0.1, 0.2]);
  const send = () => {
    const delta = job.take();
    if (delta) parent.add(bucketDeltaSchema.parse(JSON.parse(JSON.stringify(delta))));
    return delta;
  };
  job.record(0.05);
  send();
  job.record(0.15);
  job.record(3);
  send();
  expect(send()).toBeUndefined();
  expect(parent.cumulative()).toEqual(job.cumulative());
  expect(parent.sumS).toBeCloseTo(3.2);
  expect(parent.total).toBe(3);
});

it('leaves out what was counted in other buckets', () => {
  const parent = new BucketCounts([0.1, 0.2]);
  parent.add({ counts: [1, 1], sumS: 1 });
  expect(parent.total).toBe(0);
});
