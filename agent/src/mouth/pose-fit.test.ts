import { describe, expect, it } from 'vitest';
import { fitPose, pitchOf, POSE_LENGTH, POSE_ORIGIN, POSE_SCALE, yawOf } from './pose-fit.ts';
import { faceLandmarks, rendererData, rotation } from './synthetic-face.fixture.ts';

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

describe('fitPose', () => {
  it('recovers rotation, scale and place of a turned face', () => {
    const turn = rotation(radians(22), radians(-9), radians(14));
    const pose = new Float32Array(POSE_LENGTH);
    const residual = fitPose(rendererData, faceLandmarks(turn, 180, 311, 207), 0, pose, 0);
    turn.forEach((value, k) => expect(pose[k]).toBeCloseTo(value, 4));
    expect(pose[POSE_SCALE]).toBeCloseTo(180, 2);
    expect(pose[POSE_ORIGIN]).toBeCloseTo(311, 2);
    expect(pose[POSE_ORIGIN + 1]).toBeCloseTo(-207, 2);
    expect(residual).toBeLessThan(0.05);
  });

  it('names yaw and pitch as they were applied', () => {
    const pose = new Float32Array(POSE_LENGTH);
    fitPose(rendererData, faceLandmarks(rotation(radians(-33), 0, 0), 100, 0, 0), 0, pose, 0);
    expect(yawOf(pose, 0)).toBeCloseTo(radians(-33), 4);
    fitPose(rendererData, faceLandmarks(rotation(0, radians(12), 0), 100, 0, 0), 0, pose, 0);
    expect(pitchOf(pose, 0)).toBeCloseTo(radians(12), 4);
  });

  it('does not move when only the lower lip and the jaw move', () => {
    const face = faceLandmarks(rotation(0, 0, 0), 100, 128, 128);
    const before = new Float32Array(POSE_LENGTH);
    fitPose(rendererData, face, 0, before, 0);
    for (const k of [14, 17, 87, 317, 152, 148, 377, 84, 314]) face[k * 3 + 1]! += 30;
    const after = new Float32Array(POSE_LENGTH);
    fitPose(rendererData, face, 0, after, 0);
    expect(Array.from(after)).toEqual(Array.from(before));
  });

  it('answers NaN for landmarks that are all in one place', () => {
    const face = new Float32Array(478 * 3).fill(5);
    expect(fitPose(rendererData, face, 0, new Float32Array(POSE_LENGTH), 0)).toBeNaN();
  });
});
