/** What a job process measures of its session and its parent exports. */
import { z } from 'zod';
import { BUCKETS_S, BucketCounts, bucketDeltaSchema } from './bucket-counts.ts';

/** Buckets of each measurement. */
export const JOB_LATENCIES = {
  /** The job is given to us → both tracks are published. */
  join: BUCKETS_S.start,
  /** The first audio of a frame is taken in → the frame is captured. */
  audioToFrame: BUCKETS_S.latency,
  /** The first sound after a pause is taken in → it leaves. */
  playback: BUCKETS_S.latency,
  /** An interruption while the mouth is open → the first frame with a closed mouth is captured. */
  interrupt: BUCKETS_S.latency,
} as const;
export type JobLatency = keyof typeof JOB_LATENCIES;

/** Names in a fixed order. */
export const JOB_LATENCY_NAMES = Object.keys(JOB_LATENCIES) as JobLatency[];

/** What was measured since the last message. */
export const jobLatencyDeltasSchema = z.partialRecord(
  z.enum(['join', 'audioToFrame', 'playback', 'interrupt']),
  bucketDeltaSchema,
);
export type JobLatencyDeltas = z.infer<typeof jobLatencyDeltasSchema>;

/** One session's measurements. */
export type JobLatencies = Readonly<Record<JobLatency, BucketCounts>>;

/** Nothing measured yet. */
export function createJobLatencies(): JobLatencies {
  return {
    join: new BucketCounts(JOB_LATENCIES.join),
    audioToFrame: new BucketCounts(JOB_LATENCIES.audioToFrame),
    playback: new BucketCounts(JOB_LATENCIES.playback),
    interrupt: new BucketCounts(JOB_LATENCIES.interrupt),
  };
}

/** What was measured since the last call. */
export function takeDeltas(latencies: JobLatencies): JobLatencyDeltas {
  const deltas: JobLatencyDeltas = {};
  for (const name of JOB_LATENCY_NAMES) {
    const delta = latencies[name].take();
    if (delta !== undefined) deltas[name] = delta;
  }
  return deltas;
}

/** Add what another process measured. */
export function addDeltas(latencies: JobLatencies, deltas: JobLatencyDeltas): void {
  for (const name of JOB_LATENCY_NAMES) {
    const delta = deltas[name];
    if (delta !== undefined) latencies[name].add(delta);
  }
}
