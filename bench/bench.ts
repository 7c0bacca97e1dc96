/** `npm run bench -- musetalk …` (bench/musetalk.ts), or `npm run bench -- [--json FILE] [--only stages,latency,sessions] [--seconds N]`: measured on the machine it runs on. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '../e2e/harness/stack.ts';
import { benchLatency } from './latency.ts';
import { benchMusetalk } from './musetalk.ts';
import { benchSessions } from './sessions.ts';
import { benchStages } from './stages.ts';

if (process.argv[2] === 'musetalk') {
  await benchMusetalk(process.argv.slice(3));
  process.exit(0);
}
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', default: 'stages,latency,sessions' },
    seconds: { type: 'string', default: '20' },
  },
});
const parts = new Set(values.only.split(','));
const seconds = Number(values.seconds);
const round = (value: unknown): unknown =>
  typeof value === 'number'
    ? Math.round(value * 100) / 100
    : Array.isArray(value)
      ? value.map(round)
      : value && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, round(inner)]))
        : value;

const report: Record<string, unknown> = {
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1e6),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore: loadavg()[0],
  },
};
const say = (text: string): boolean => process.stderr.write(`${text}\n`);
if ((loadavg()[0] ?? 0) > 0.8)
  say(`the machine is busy (load ${loadavg()[0]}): numbers will be worse than they are`);

if (parts.has('stages')) {
  say('stages …');
  const stages = await benchStages('ava', 'avatars/ava/clips/hello.wav', 5);
  Object.assign(report, stages);
  console.table(round(stages.stages));
  console.table(
    round({
      speaking: stages.engineCpuMsPerSpeakingFrame,
      silent: stages.engineCpuMsPerSilentFrame,
    }),
  );
}
if (parts.has('latency') || parts.has('sessions')) {
  const started = performance.now();
  // the avatars of the tests, but alive while they rest, as users have them
  const config = join(mkdtempSync(join(tmpdir(), 'live-avatar-bench-')), 'realtime.yaml');
  const fixture = readFileSync('e2e/fixtures/realtime.yaml', 'utf8');
  writeFileSync(config, fixture.replaceAll(/^ {2}idle: none\n/gm, ''));
  const stack = await startStack({ config });
  report['startMs'] = performance.now() - started;
  say(`started in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  try {
    if (parts.has('latency')) {
      say('latency …');
      const latency = await benchLatency(stack, 4, Math.max(20, seconds * 2));
      Object.assign(report, latency);
      console.table(round({ ...latency, firstFrameMs: { p50: latency.firstFrameMs.p50 } }));
    }
    if (parts.has('sessions')) {
      const measure = async (name: string, count: number, silent: boolean): Promise<unknown> => {
        say(`${name} …`);
        const result = await benchSessions(stack, { count, durationS: seconds, silent });
        const { stages, ...totals } = result;
        console.table(round({ [name]: totals }));
        console.table(round(stages));
        await new Promise((resolve) => setTimeout(resolve, 5000));
        return result;
      };
      report['silentSession'] = await measure('1 silent session', 1, true);
      report['sessions'] = {
        1: await measure('1 speaking session', 1, false),
        2: await measure('2 speaking sessions', 2, false),
        4: await measure('4 speaking sessions', 4, false),
      };
    }
  } finally {
    await stack.stop();
  }
}
if (values.json) {
  writeFileSync(values.json, `${JSON.stringify(round(report), null, 1)}\n`);
  say(`written to ${values.json}`);
}
process.exit(0);
