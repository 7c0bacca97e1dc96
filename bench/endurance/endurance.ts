/** `npm run endurance -- join-leave|soak|network [options]`: long runs that docs/reliability.md reports. Exit code 1: failed. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isInside, namespaceProblem, rerunInside } from './far-network.ts';
import { asPeople, joinLeave } from './join-leave.ts';
import { network } from './network.ts';
import { startOwnStack, type OwnStack } from './own-stack.ts';
import { sentence, sentenceAndBeeps } from './signals.ts';
import { soak } from './soak.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    cycles: { type: 'string', default: '1000' },
    concurrent: { type: 'string', default: '2' },
    'stay-s': { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    'video-px': { type: 'string', default: '512' },
    'rtt-ms': { type: 'string', default: '200' },
    loss: { type: 'string', default: '0,0.05,0.1' },
    seconds: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
  },
});

const interrupted = new AbortController();
process.on('SIGINT', () => {
  // The second one ends everything at once.
  if (interrupted.signal.aborted) process.exit(130);
  say('stopping after the people who are there now; once more to stop at once');
  interrupted.abort();
});

const say = (text: string): boolean => process.stderr.write(`${text}\n`);
const save = (report: object): void => {
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(report, roundNumbers, 1)}\n`);
};
/** The last lines of a stack's output beside the report, to look into what went wrong. */
const saveLog = (stack: OwnStack): void => {
  if (values.json !== undefined) writeFileSync(`${values.json}.log`, stack.log());
};
const roundNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;

const print = (report: object): void =>
  void process.stdout.write(`${JSON.stringify(report, roundNumbers, 1)}\n`);

async function runJoinLeave(): Promise<boolean> {
  const [cycles, concurrent] = [Number(values.cycles), Number(values.concurrent)];
  // Those who never join hold a seat for half a minute.
  const stack = await startOwnStack({
    max_sessions: concurrent + 8,
    video_max_px: Number(values['video-px']),
  });
  try {
    const report = await joinLeave(stack, {
      cycles,
      concurrent,
      stayMs: 1000 * Number(values['stay-s']),
      behaviour: asPeople,
      rests: Math.min(40, Math.max(8, Math.floor(cycles / 5))),
      speech: sentence(),
      signal: interrupted.signal,
      onProgress: (soFar) => {
        save(soFar);
        const { cycles: done, elapsedS, processes, jobs, sessions, rooms } = soFar.samples.at(-1)!;
        const rss = Object.entries(processes)
          .map(
            ([name, { rssMb, descriptors }]) => `${name} ${rssMb.toFixed(0)} MB ${descriptors} fd`,
          )
          .join(', ');
        say(
          `${done}/${cycles} in ${elapsedS.toFixed(0)} s: ${rss}; ${jobs} jobs, ${sessions} sessions, ${rooms} rooms; ` +
            `${soFar.served} served, failures ${JSON.stringify(soFar.failures)}`,
        );
      },
    });
    save(report);
    print({ ...report, samples: undefined });
    return report.problems.length === 0;
  } finally {
    saveLog(stack);
    await stack.stop();
  }
}

async function runSoak(): Promise<boolean> {
  const stack = await startOwnStack({ max_sessions: 2, video_max_px: Number(values['video-px']) });
  try {
    const report = await soak(stack, {
      durationS: 60 * Number(values.minutes),
      settleS: 30,
      speech: sentenceAndBeeps(),
      signal: interrupted.signal,
      everyS: 60,
      onProgress: (soFar) => {
        save(soFar);
        const { measuredS, skewMs, skewDrift, delayMs, fps, freezes, minutes, rss } = soFar;
        say(
          `${(measuredS / 60).toFixed(0)} min: skew ${skewMs.median.toFixed(0)} ms (${skewMs.p05.toFixed(0)} … ` +
            `${skewMs.p95.toFixed(0)}), drift ${skewDrift.perHourMs.toFixed(1)} ms/h ` +
            `(${skewDrift.lowMs.toFixed(1)} … ${skewDrift.highMs.toFixed(1)}), delay ${delayMs.median.toFixed(0)} ms, ` +
            `${fps.mean.toFixed(1)} fps, ${freezes} freezes, ${minutes.at(-1)?.agentMb.toFixed(0) ?? '?'} + ` +
            `${minutes.at(-1)?.jobMb.toFixed(0) ?? '?'} MB (${((rss.agent?.growthRatio ?? 0) * 100).toFixed(1)} %)`,
        );
      },
    });
    save(report);
    print({ ...report, minutes: undefined });
    return report.problems.length === 0;
  } finally {
    saveLog(stack);
    await stack.stop();
  }
}

async function runNetwork(): Promise<boolean> {
  if (!isInside()) {
    const problem = namespaceProblem();
    if (problem !== undefined) throw new Error(problem);
    return (await rerunInside()) === 0;
  }
  const delayMs = Number(values['rtt-ms']) / 2;
  const losses = values.loss.split(',').map(Number);
  const reports = await network({
    conditions: [
      { delayMs: 0, lossRatio: 0 },
      ...losses.map((lossRatio) => ({ delayMs, lossRatio })),
    ],
    durationS: Number(values.seconds),
    seed: Number(values.seed),
    onResult: (report) => process.stdout.write(`${JSON.stringify(report, roundNumbers)}\n`),
  });
  save({ conditions: reports });
  return reports.every(({ recoveryMs }) => recoveryMs !== null);
}

const RUNS: Readonly<Record<string, () => Promise<boolean>>> = {
  'join-leave': runJoinLeave,
  soak: runSoak,
  network: runNetwork,
};
const run = RUNS[positionals[0] ?? ''];
if (!run) {
  say(`usage: npm run endurance -- ${Object.keys(RUNS).join('|')} [--json FILE] …`);
  process.exit(2);
}
process.exit((await run()) ? 0 : 1);
