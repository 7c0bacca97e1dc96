/**
 * Many people come and go: N sessions, K at once, through the page's HTTP API, as people behave: most wait for the
 * avatar and speak, some leave before it comes, a few ask for a session and never join. In between everybody pauses,
 * and what the service's processes still hold is compared with what they held before.
 */
import { RoomServiceClient } from 'livekit-server-sdk';
import type { AgentStatus } from '@live-avatar/agent/contract';
import { quantile } from '../../e2e/harness/analyse.ts';
import { LightClient, requestSession } from './light-client.ts';
import type { OwnStack } from './own-stack.ts';
import { growth, type Growth, type Point } from './plateau.ts';
import {
  filesBelow,
  findLongLived,
  held,
  jobsOf,
  LONG_LIVED,
  type Held,
  type LongLived,
} from './resources.ts';

/** What was there when nobody was. */
export type RestSample = {
  readonly cycles: number;
  readonly elapsedS: number;
  readonly processes: Readonly<Record<LongLived, Held>>;
  readonly jobs: number;
  readonly sessions: number;
  readonly rooms: number;
  readonly temporaryFiles: number;
  /** Of this measuring process; for information. */
  readonly clientRssMb: number;
};

/** Result of a run; also written while it goes on. */
export type JoinLeaveReport = {
  cyclesAsked: number;
  cyclesDone: number;
  concurrent: number;
  elapsedS: number;
  /** Joined, saw and heard the avatar, left. */
  served: number;
  /** Times an avatar did not come within 5 s and was asked for again, as the page does. */
  askedAgain: number;
  /** Message → how often. */
  failures: Record<string, number>;
  /** From the request to the first picture and sound, ms. */
  mediaMs: { p50: number; p95: number };
  rss: Partial<Record<LongLived, Growth>>;
  descriptors: Partial<Record<LongLived, Growth>>;
  threads: Partial<Record<LongLived, Growth>>;
  /** Left over a minute after the last person has gone; empty is right. */
  leftOver: string[];
  /** Why the run fails; empty when it passes. */
  problems: string[];
  samples: RestSample[];
};

/** Options of a run. */
export type JoinLeaveOptions = {
  readonly cycles: number;
  readonly concurrent: number;
  /** How long each person stays once the avatar is there, ms. */
  readonly stayMs: number;
  /** What person `index` does. */
  readonly behaviour: (index: number) => Behaviour;
  /** Looks at what is held at rest. */
  readonly rests: number;
  /** Sound of the microphone, 48 kHz mono. */
  readonly speech: Int16Array;
  readonly signal: AbortSignal;
  /** Called at every rest with the report so far. */
  readonly onProgress: (report: JoinLeaveReport) => void;
};

/** RSS may grow by this much after the warm-up. */
const MAX_RSS_GROWTH_RATIO = 0.1;
/** Descriptors and threads may differ by this many: pools breathe. */
const MAX_COUNT_GROWTH = 4;
/** Share of the sessions that must show and sound. */
const MIN_SERVED_RATIO = 0.99;
const MEDIA_TIMEOUT_MS = 60_000;
/** A room nobody joined closes after 60 s, an agent leaves an empty one after 30 s. */
const REST_TIMEOUT_MS = 100_000;

/** What somebody does who asks for a session. */
export type Behaviour = 'speaks' | 'leaves-early' | 'never-joins';

/** As people behave: 1 of 50 never joins, 1 of 10 leaves before the avatar comes. */
export const asPeople = (index: number): Behaviour =>
  index % 50 === 20 ? 'never-joins' : index % 10 === 3 ? 'leaves-early' : 'speaks';

/** Run it. The stack needs more seats than `concurrent`: those who never join hold theirs for half a minute. */
export async function joinLeave(
  stack: OwnStack,
  options: JoinLeaveOptions,
): Promise<JoinLeaveReport> {
  const { cycles, concurrent, signal } = options;
  const pids = findLongLived(stack.pid);
  const before = await atRest(stack, pids, { cycles: 0, elapsedS: 0 });
  const filesBefore = new Set(filesBelow(stack.temporary));
  const startedMs = performance.now();
  const samples = [before];
  const mediaMs: number[] = [];
  const failures: Record<string, number> = {};
  let spoke = 0;
  let askedAgain = 0;
  let next = 0;

  const report = (leftOver: string[] = []): JoinLeaveReport =>
    judge({ samples, failures, mediaMs, spoke, askedAgain, asked: cycles, concurrent, leftOver });

  const person = async (end: number): Promise<void> => {
    while (next < end && !signal.aborted) {
      const index = next++;
      const does = options.behaviour(index);
      if (does === 'speaks') spoke++;
      try {
        const seen = await visit(stack, does, options, index);
        if (!seen) continue;
        mediaMs.push(seen.mediaMs);
        askedAgain += seen.askedAgain;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures[message] = (failures[message] ?? 0) + 1;
      }
    }
  };

  for (let rest = 1; rest <= options.rests && !signal.aborted; rest++) {
    const end = Math.round((cycles * rest) / options.rests);
    await Promise.all(Array.from({ length: concurrent }, () => person(end)));
    samples.push(
      await atRest(stack, pids, {
        cycles: next,
        elapsedS: (performance.now() - startedMs) / 1000,
      }),
    );
    options.onProgress(report());
  }
  return report(await leftOvers(stack, pids, filesBefore));
}

