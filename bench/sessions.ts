/**
 * The whole path under 1, 2, 4 speaking sessions: real server, real agent, real jobs; each user is a process that
 * speaks a clip without pause and counts the frames it receives.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Stack } from '../e2e/harness/stack.ts';
import { quantile } from '../e2e/harness/analyse.ts';
import { cpuBetween, processTree, type ProcessSample } from '../e2e/harness/processes.ts';

export type SessionsReport = {
  /** Slowest session's received frames per second, mean over the measured time. */
  fpsMin: number;
  /** Cores used by the agent: parent with engine, jobs; LiveKit and page not counted. */
  cpuCores: number;
  /** Of these, the parent process: engine, API, worker. The rest is the jobs: LiveKit I/O, encoding, pacing. */
  engineCores: number;
  /** Cores used by livekit-server. */
  livekitCores: number;
  /** Memory of the agent with all its processes. */
  rssMb: number;
  /** Median of the job processes' memory. */
  jobRssMb: number;
  /** From room.connect to the first decoded frame, median. */
  firstFrameMs: number;
  /** Engine's own view while running, p50/p99 in ms. */
  stages: Record<string, { p50Ms: number; p99Ms: number }>;
};

type Second = { second: number; frames: number; firstFrameMs: number | null };

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isAgent = ({ command }: ProcessSample): boolean => /agent\/dist\/main\.js/.test(command);
const isServer = ({ command }: ProcessSample): boolean => /livekit-server/.test(command);

function join(
  stack: Stack,
  avatar: string,
  clip: string,
  silent: boolean,
): { child: ChildProcess; seconds: Second[] } {
  const child = spawn(
    'npx',
    ['tsx', 'bench/participant.ts', stack.pageUrl, avatar, clip, silent ? 'silent' : 'speaking'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_ENV: 'production' },
      detached: true,
    },
  );
  const seconds: Second[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{"second"')) seconds.push(JSON.parse(line) as Second);
  });
  return { child, seconds };
}

/** Measure `count` sessions (speaking, or `silent`) for `durationS` after a warm-up of 5 s. */
export async function benchSessions(
  stack: Stack,
  { count, durationS, silent = false }: { count: number; durationS: number; silent?: boolean },
): Promise<SessionsReport> {
  const users = Array.from({ length: count }, (_, i) =>
    join(
      stack,
      i % 2 === 0 ? 'ava' : 'leo',
      `avatars/${i % 2 === 0 ? 'ava' : 'leo'}/clips/hello.wav`,
      silent,
    ),
  );
  try {
    const deadline = Date.now() + 60_000;
    while (!users.every(({ seconds }) => (seconds.at(-1)?.frames ?? 0) > 5)) {
      if (Date.now() > deadline)
        throw new Error(`not every one of ${count} sessions shows frames after 60 s`);
      await wait(250);
    }
    await wait(5000);
    const from = users.map(({ seconds }) => seconds.length);
    const before = processTree(stack.pid);
    const started = performance.now();
    await wait(durationS * 1000);
    const elapsedS = (performance.now() - started) / 1000;
    const after = processTree(stack.pid);
    const agentRoot = after.find(isAgent);
    if (!agentRoot) throw new Error('the agent process was not found');
    const agentPids = new Set(processTree(agentRoot.pid).map(({ pid }) => pid));
    const agentAfter = after.filter(({ pid }) => agentPids.has(pid));
    const status = (await (await fetch(`${stack.agentUrl}/status`)).json()) as {
      sessions: { rssMb: number }[];
      stages: SessionsReport['stages'];
    };
    return {
      fpsMin: Math.min(
        ...users.map(({ seconds }, i) => {
          const measured = seconds.slice(from[i]);
          return measured.reduce((sum, { frames }) => sum + frames, 0) / measured.length;
        }),
      ),
      cpuCores: cpuBetween(before, agentAfter) / elapsedS,
      engineCores:
        cpuBetween(
          before,
          agentAfter.filter(({ pid }) => pid === agentRoot.pid),
        ) / elapsedS,
      livekitCores: cpuBetween(before, after.filter(isServer)) / elapsedS,
      rssMb: agentAfter.reduce((sum, { rssMb }) => sum + rssMb, 0),
      jobRssMb: quantile(
        status.sessions.map(({ rssMb }) => rssMb),
        0.5,
      ),
      firstFrameMs: quantile(
        users.map(({ seconds }) => seconds.at(-1)?.firstFrameMs ?? Number.NaN),
        0.5,
      ),
      stages: status.stages,
    };
  } finally {
    for (const { child } of users) if (child.pid) process.kill(-child.pid, 'SIGTERM');
    await wait(1500);
    for (const { child } of users) {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // already gone
      }
    }
  }
}
