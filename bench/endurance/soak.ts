/**
 * One session that speaks for an hour: does the picture stay with the sound, does the delay stay what it was, does
 * memory stay flat? Everything is measured from what arrives at the receiver.
 */
import type { AgentStatus } from '@live-avatar/agent/contract';
import { quantile } from '../../e2e/harness/analyse.ts';
import { LightClient, requestSession } from './light-client.ts';
import type { OwnStack } from './own-stack.ts';
import { growth, slope, type Growth, type Point } from './plateau.ts';
import { findLongLived, held, jobsOf } from './resources.ts';
import { LoudOnsets, middleLuma, SyncMeter } from './sync-meter.ts';

/** A line through measurements over time. */
export type Drift = {
  readonly perHourMs: number;
  /** 95 % interval. */
  readonly lowMs: number;
  readonly highMs: number;
};

/** Result of a run; also written while it goes on. */
export type SoakReport = {
  askedS: number;
  /** Measured time, without the first half minute in which the receiver's buffers settle. */
  measuredS: number;
  onsets: number;
  unpairedOnsets: number;
  /** Picture minus sound. */
  skewMs: { median: number; p05: number; p95: number; worst: number };
  skewDrift: Drift;
  /** From the microphone's sound to the same sound from the avatar. */
  delayMs: { median: number; p95: number };
  delayDrift: Drift;
  fps: { mean: number; worstMinute: number };
  /** Gaps between two pictures above 200 ms. */
  freezes: number;
  framesDropped: number;
  rss: { agent?: Growth | undefined; job?: Growth | undefined };
  lost?: string | undefined;
  problems: string[];
  /** Per minute: median skew and delay, frames per second, memory. */
  minutes: Minute[];
};

type Minute = {
  minute: number;
  skewMs: number;
  delayMs: number;
  fps: number;
  agentMb: number;
  jobMb: number;
};

/** Options of a run. */
export type SoakOptions = {
  readonly durationS: number;
  /** Left out at the start, s. */
  readonly settleS: number;
  /** Sound of the microphone, 48 kHz mono, looped. */
  readonly speech: Int16Array;
  readonly signal: AbortSignal;
  /** Called every `everyS`. */
  readonly everyS: number;
  readonly onProgress: (report: SoakReport) => void;
};

/** Issue 6: sound and picture may part by this much in an hour. */
const MAX_DRIFT_MS_PER_HOUR = 40;
const MAX_RSS_GROWTH_RATIO = 0.1;
const FREEZE_MS = 200;
/** The avatar has gone; the session ends here, and what was measured counts. */
const STALLED_MS = 15_000;
/** A sound comes back within this time. */
const MAX_DELAY_MS = 900;

/** Run it. The verdict on drift needs ten minutes; shorter runs report without judging it. */
export async function soak(stack: OwnStack, options: SoakOptions): Promise<SoakReport> {
  const pids = findLongLived(stack.pid);
  const meter = new SyncMeter();
  const frameTimes: number[] = [];
  const spokenMs: number[] = [];
  const delays: [number, number][] = [];
  const spoken = new LoudOnsets((atMs) => void spokenMs.push(atMs));
  const heard = new LoudOnsets((atMs) => {
    const cause = spokenMs.findLast((time) => time < atMs);
    if (cause !== undefined && atMs - cause < MAX_DELAY_MS) delays.push([atMs, atMs - cause]);
  });
  const memory: { atMs: number; agentMb: number; jobMb: number }[] = [];
  const client = await LightClient.join(
    stack.pageUrl,
    await requestSession(stack.pageUrl, stack.apiKey, 'probe'),
    {
      onVideo: ({ data, width, height }, atMs) => {
        frameTimes.push(atMs);
        meter.pushLuma(middleLuma(data, width, height), atMs);
      },
      onAudio: (samples, atMs) => {
        meter.pushAudio(samples, atMs);
        heard.push(samples, atMs);
      },
      onSpoken: (samples, atMs) => spoken.push(samples, atMs),
    },
  );
  let framesDropped = 0;
  try {
    await client.speak(options.speech);
    await client.media(60_000);
    const fromMs = performance.now() + 1000 * options.settleS;
    const endMs = fromMs + 1000 * options.durationS;
    const report = (): SoakReport =>
      judge({
        options,
        fromMs,
        meter,
        delays,
        frameTimes,
        memory,
        framesDropped,
        lost: client.lost,
      });
    let reportedMs = performance.now();
    while (performance.now() < endMs && !options.signal.aborted && client.lost === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (performance.now() - (frameTimes.at(-1) ?? fromMs) > STALLED_MS) {
        client.lost = `no picture for ${STALLED_MS / 1000} s`;
        break;
      }
      const status = (await (await fetch(`${stack.agentUrl}/status`)).json()) as AgentStatus;
      framesDropped = status.sessions[0]?.framesDropped ?? framesDropped;
      memory.push({
        atMs: performance.now(),
        agentMb: held(pids.agent).rssMb,
        jobMb: Math.max(0, ...jobsOf(pids.agent).map(({ rssMb }) => rssMb)),
      });
      if (performance.now() - reportedMs < 1000 * options.everyS) continue;
      reportedMs = performance.now();
      options.onProgress(report());
    }
    return report();
  } finally {
    await client.leave();
  }
}