/** One person's visit: the time to picture and sound; undefined for those who do not wait for it. */
async function visit(
  stack: OwnStack,
  does: Behaviour,
  { speech, stayMs }: JoinLeaveOptions,
  index: number,
): Promise<{ mediaMs: number; askedAgain: number } | undefined> {
  const startedMs = performance.now();
  const grant = await requestSession(stack.pageUrl, stack.apiKey, index % 2 ? 'leo' : 'ava');
  if (does === 'never-joins') return undefined;
  const client = await LightClient.join(stack.pageUrl, grant);
  try {
    if (does === 'leaves-early') return undefined;
    await client.speak(speech);
    await client.media(MEDIA_TIMEOUT_MS);
    const mediaMs = performance.now() - startedMs;
    await sleep(stayMs);
    if (client.lost !== undefined) throw new Error(client.lost);
    return { mediaMs, askedAgain: client.askedAgain };
  } finally {
    await client.leave();
  }
}

/** Wait until no session runs and one job process waits for the next, then look. */
async function atRest(
  stack: OwnStack,
  pids: Record<LongLived, number>,
  progress: { cycles: number; elapsedS: number },
): Promise<RestSample> {
  const deadline = performance.now() + REST_TIMEOUT_MS;
  let sessions = await activeSessions(stack);
  let jobs = jobsOf(pids.agent).length;
  while ((sessions > 0 || jobs !== 1) && performance.now() < deadline) {
    await sleep(250);
    [sessions, jobs] = [await activeSessions(stack), jobsOf(pids.agent).length];
  }
  // The one that waits has just loaded its code; a moment later the machine is quiet.
  await sleep(500);
  return {
    ...progress,
    processes: { agent: held(pids.agent), page: held(pids.page), livekit: held(pids.livekit) },
    jobs,
    sessions,
    rooms: await roomCount(stack),
    temporaryFiles: filesBelow(stack.temporary).length,
    clientRssMb: process.memoryUsage.rss() / 1e6,
  };
}

async function leftOvers(
  stack: OwnStack,
  pids: Record<LongLived, number>,
  filesBefore: ReadonlySet<string>,
): Promise<string[]> {
  const look = async (): Promise<string[]> => {
    const [sessions, rooms] = [await activeSessions(stack), await roomCount(stack)];
    const jobs = jobsOf(pids.agent).length;
    return [
      ...(sessions > 0 ? [`${sessions} sessions`] : []),
      ...(rooms > 0 ? [`${rooms} LiveKit rooms`] : []),
      ...(jobs > 1 ? [`${jobs - 1} job processes`] : []),
      ...filesBelow(stack.temporary).filter((path) => !filesBefore.has(path)),
    ];
  };
  const deadline = performance.now() + REST_TIMEOUT_MS;
  let left = await look();
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(1000);
    left = await look();
  }
  return left;
}

async function activeSessions(stack: OwnStack): Promise<number> {
  const response = await fetch(`${stack.agentUrl}/status`);
  return ((await response.json()) as AgentStatus).activeSessions;
}

async function roomCount({ livekitUrl, livekitKeys }: OwnStack): Promise<number> {
  const { apiKey, apiSecret } = livekitKeys;
  const rooms = await new RoomServiceClient(
    livekitUrl.replace('ws', 'http'),
    apiKey,
    apiSecret,
  ).listRooms();
  return rooms.length;
}

/** From what was seen to the verdict. */
function judge(seen: {
  samples: RestSample[];
  failures: Record<string, number>;
  mediaMs: number[];
  spoke: number;
  askedAgain: number;
  asked: number;
  concurrent: number;
  leftOver: string[];
}): JoinLeaveReport {
  const { samples, failures, mediaMs, spoke, asked, concurrent, leftOver } = seen;
  const series = (pick: (held: Held) => number): Partial<Record<LongLived, Growth>> =>
    Object.fromEntries(
      LONG_LIVED.flatMap((name) => {
        const points = samples.map(({ cycles, processes }): Point => [
          cycles,
          pick(processes[name]),
        ]);
        const judged = growth(points);
        return judged ? [[name, judged]] : [];
      }),
    );
  const rss = series(({ rssMb }) => rssMb);
  const descriptors = series((held) => held.descriptors);
  const threads = series((held) => held.threads);
  const problems = [...leftOver.map((what) => `left over: ${what}`)];
  for (const [name, { growthRatio }] of Object.entries(rss)) {
    if (growthRatio >= MAX_RSS_GROWTH_RATIO)
      problems.push(`RSS of ${name} grew by ${(100 * growthRatio).toFixed(1)} %`);
  }
  for (const [what, all] of Object.entries({ descriptors, threads })) {
    for (const [name, { start, end }] of Object.entries(all)) {
      if (end - start > MAX_COUNT_GROWTH)
        problems.push(`${what} of ${name}: ${start} at first, ${end} at last`);
    }
  }
  if (mediaMs.length < MIN_SERVED_RATIO * spoke)
    problems.push(`only ${mediaMs.length} of ${spoke} saw and heard their avatar`);
  const last = samples.at(-1);
  return {
    cyclesAsked: asked,
    cyclesDone: last?.cycles ?? 0,
    concurrent,
    elapsedS: last?.elapsedS ?? 0,
    served: mediaMs.length,
    askedAgain: seen.askedAgain,
    failures,
    mediaMs: { p50: quantile(mediaMs, 0.5), p95: quantile(mediaMs, 0.95) },
    rss,
    descriptors,
    threads,
    leftOver,
    problems,
    samples,
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
