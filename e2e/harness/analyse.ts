/** From a Recording to the numbers of the quality table: onsets, latency, skew, frame rate, mouth motion. Pure. */
import type { PresentedFrame, Recording } from './instrument.ts';

/** Times at which a level rises above `threshold` after at least `quietMs` below it. */
export function onsets(
  levels: readonly (readonly [number, number])[],
  threshold: number,
  quietMs: number,
): number[] {
  const found: number[] = [];
  let lastLoud = Number.NEGATIVE_INFINITY;
  for (const [time, level] of levels) {
    if (level < threshold) continue;
    if (time - lastLoud > quietMs) found.push(time);
    lastLoud = time;
  }
  return found;
}

/** For each cause the first effect within (0, withinMs]: effect − cause. */
export function delays(
  causes: readonly number[],
  effects: readonly number[],
  withinMs: number,
): number[] {
  return causes.flatMap((cause) => {
    const effect = effects.find((time) => time > cause && time <= cause + withinMs);
    return effect === undefined ? [] : [effect - cause];
  });
}

/** Value at `share` (0–1) of the sorted list; NaN when empty. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Frames per second over the recording between two times. */
export function frameRate(frames: readonly PresentedFrame[], fromMs: number, toMs: number): number {
  return frames.filter(({ t }) => t >= fromMs && t < toMs).length / ((toMs - fromMs) / 1000);
}

/** Brightness that only the probe's white square has; the face behind it is darker, at rest too. */
const WHITE = 230;

/** Times at which the probe's square turns white. */
export function flashes(frames: readonly PresentedFrame[]): number[] {
  const brightness = frames.map(({ t, middle }) => [t, middle] as const);
  return onsets(brightness, WHITE, 250);
}

/** Latency and skew of a flash-and-beep recording. Positive skew = picture after sound. */
export function flashAndBeep({ mic, speaker, frames }: Recording): {
  micToMouthMs: number[];
  micToSpeakerMs: number[];
  skewMs: number[];
} {
  const beepsIn = onsets(mic, 0.12, 300);
  const beepsOut = onsets(speaker, 0.12, 300);
  const flashTimes = flashes(frames);
  const skewMs = flashTimes.flatMap((flash) => {
    const nearest = beepsOut.reduce(
      (best, time) => (Math.abs(time - flash) < Math.abs(best - flash) ? time : best),
      Infinity,
    );
    return Math.abs(nearest - flash) < 500 ? [flash - nearest] : [];
  });
  return {
    micToMouthMs: delays(beepsIn, flashTimes, 1000),
    micToSpeakerMs: delays(beepsIn, beepsOut, 1000),
    skewMs,
  };
}

/** Mean change of the mouth from frame to frame while the microphone speaks and while it rests (shifted by the path's delay). */
export function mouthMotion(
  { mic, frames }: Recording,
  delayMs: number,
): { speaking: number; silent: number; speakingFrames: number; silentFrames: number } {
  const sums = { speaking: 0, silent: 0, speakingFrames: 0, silentFrames: 0 };
  let at = 0;
  for (const { t, change } of frames) {
    const heard = t - delayMs;
    while (at < mic.length && mic[at]![0] < heard - 400) at++;
    let recent = 0;
    let covered = 0;
    for (let i = at; i < mic.length && mic[i]![0] <= heard + 150; i++) {
      covered++;
      recent = Math.max(recent, mic[i]![1]);
    }
    if (covered < 50) continue;
    if (recent > 0.1) {
      sums.speaking += change;
      sums.speakingFrames++;
    } else if (recent < 0.005) {
      sums.silent += change;
      sums.silentFrames++;
    }
  }
  return {
    ...sums,
    speaking: sums.speaking / Math.max(1, sums.speakingFrames),
    silent: sums.silent / Math.max(1, sums.silentFrames),
  };
}
