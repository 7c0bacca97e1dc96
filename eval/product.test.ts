/** The evaluation over the real pack and a shipped avatar, on a second of its own clip. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadPack } from '../agent/src/packs/load-pack.ts';
import type { ModelPack } from '../agent/src/pipeline/model-pack.ts';
import { algorithmicLatency } from './latency.ts';
import { MouthCurves } from './mouth-curves.ts';
import { scorePictures } from './picture-scores.ts';
import { productCurves } from './product-curves.ts';
import { openShippedAvatars, type ShippedAvatars } from './shipped-avatars.ts';
import { correlation } from './statistics.ts';

const CLASSES = 24;
let pack: ModelPack;
let shipped: ShippedAvatars;
let speech: Float32Array;

beforeAll(async () => {
  pack = await loadPack('lite', join(import.meta.dirname, '../models'));
  shipped = await openShippedAvatars(pack);
  speech = Float32Array.from(shipped.avatars[0]!.speech.subarray(0, 24_000), (v) => v / 32_768);
});

describe('curves of the product', () => {
  it('have cue and class every 10 ms, and on the frame grid they are the product’s own', async () => {
    const { steps, parameters, posterior, frames } = await productCurves(pack, speech, CLASSES);
    expect(steps).toBe(150);
    const width = pack.facts.parameterNames.length;
    for (let step = 0; step < steps; step += 1) {
      const row = posterior.subarray(step * CLASSES, (step + 1) * CLASSES);
      expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
    }
    // A cue describes the middle of the three steps it averages.
    for (const frame of [0, 9, 30]) {
      const at = (4 * frame + 1) * width;
      expect(parameters.subarray(at, at + width)).toEqual(
        frames.subarray(frame * width, (frame + 1) * width),
      );
    }
    const { aperture } = new MouthCurves(parameters, pack.facts.parameterNames);
    expect(Math.max(...aperture)).toBeGreaterThan(0.3);
    // The four passes follow each other smoothly: a step off would show as a saw.
    expect(correlation(aperture.subarray(1), aperture.subarray(0, -1))).toBeGreaterThan(0.95);
  });
});

describe('algorithmic latency', () => {
  it('is what a stream really waits for', () => {
    const { totalMs, measuredMs, lookAheadMs } = algorithmicLatency(pack);
    expect(totalMs).toBe(lookAheadMs + 40);
    expect(measuredMs).toBeCloseTo(totalMs, 1);
  });
});

describe('pictures of a shipped avatar', () => {
  it('change in the mouth while speaking and nowhere else', { timeout: 60_000 }, async () => {
    const ava = shipped.avatars[0]!;
    const scores = await scorePictures(ava, ava.speech.subarray(0, 16_000), shipped.settings, 1);
    expect(scores.speakingFrames).toBeGreaterThan(10);
    expect(scores.maskRatio).toBeGreaterThan(0.01);
    expect(scores.maskRatio).toBeLessThan(0.5);
    expect(scores.outsideMaskMaxError).toBe(0);
    expect(scores.silenceMaxChange).toBe(0);
  });
});
