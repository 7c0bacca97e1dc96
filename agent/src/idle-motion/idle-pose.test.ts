import { describe, expect, it } from 'vitest';
import { FRAME_RATE_FPS } from '../pipeline/timeline.ts';
import { poseAt, poseLimits, restingPose, type IdlePose } from './idle-pose.ts';

const SEED = 12_345;
const TEN_MINUTES = 10 * 60 * FRAME_RATE_FPS;
const PARTS = ['swayX', 'swayY', 'roll', 'yaw', 'pitch', 'breath', 'brow'] as const;
const HEAD = ['swayX', 'swayY', 'roll', 'yaw', 'pitch'] as const;

function posesOf(level: 'subtle' | 'lively', count = TEN_MINUTES, from = 0): IdlePose[] {
  const limits = poseLimits(level);
  return Array.from({ length: count }, (_, i) => {
    const pose = restingPose();
    poseAt(SEED, from + i, limits, pose);
    return pose;
  });
}

/** Correlation of a series with itself `lag` frames later. */
function autocorrelation(values: number[], lag: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let both = 0;
  let own = 0;
  for (let i = 0; i < values.length; i += 1) {
    own += (values[i]! - mean) ** 2;
    if (i + lag < values.length) both += (values[i]! - mean) * (values[i + lag]! - mean);
  }
  return both / own;
}

describe.each(['subtle', 'lively'] as const)('poseAt, %s', (level) => {
  const poses = posesOf(level);
  const limits = poseLimits(level);

  it('stays within its limits and uses a good part of them', () => {
    for (const part of PARTS) {
      const largest = Math.max(...poses.map((pose) => Math.abs(pose[part])));
      expect(largest).toBeLessThanOrEqual(limits[part]);
      expect(largest).toBeGreaterThanOrEqual(0.5 * limits[part]);
    }
  });

  it('never jumps: no part moves by more than a sixth of its limit in one frame', () => {
    for (const part of PARTS) {
      const steps = poses.slice(1).map((pose, i) => Math.abs(pose[part] - poses[i]![part]));
      expect(Math.max(...steps)).toBeLessThanOrEqual(limits[part] / 6);
    }
  });

  it('never looks the same again: ten minutes hold no loop between 10 s and 5 min', () => {
    for (const part of HEAD) {
      const values = poses.map((pose) => pose[part]);
      for (let lagS = 10; lagS <= 300; lagS += 1) {
        expect(Math.abs(autocorrelation(values, lagS * FRAME_RATE_FPS))).toBeLessThan(0.45);
      }
    }
  });

  it('breathes 12–17 times a minute', () => {
    const isIn = poses.map(({ breath }) => breath > 0);
    const breaths = isIn.filter((now, i) => now && !isIn[i - 1]).length;
    expect(breaths / 10).toBeGreaterThan(12);
    expect(breaths / 10).toBeLessThan(17);
  });

  it('depends on the frame alone, whatever was asked before', () => {
    expect(posesOf(level, 5, 1234)).toEqual(poses.slice(1234, 1239));
  });
});