/** Slope of a series of [ms, ms] as ms per hour. */
export function drift(points: readonly Point[]): Drift {
  const { perStep, low, high } = slope(points);
  const hourMs = 3_600_000;
  return { perHourMs: perStep * hourMs, lowMs: low * hourMs, highMs: high * hourMs };
}

function judge(seen: {
  options: SoakOptions;
  fromMs: number;
  meter: SyncMeter;
  delays: readonly [number, number][];
  frameTimes: readonly number[];
  memory: readonly { atMs: number; agentMb: number; jobMb: number }[];
  framesDropped: number;
  lost: string | undefined;
}): SoakReport {
  const { options, fromMs, meter, lost, framesDropped } = seen;
  const skews = meter.points
    .filter(({ atMs }) => atMs >= fromMs)
    .map(({ atMs, skewMs }): Point => [atMs, skewMs]);
  const delays = seen.delays.filter(([atMs]) => atMs >= fromMs);
  const frames = seen.frameTimes.filter((atMs) => atMs >= fromMs);
  const memory = seen.memory.filter(({ atMs }) => atMs >= fromMs);
  const measuredS = Math.max(1, ((frames.at(-1) ?? fromMs) - fromMs) / 1000);
  const values = (points: readonly (readonly [number, number])[]): number[] =>
    points.map(([, value]) => value);
  const within = <T>(items: readonly T[], time: (item: T) => number, minute: number): T[] =>
    items.filter((item) => Math.floor((time(item) - fromMs) / 60_000) === minute);
  const last = <T>(items: readonly T[], pick: (item: T) => number): number => {
    const item = items.at(-1);
    return item === undefined ? Number.NaN : pick(item);
  };
  const minutes = Array.from({ length: Math.floor(measuredS / 60) }, (_, minute): Minute => {
    const held = within(memory, ({ atMs }) => atMs, minute);
    return {
      minute,
      skewMs: quantile(values(within(skews, ([atMs]) => atMs, minute)), 0.5),
      delayMs: quantile(values(within(delays, ([atMs]) => atMs, minute)), 0.5),
      fps: within(frames, (atMs) => atMs, minute).length / 60,
      agentMb: last(held, ({ agentMb }) => agentMb),
      jobMb: last(held, ({ jobMb }) => jobMb),
    };
  });
  const median = quantile(values(skews), 0.5);
  const skewDrift = drift(skews);
  const rss = {
    agent: growth(memory.map(({ atMs, agentMb }): Point => [(atMs - fromMs) / 1000, agentMb])),
    job: growth(memory.map(({ atMs, jobMb }): Point => [(atMs - fromMs) / 1000, jobMb])),
  };
  const problems = [...(lost === undefined ? [] : [`the session was lost: ${lost}`])];
  if (skews.length < 0.2 * measuredS) problems.push(`only ${skews.length} onsets were measured`);
  if (measuredS >= 600) {
    if (Math.abs(skewDrift.perHourMs) > MAX_DRIFT_MS_PER_HOUR)
      problems.push(`sound and picture part by ${skewDrift.perHourMs.toFixed(1)} ms per hour`);
    for (const [name, judged] of Object.entries(rss)) {
      if ((judged?.growthRatio ?? 0) >= MAX_RSS_GROWTH_RATIO)
        problems.push(`RSS of the ${name} grew by ${(100 * judged!.growthRatio).toFixed(1)} %`);
    }
  }
  return {
    askedS: options.durationS,
    measuredS,
    onsets: skews.length,
    unpairedOnsets: meter.unpaired,
    skewMs: {
      median,
      p05: quantile(values(skews), 0.05),
      p95: quantile(values(skews), 0.95),
      worst: values(skews).reduce((w, value) => (Math.abs(value) > Math.abs(w) ? value : w), 0),
    },
    skewDrift,
    delayMs: { median: quantile(values(delays), 0.5), p95: quantile(values(delays), 0.95) },
    delayDrift: drift(delays),
    fps: {
      mean: frames.length / measuredS,
      worstMinute: minutes.reduce((least, { fps }) => Math.min(least, fps), Infinity),
    },
    freezes: frames.filter((atMs, i) => i > 0 && atMs - frames[i - 1]! > FREEZE_MS).length,
    framesDropped,
    rss,
    lost,
    problems,
    minutes,
  };
}
