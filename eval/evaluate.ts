/** Measures what the options ask for. The pieces a report draws are kept beside the figures. */
import { cpus, loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { readLocalEnv } from '../agent/src/config/env.ts';
import { AvatarError } from '../agent/src/errors.ts';
import { verifyPack } from '../agent/src/models/verify-pack.ts';
import { loadPack } from '../agent/src/packs/load-pack.ts';
import type { ModelPack } from '../agent/src/pipeline/model-pack.ts';
import { measureCpuTime, type CpuTime } from './cpu-time.ts';
import { combineSpeech, type Figures, type JudgedFigures } from './figures.ts';
import { judge } from './goals.ts';
import { algorithmicLatency } from './latency.ts';
import type { EvalOptions } from './options.ts';
import { scorePictures, type PictureScores } from './picture-scores.ts';
import { loadReferences, type ReferenceSet } from './references.ts';
import {
  evaluateRenderedSpeakers,
  type RenderedSpeakerScores,
} from './rendered-speakers/evaluate.ts';
import type { ScoredPicture } from './rendered-speakers/score-person.ts';
import { scoreSpeech, type SpeechResult } from './score-speech.ts';
import { openShippedAvatars, type ShippedAvatars } from './shipped-avatars.ts';

export type Evaluation = {
  readonly figures: JudgedFigures;
  /** Results per set of speech, festival first. */
  readonly speech: readonly SpeechResult[];
  readonly shipped: ShippedAvatars;
  /** Every mouth shape of every rendered person, drawn by the product. */
  readonly renderedPictures: readonly ScoredPicture[];
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
  // First what may be missing on this machine, so that nobody waits for an error.
  const festivalSet = sections.has('festival')
    ? await loadReferences('festival', { kind: 'festival' }, say)
    : null;
  const realSets: ReferenceSet[] = [];
  for (const folder of sections.has('speech') ? options.speech : []) {
    const source = { kind: 'speech', folder, part } as const;
    realSets.push(await loadReferences(basename(folder), source, say));
  }
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
  const renderedPictures: ScoredPicture[] = [];
  const rendered = sections.has('rendered')
    ? await renderedSpeakers(modelsDir, renderedPictures, notes, say)
    : null;
  const festival = festivalSet && (await scoreSpeech(pack, festivalSet, say));
  const real: SpeechResult[] = [];
  for (const set of realSets) real.push(await scoreSpeech(pack, set, say));
  if (sections.has('speech') && options.speech.length === 0) {
    notes.push('real speech is not scored: give folders with --speech DIR (docs/evaluation.md)');
  }
  const notAligned = real.flatMap((result) => result.notAligned);
  if (notAligned.length > 0) notes.push(`not aligned and left out: ${notAligned.join(', ')}`);

  const latency = algorithmicLatency(pack);
  const all = avatars && Object.values(avatars);
  const outside = [...(all ?? []), ...(rendered ? [rendered] : [])];
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
    renderedSpeakers: rendered,
    openAreaRatio: rendered && rendered.openAreaRatio,
    textureRatio: rendered && rendered.textureRatio,
    outsideMaskMaxError:
      outside.length === 0
        ? null
        : Math.max(...outside.map((scores) => scores.outsideMaskMaxError)),
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
    renderedPictures,
    pack,
  };
}

/** Null with a note when the data set is not there: everything else can still be measured. */
async function renderedSpeakers(
  modelsDir: string,
  pictures: ScoredPicture[],
  notes: string[],
  say: (line: string) => void,
): Promise<RenderedSpeakerScores | null> {
  say('rendered speakers …');
  try {
    return await evaluateRenderedSpeakers({
      modelsDir,
      onPicture: (picture) => pictures.push(picture),
    });
  } catch (thrown) {
    if (!(thrown instanceof AvatarError) || thrown.code !== 'SOURCE_MISSING') throw thrown;
    notes.push(`rendered speakers are not scored: ${thrown.message}`);
    return null;
  }
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
