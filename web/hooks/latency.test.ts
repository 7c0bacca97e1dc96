import { expect, test } from 'vitest';
import { latencyParts, playoutMsBetween, readReport, totalMs } from './latency.ts';

test('the counters of a report are found among the others', () => {
  const report = new Map<string, unknown>([
    ['a', { type: 'inbound-rtp', kind: 'audio', totalProcessingDelay: 9, framesDecoded: 9 }],
    ['b', { type: 'inbound-rtp', kind: 'video', totalProcessingDelay: 1.5, framesDecoded: 30 }],
    ['c', { type: 'candidate-pair', state: 'failed', nominated: true, currentRoundTripTime: 5 }],
    ['d', { type: 'candidate-pair', state: 'succeeded', currentRoundTripTime: 0.5 }],
    [
      'e',
      { type: 'candidate-pair', state: 'succeeded', nominated: true, currentRoundTripTime: 0.02 },
    ],
  ]);
  expect(readReport(report)).toEqual({
    playout: { processingDelayS: 1.5, framesDecoded: 30 },
    roundTripMs: 20,
  });
  expect(readReport(new Map())).toEqual({});
});

test('playout is the mean of the frames since the last look', () => {
  const before = { processingDelayS: 1, framesDecoded: 100 };
  expect(playoutMsBetween(before, { processingDelayS: 2, framesDecoded: 125 })).toBe(40);
  expect(playoutMsBetween(before, before)).toBeNull();
  // A new track starts its counters anew.
  expect(playoutMsBetween(before, { processingDelayS: 0.1, framesDecoded: 3 })).toBeNull();
});

test('half of each round trip counts', () => {
  const parts = latencyParts(50, 35, { up: 20, down: 40 });
  expect(parts.networkMs).toBe(30);
  expect(totalMs(parts)).toBe(parts.captureMs + 30 + 50 + 35);
});
