/**
 * Algorithmic latency: how long the oldest sound of a frame waits until the frame can be made, were computing free.
 * = look-ahead beyond the frame's end (network, half an analysis window, steps averaged) + one frame of grid.
 */
import type { ModelPack } from '../agent/src/pipeline/model-pack.ts';
import {
  FRAME_MS,
  MODEL_SAMPLE_RATE_HZ,
  SAMPLES_PER_FRAME,
} from '../agent/src/pipeline/timeline.ts';

/** Frame that is waited for: any after the stream's start. */
const FRAME = 10;

export type Latency = {
  /** What the pack states. */
  readonly lookAheadMs: number;
  readonly frameGridMs: number;
  readonly totalMs: number;
  /** Sample by sample through a stream, from the first sample of a frame until the frame is ready. */
  readonly measuredMs: number;
};

/** @throws Error when the pack needs another look-ahead than it states */
export function algorithmicLatency(pack: ModelPack): Latency {
  const { lookAheadMs } = pack.facts;
  const stream = pack.openStream();
  const sample = new Float32Array(1);
  let pushed = 0;
  for (; !stream.isReady(FRAME); pushed += 1) stream.push(sample);
  const measuredMs = ((pushed - FRAME * SAMPLES_PER_FRAME) * 1000) / MODEL_SAMPLE_RATE_HZ;
  const totalMs = lookAheadMs + FRAME_MS;
  if (Math.abs(measuredMs - totalMs) > 0.1) {
    throw new Error(`${pack.facts.name} states ${totalMs} ms and needs ${measuredMs} ms`);
  }
  return { lookAheadMs, frameGridMs: FRAME_MS, totalMs, measuredMs };
}
