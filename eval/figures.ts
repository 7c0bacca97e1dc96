/** What `npm run eval` measures, as it stands in the JSON. Null: not measured, `notes` says why. */
import type { AvOffset } from './av-offset.ts';
import type { CpuTime } from './cpu-time.ts';
import type { GoalResult } from './goals.ts';
import type { Latency } from './latency.ts';
import type { Part } from './options.ts';
import type { RenderedSpeakerScores } from './rendered-speakers/evaluate.ts';
import type { PictureScores } from './picture-scores.ts';
import type { SpeechResult } from './score-speech.ts';
import { overSpeakers, type SpeakerScores } from './scoring.ts';
import { asShown, avOffset } from './av-offset.ts';
import { mean } from './statistics.ts';

/** Scores over all speakers of one kind of speech. */
export type SpeechFigures = SpeakerScores & {
  /** Offset of the best fit of shown lips and target, ms; positive = the picture is late. */
  readonly avOffsetMs: number;
  readonly avOffset: AvOffset;
  readonly jitterRatio: number;
  /** By folder, mean over its speakers. */
  readonly folders: Readonly<Record<string, SpeakerScores>>;
  /** By `folder/speaker`. */
  readonly speakers: Readonly<Record<string, SpeakerScores>>;
  /** Recordings left out because the aligner could not follow. */
  readonly notAligned: readonly string[];
};

export type Figures = {
  readonly pack: string;
  readonly packVersion: string;
  readonly packMb: number;
  readonly part: Part;
  readonly machine: { readonly cpu: string; readonly node: string; readonly loadBefore: number };
  readonly unseenEngine: SpeechFigures | null;
  readonly realSpeech: SpeechFigures | null;
  readonly algorithmicLatencyMs: number;
  readonly latency: Latency;
  /** The renderer on rendered people whose landmarks are known. */
  readonly renderedSpeakers: RenderedSpeakerScores | null;
  readonly openAreaRatio: number | null;
  readonly textureRatio: number | null;
  /** Over rendered people and shipped avatars. */
  readonly outsideMaskMaxError: number | null;
  readonly silenceMaxChange: number | null;
  /** By avatar. */
  readonly avatars: Readonly<Record<string, PictureScores>> | null;
  readonly cpuMsPerFrame: CpuTime | null;
  readonly notes: readonly string[];
  readonly seconds: number;
};

export type JudgedFigures = Figures & { readonly goals: readonly GoalResult[] };

/** Put the results of several folders together; every speaker counts the same. */
export function combineSpeech(results: readonly SpeechResult[]): SpeechFigures {
  const speakers = Object.fromEntries(
    results.flatMap(({ name, speakers: own }) =>
      Object.entries(own).map(([speaker, scores]) => [`${name}/${speaker}`, scores] as const),
    ),
  );
  const offset = avOffset(
    results.flatMap(({ utterances }) =>
      utterances.map(({ reference, shown, target }) => ({
        shown: asShown(shown.aperture, reference.steps),
        target: target.aperture,
      })),
    ),
  );
  return {
    ...overSpeakers(Object.values(speakers)),
    avOffsetMs: offset.peakMs,
    avOffset: offset,
    jitterRatio: mean(results.map(({ jitterRatio }) => jitterRatio)),
    folders: Object.fromEntries(results.map(({ name, mean: scores }) => [name, scores])),
    speakers,
    notAligned: results.flatMap(({ notAligned }) => notAligned),
  };
}

/** The same with every number cut to five significant digits, for reading. */
export function rounded(value: unknown): unknown {
  if (typeof value === 'number')
    return Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}
