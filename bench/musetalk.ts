/**
 * `npm run bench -- musetalk`: how fast the exported pack `musetalk-v15` is on this machine, as a Markdown table:
 * frames per second at batch 1, 4 and 8, time of every network, sessions in real time, memory, error against the CPU.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { resample } from '../agent/src/audio/resampler.ts';
import { parseWav, toPcm16 } from '../agent/src/audio/wav-file.ts';
import { AvatarRegistry } from '../agent/src/avatars/avatar-registry.ts';
import { loadConfig } from '../agent/src/config/load.ts';
import { musetalkSchema } from '../agent/src/config/schema.ts';
import { openAvatar } from '../agent/src/engine/avatar-cabinet.ts';
import { graphOptionsOf } from '../agent/src/packs/musetalk/graph-options.ts';
import { openGraphs } from '../agent/src/packs/musetalk/musetalk-graphs.ts';
import { loadMusetalkPack } from '../agent/src/packs/musetalk/musetalk-pack.ts';
import { decodePrepared } from '../agent/src/packs/musetalk/prepared-avatar.ts';
import { compareValues } from '../agent/src/packs/musetalk/stage-result.ts';
import { runSessions, type SessionsResult } from './musetalk-sessions.ts';
import { batchTimes, partTimes, type StageTime } from './musetalk-stages.ts';

const HELP = `Usage: npm run bench -- musetalk [options]

  --pack DIR          folder of the exported pack (default: models/musetalk-v15)
  --providers LIST    processors in the order they are tried (default: cuda,cpu)
  --gpu N             number of the GPU (default: 0)
  --decoder NAME      pack, vae or taesd (default: pack)
  --seconds N         time per measurement (default: 5)
  --json FILE         write everything
`;
const AVATAR = 'ava';
const CLIP_FRAMES = 250;

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const memoryMb = (): number => process.memoryUsage.rss() / 1e6;

/** What nvidia-smi says, or undefined without one. */
function askGpu(query: string, gpu: number): string | undefined {
  try {
    const args = [`--query-gpu=${query}`, '--format=csv,noheader', `--id=${gpu}`];
    return execFileSync('nvidia-smi', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const short = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toPrecision(value < 0.001 ? 1 : 3);

/** Run the command with the words after `musetalk`. */
export async function benchMusetalk(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      pack: { type: 'string', default: 'models/musetalk-v15' },
      providers: { type: 'string', default: 'cuda,cpu' },
      gpu: { type: 'string', default: '0' },
      decoder: { type: 'string', default: 'pack' },
      seconds: { type: 'string', default: '5' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const seconds = Number(values.seconds);
  const gpu = Number(values.gpu);
  const settings = musetalkSchema.parse({
    providers: values.providers.split(','),
    gpu,
    decoder: values.decoder,
  });
  const options = graphOptionsOf(settings);
  const emptyMb = memoryMb();
  const gpuBefore = askGpu('memory.used', gpu);

  say('opening the pack …');
  const openedMs = performance.now();
  const graphs = await openGraphs(values.pack, options);
  const painting = await graphs.painting();
  const { provider, failures, mouth } = painting;
  const loadS = (performance.now() - openedMs) / 1000;
  for (const failure of failures) say(failure);

  say('preparing an avatar …');
  const folder = mkdtempSync(join(tmpdir(), 'bench-musetalk-'));
  const config = await loadConfig('configs/realtime.yaml');
  const avatarConfig = config.avatars.get(AVATAR);
  if (!avatarConfig) throw new Error(`configs/realtime.yaml has no avatar ${AVATAR}`);
  const registry = await AvatarRegistry.load({
    config: { ...config, avatars: new Map([[AVATAR, { ...avatarConfig, model: 'lite' }]]) },
    env: { modelsDir: 'models', bundleDirs: ['avatars', folder] },
    packs: async () => (await import('../agent/src/packs/load-pack.ts')).loadPack('lite', 'models'),
  });
  const { asset } = registry.get(AVATAR);
  const pack = await loadMusetalkPack(values.pack, options);
  const prepareMs = async (frameCount: number): Promise<{ ms: number; data: Uint8Array }> => {
    const { frames, track } = asset;
    const repeat = <T extends Float32Array | Uint8Array>(one: T, make: (n: number) => T): T => {
      const all = make(one.length * frameCount);
      for (let i = 0; i < frameCount; i += 1) all.set(one, i * one.length);
      return all;
    };
    const i420 = repeat<Uint8Array>(frames.i420, (n) => new Uint8Array(new SharedArrayBuffer(n)));
    const startedMs = performance.now();
    const data = await pack.prepare(
      { ...frames, frameCount, i420: i420 as Uint8Array<SharedArrayBuffer> },
      {
        landmarks: repeat(track.landmarks, (n) => new Float32Array(n)),
        boxes: repeat(track.boxes, (n) => new Float32Array(n)),
        interpolated: new Uint8Array(frameCount),
      },
      asset.settings,
    );
    return { ms: performance.now() - startedMs, data };
  };
  await prepareMs(1); // the first run of a network is slower
  const one = await prepareMs(1);
  const three = await prepareMs(3);
  const perFrameMs = (three.ms - one.ms) / 2;
  const prepared = decodePrepared(one.data, asset.frames, {
    type: mouth.latentType,
    length: mouth.latentLength,
  });
  const { latents } = prepared.frames[0]!; // prepare refuses a source without a usable frame
  const job = { latents, audio: new Float32Array(mouth.audioLength).fill(0.1) };

  say('batches …');
  const batches = await batchTimes(painting, graphs, job, mouth.batchSizes, seconds);
  const loadedMb = memoryMb();
  const gpuLoaded = askGpu('memory.used', gpu);
  const painted = (await mouth.run([job])).slice(0, 256 * 256 * 3);
  await graphs.release();

  let error: ReturnType<typeof compareValues> | undefined;
  if (provider !== 'cpu') {
    say('the same face on the CPU …');
    const onCpu = await openGraphs(values.pack, { ...options, providers: ['cpu'] });
    const reference = (await (await onCpu.painting()).mouth.run([job])).slice(0, painted.length);
    error = compareValues('GPU against CPU', painted, reference, 0.5, 'mean');
    await onCpu.release();
  }
  say('parts …');
  const parts = await partTimes(values.pack, provider, seconds);

  say('sessions …');
  const avatar = await openAvatar({ ...asset, packData: one.data }, pack);
  const { facts } = pack;
  const sessions: SessionsResult[] = [];
  if (facts.isRealTime) {
    const path = avatarConfig.audio_clips?.['hello'] ?? '';
    const { samples, sampleRateHz } = parseWav(readFileSync(path), path);
    const speech = toPcm16(resample(samples, sampleRateHz, 16_000));
    const admitted = facts.maxSessions ?? 1;
    for (const count of [...new Set([1, 4, 8, admitted].filter((n) => n <= admitted))]) {
      const lateMs = facts.makingMs ?? 0;
      sessions.push(await runSessions(avatar, count, speech, Math.max(seconds, 5), lateMs));
    }
  }
  await pack.close();
  rmSync(folder, { recursive: true });

  const manifest = parse(readFileSync(join(values.pack, 'pack.yaml'), 'utf8')) as Record<
    string,
    unknown
  >;
  const report = {
    machine: {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      load: loadavg()[0],
      gpu: askGpu('name,driver_version,memory.total', gpu) ?? null,
    },
    pack: {
      precision: manifest['precision'],
      weights: manifest['weights'],
      size: manifest['size'],
    },
    provider,
    failures,
    loadS,
    memory: {
      emptyMb,
      loadedMb,
      peakMb: process.resourceUsage().maxRSS / 1000,
      gpuBefore,
      gpuLoaded,
    },
    batches,
    parts,
    prepare: { perFrameMs, clipOf10S: (perFrameMs * CLIP_FRAMES) / 1000 },
    admitted: facts.isRealTime ? facts.maxSessions : 0,
    sessions,
    gpuAgainstCpu: error ?? null,
    againstPyTorch: manifest['checks'],
  };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
  print(report);
}

type Report = {
  machine: { cpu: string | undefined; cores: number; load: number | undefined; gpu: string | null };
  provider: string;
  loadS: number;
  pack: { precision: unknown; weights: unknown };
  memory: {
    loadedMb: number;
    peakMb: number;
    gpuBefore: string | undefined;
    gpuLoaded: string | undefined;
  };
  batches: StageTime[];
  parts: StageTime[];
  prepare: { perFrameMs: number; clipOf10S: number };
  admitted: number | undefined;
  sessions: SessionsResult[];
  gpuAgainstCpu: ReturnType<typeof compareValues> | null;
};

function print({ machine, memory, ...report }: Report): void {
  const times = (rows: readonly StageTime[]): string =>
    table(
      ['stage', 'batch', 'p50 ms', 'p95 ms', 'per second', 'runs'],
      rows.map((row) => [
        row.stage,
        row.batch,
        short(row.p50Ms),
        short(row.p95Ms),
        short((row.batch * 1000) / row.p50Ms),
        row.runs,
      ]),
    );
  const { pack, provider } = report;
  const facts: [string, string][] = [
    ['processor', machine.gpu ?? `${machine.cores} cores of ${machine.cpu ?? '?'}`],
    ['runs on', `${provider}, ${String(pack.precision)}, ${String(pack.weights)} weights`],
    ['load average of the machine', short(machine.load ?? 0)],
    ['load', `${short(report.loadS)} s`],
    ['memory, loaded and at most', `${short(memory.loadedMb)} MB, ${short(memory.peakMb)} MB`],
    [
      'memory of the GPU, before and loaded',
      `${memory.gpuBefore ?? '–'}, ${memory.gpuLoaded ?? '–'}`,
    ],
    ['sessions admitted', String(report.admitted ?? '–')],
    [
      'preparation',
      `${short(report.prepare.perFrameMs)} ms a frame, ${short(report.prepare.clipOf10S)} s for a clip of 10 s`,
    ],
  ];
  if (report.gpuAgainstCpu) {
    const { maxError, meanError } = report.gpuAgainstCpu;
    facts.push(['GPU against CPU, one face', `max ${maxError}, mean ${short(meanError)} of 255`]);
  }
  const slowest = report.parts.toSorted((a, b) => b.p50Ms - a.p50Ms);
  process.stdout.write(
    `\n${table(['', ''], facts)}\n\n${times(report.batches)}\n\nSlowest first:\n\n${times(slowest)}\n`,
  );
  if (report.sessions.length === 0) return;
  const rows = report.sessions.map((one) => [
    ...[one.sessions, one.frames, short(one.p50Ms), short(one.p95Ms)],
    ...[one.late, one.dropped, one.broken],
  ]);
  const head = ['speaking sessions', 'frames', 'p50 ms', 'p95 ms', 'late', 'dropped', 'broken'];
  process.stdout.write(`\n${table(head, rows)}\n`);
}
