/** Measures what the options ask for. The pieces a report draws are kept beside the figures. */
import { cpus, loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { readLocalEnv } from '../agent/src/config/env.ts';
import { verifyPack } from '../agent/src/models/verify-pack.ts';
import { loadPack } from '../agent/src/packs/load-pack.ts';
import type { ModelPack } from '../agent/src/pipeline/model-pack.ts';
import { measureCpuTime, type CpuTime } from './cpu-time.ts';
import { combineSpeech, type Figures, type JudgedFigures } from './figures.ts';
import { judge } from './goals.ts';
import { algorithmicLatency } from './latency.ts';
import type { EvalOptions } from './options.ts';
import { scorePictures, type PictureScores } from './picture-scores.ts';
import { loadReferences } from './references.ts';
import { scoreSpeech, type SpeechResult } from './score-speech.ts';
import { openShippedAvatars, type ShippedAvatars } from './shipped-avatars.ts';

export type Evaluation = {
  readonly figures: JudgedFigures;
  /** Results per set of speech, festival first. */
  readonly speech: readonly SpeechResult[];
  readonly shipped: ShippedAvatars;
  readonly pack: ModelPack;
};

const BUSY_LOAD = 0.8;

/** @param say takes progress lines @throws AvatarError when something cannot be measured */
export async function evaluate(
  options: EvalOptions,
  say: (line: string) => void,
): Promise<Evaluation> {
  const startedMs = performance.now();
  const loadBefore = loadavg()[0] ?? 0;
  const { sections, part } = options;
  const notes: string[] = [];
  const { modelsDir } = readLocalEnv();
  const pack = await loadPack(options.pack, modelsDir);
  const shipped = await openShippedAvatars(pack);

  const cpu = sections.has('cpu') ? await cpuTime(shipped, say) : null;
  if (cpu !== null && loadBefore > BUSY_LOAD) {
    notes.push(
      `the machine was busy (load ${loadBefore.toFixed(1)}), CPU per frame is an upper bound; ` +
        `each frame at its best of 6 rounds: ${cpu.best.p50.toFixed(2)} / ${cpu.best.p99.toFixed(2)} ms`,
    );
  }
  const avatars = sections.has('avatars') ? await pictures(shipped, say) : null;
  const festival = sections.has('festival')
    ? await scoreSpeech(pack, await loadReferences('festival', { kind: 'festival' }, say), say)
    : null;
  const real: SpeechResult[] = [];
  for (const folder of sections.has('speech') ? options.speech : []) {
    const name = basename(folder);
    const set = await loadReferences(name, { kind: 'speech', folder, part }, say);
    real.push(await scoreSpeech(pack, set, say));
  }
  if (sections.has('speech') && options.speech.length === 0) {
    notes.push('real speech is not scored: give folders with --speech DIR (docs/evaluation.md)');
  }
  const notAligned = real.flatMap((result) => result.notAligned);
  if (notAligned.length > 0) notes.push(`not aligned and left out: ${notAligned.join(', ')}`);

  const latency = algorithmicLatency(pack);
  const all = avatars && Object.values(avatars);
  const figures: Figures = {
    pack: pack.facts.name,
    packVersion: pack.facts.version,
    packMb: (await verifyPack(join(modelsDir, options.pack))).bytes / 1e6,
    part,
    machine: { cpu: cpus()[0]?.model ?? 'unknown', node: process.version, loadBefore },
    unseenEngine: festival && combineSpeech([festival]),
    realSpeech: real.length === 0 ? null : combineSpeech(real),
    algorithmicLatencyMs: latency.totalMs,
    latency,
    outsideMaskMaxError: all && Math.max(...all.map((scores) => scores.outsideMaskMaxError)),
    silenceMaxChange: all && Math.max(...all.map((scores) => scores.silenceMaxChange)),
    avatars,
    cpuMsPerFrame: cpu,
    notes,
    seconds: (performance.now() - startedMs) / 1000,
  };
  return {
    figures: { ...figures, goals: judge(figures) },
    speech: festival ? [festival, ...real] : real,
    shipped,
    pack,
  };
}

function cpuTime(
  { avatars, settings }: ShippedAvatars,
  say: (line: string) => void,
): Promise<CpuTime> {
  const first = avatars[0]!; // openShippedAvatars gives at least one
  say(`CPU per frame on ${first.id} …`);
  return measureCpuTime(first.avatar, first.speech, settings);
}

async function pictures(
  { avatars, settings }: ShippedAvatars,
  say: (line: string) => void,
): Promise<Record<string, PictureScores>> {
  const scores: Record<string, PictureScores> = {};
  for (const shipped of avatars) {
    say(`pictures of ${shipped.id} …`);
    scores[shipped.id] = await scorePictures(shipped, shipped.speech, settings);
  }
  return scores;
}
