/**
 * Where head and chest are in output frame i: a pure function of (seed, i), so a skipped, late or repeated frame
 * never makes the avatar jump, and an offline render shows what a live session shows.
 */
import type { IdleLevel } from '../pipeline/idle-level.ts';
import { FRAME_MS } from '../pipeline/timeline.ts';
import { randomAt, smoothNoise } from './smooth-noise.ts';

/** One pose. Lengths in face widths, angles in radians; all 0 = the source's own pose. */
export type IdlePose = {
  /** Head to the right of the picture. */
  swayX: number;
  /** Head downwards. */
  swayY: number;
  /** Head clockwise, about the base of the neck. */
  roll: number;
  /** Face turned to the right of the picture. */
  yaw: number;
  /** Face turned downwards. */
  pitch: number;
  /** Shoulders upwards. */
  breath: number;
  /** Brows upwards. */
  brow: number;
};

/** Largest value of each part; the noise stays below a third of it nine tenths of the time. */
export type PoseLimits = Readonly<IdlePose>;

const DEGREE = Math.PI / 180;
/** Chosen by eye: a person who sits and listens. `lively` is the same person in a good mood. */
const LIMITS: Record<Exclude<IdleLevel, 'none'>, PoseLimits> = {
  subtle: {
    swayX: 0.016,
    swayY: 0.009,
    roll: 1.05 * DEGREE,
    yaw: 2.8 * DEGREE,
    pitch: 1.8 * DEGREE,
    breath: 0.008,
    brow: 0,
  },
  lively: {
    swayX: 0.025,
    swayY: 0.014,
    roll: 1.8 * DEGREE,
    yaw: 4.4 * DEGREE,
    pitch: 3 * DEGREE,
    breath: 0.01,
    brow: 0.02,
  },
};

/** See PoseLimits. */
export const poseLimits = (level: Exclude<IdleLevel, 'none'>): PoseLimits => LIMITS[level];

/** A pose to fill in. */
export const restingPose = (): IdlePose => ({
  swayX: 0,
  swayY: 0,
  roll: 0,
  yaw: 0,
  pitch: 0,
  breath: 0,
  brow: 0,
});

/** Spacing of the noise's random values, s, and the share of each octave. Spacings have no common multiple worth the name. */
const OCTAVES = [
  [0.83, 0.14],
  [1.93, 0.33],
  [4.71, 0.53],
] as const;
/** Mean breath, s (14.3 per minute), and how much its beginning may move. */
const BREATH_S = 4.2;
const BREATH_JITTER_S = 1.2;
/** Share of a breath spent breathing in, and out; the rest is a pause. */
const INHALE = 0.4;
const EXHALE = 0.48;

/** Fill `pose` for output frame `frameIndex`. */
export function poseAt(seed: number, frameIndex: number, limits: PoseLimits, pose: IdlePose): void {
  const seconds = (frameIndex * FRAME_MS) / 1000;
  pose.swayX = limits.swayX * drift(seed, 1, seconds);
  pose.swayY = limits.swayY * drift(seed, 2, seconds);
  pose.roll = limits.roll * drift(seed, 3, seconds);
  pose.yaw = limits.yaw * drift(seed, 4, seconds);
  pose.pitch = limits.pitch * drift(seed, 5, seconds);
  pose.brow = limits.brow * browRaise(seed, seconds);
  pose.breath = limits.breath * breathAt(seed, seconds);
}

/** −1…1, several octaves; every channel has its own tempo, so that they never fall into step. */
function drift(seed: number, channel: number, seconds: number): number {
  const tempo = 1 + 0.07 * channel;
  let sum = 0;
  for (let octave = 0; octave < OCTAVES.length; octave += 1) {
    const [spacingS, share] = OCTAVES[octave]!; // octave < length
    sum += share * smoothNoise(seed + 101 * channel + octave, (seconds * tempo) / spacingS);
  }
  return sum;
}

/** 0…1: mostly 0, now and then a raise of a second. */
function browRaise(seed: number, seconds: number): number {
  const raise = 2.2 * smoothNoise(seed + 907, seconds / 1.1) - 0.7;
  const clipped = Math.min(1, Math.max(0, raise));
  return clipped * clipped * (3 - 2 * clipped);
}

/** 0 (breathed out) … 1. Every breath has its own length and depth. */
function breathAt(seed: number, seconds: number): number {
  const startOf = (breath: number): number =>
    breath * BREATH_S + BREATH_JITTER_S * randomAt(seed + 701, breath);
  let breath = Math.floor(seconds / BREATH_S);
  if (startOf(breath) > seconds) breath -= 1;
  const start = startOf(breath);
  const phase = (seconds - start) / (startOf(breath + 1) - start);
  const depth = 0.7 + 0.3 * randomAt(seed + 709, breath);
  if (phase < INHALE) return depth * half(phase / INHALE);
  if (phase < INHALE + EXHALE) return depth * half(1 - (phase - INHALE) / EXHALE);
  return 0;
}

const half = (ratio: number): number => (1 - Math.cos(Math.PI * ratio)) / 2;
