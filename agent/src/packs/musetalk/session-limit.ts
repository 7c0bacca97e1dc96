/**
 * How many sessions a measured speed is enough for. Every 40 ms each session wants one frame, and every other frame or
 * so a run of the sound encoder; frames of all sessions are painted in rounds, in batches of a few fixed sizes.
 */
import { FRAME_MS } from '../../pipeline/timeline.ts';

/** What a warm-up measured at one batch size. */
export type BatchTiming = { readonly batch: number; readonly runMs: number };

/** Part of the time that rounds may take: copies, resizes and other work of the thread need the rest. */
const USABLE_RATIO = 0.8;
/** More sessions in one thread nobody has tried. */
const MOST_SESSIONS = 64;

/** Time for `count` jobs at once, ms: in full batches, the last one filled up to the next size. */
export function roundMs(timings: readonly BatchTiming[], count: number): number {
  const largest = Math.max(...timings.map(({ batch }) => batch));
  const fullMs = timings.find(({ batch }) => batch === largest)?.runMs ?? Infinity;
  const rest = count % largest;
  const last = rest === 0 ? 0 : Math.min(...fitting(timings, rest).map(({ runMs }) => runMs));
  return Math.floor(count / largest) * fullMs + last;
}

const fitting = (timings: readonly BatchTiming[], count: number): readonly BatchTiming[] =>
  timings.filter(({ batch }) => batch >= count);

/** What was measured. */
export type PackTimings = {
  readonly mouth: readonly BatchTiming[];
  readonly sound: readonly BatchTiming[];
  /** Frames per run of the sound encoder. */
  readonly hopFrames: number;
};

/** Sessions that get every frame in time; 0 = not even one does. */
export function sessionsFor({ mouth, sound, hopFrames }: PackTimings): number {
  let sessions = 0;
  while (sessions < MOST_SESSIONS) {
    const next = sessions + 1;
    const hops = Math.ceil(next / hopFrames);
    const neededMs = roundMs(mouth, next) + roundMs(sound, hops);
    if (neededMs > FRAME_MS * USABLE_RATIO) break;
    sessions = next;
  }
  return sessions;
}

/** Frames per second at the best batch size. */
export function framesPerSecondOf(timings: readonly BatchTiming[]): number {
  return Math.max(0, ...timings.map(({ batch, runMs }) => (batch * 1000) / runMs));
}

/** Runs after the first that a measurement takes. */
const TIMED_RUNS = 3;
/** A run as long as this leaves no doubt: nothing live. */
const LONG_RUN_MS = 5000;

/**
 * Run until it is warm and time it; the quickest counts. The first run never does: it takes memory and chooses
 * algorithms, many seconds even where the next take milliseconds.
 */
export async function timeBatch(
  batch: number,
  run: () => Promise<unknown>,
  now: () => number = () => performance.now(),
): Promise<BatchTiming> {
  await run();
  let runMs = Infinity;
  for (let i = 0; i < TIMED_RUNS; i += 1) {
    const startedMs = now();
    await run();
    runMs = Math.min(runMs, now() - startedMs);
    if (runMs >= LONG_RUN_MS) break;
  }
  return { batch, runMs };
}
