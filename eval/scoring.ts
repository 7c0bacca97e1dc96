/**
 * Scores of mouth curves against phoneme times and the curves made from them, per speaker. The definitions are those of
 * models/train/scoring.py, which scores network candidates without the product; eval/scoring.golden.json ties both.
 */
import { MouthCurves } from './mouth-curves.ts';
import type { Reference, Segment } from './references.ts';
import { correlation, mean, median, standardDeviation, type Numbers } from './statistics.ts';

/** A closure is an aperture below this share of the utterance's usual vowel. */
const CLOSED_SHARE = 0.45;
const CLOSURE_MARGIN_STEPS = 2;
const SHORTEST_VOWEL_S = 0.06;
const BILABIAL = 'PP';
const VOWELS = new Set(['aa', 'ae', 'ah', 'eh', 'ih', 'iy', 'ao', 'ow', 'uw', 'uh', 'er']);

/** Means over one speaker's utterances (closures: over closures). */
export type SpeakerScores = {
  /** Share of 10 ms steps whose most probable class is right. */
  readonly classAccuracy: number;
  /** Share of the steps of p b m that are taken for p b m. */
  readonly bilabialFramesFound: number;
  /** Share of p b m where the lips come below 45 % of the utterance's usual vowel. */
  readonly closureRecall: number;
  readonly closureRecallTarget: number;
  /** The same of vowels. */
  readonly falseClosures: number;
  readonly falseClosuresTarget: number;
  readonly falseClosuresAboveTarget: number;
  readonly jawCorrelation: number;
  /** Standard deviation of the jaw over that of the target. */
  readonly jawSdRatio: number;
  readonly roundingCorrelation: number;
  readonly utterances: number;
  readonly closures: number;
};

/** What an utterance is scored on; steps are 10 ms. */
export type Scored = Pick<Reference, 'segments' | 'labels' | 'target'> & {
  /** steps × parameters. */
  readonly mouth: Numbers;
  /** steps × classes. */
  readonly posterior: Numbers;
};

/** Collects one speaker's utterances. */
export class SpeakerScoring {
  readonly #classes: readonly string[];
  readonly #parameters: readonly string[];
  readonly #values = new Map<string, number[]>();

  constructor(classes: readonly string[], parameters: readonly string[]) {
    this.#classes = classes;
    this.#parameters = parameters;
  }

  add({ segments, labels, target, mouth, posterior }: Scored): void {
    const found = mostProbable(posterior, this.#classes.length);
    const decoded = new MouthCurves(mouth, this.#parameters);
    const wanted = new MouthCurves(target, this.#parameters);
    const from = Math.floor(segments[0]!.startS * 100); // an utterance has segments
    const to = Math.min(found.length, Math.floor(segments.at(-1)!.endS * 100));
    this.#note(
      'classAccuracy',
      shareOfSteps(from, to, (step) => found[step] === labels[step]),
    );
    const bilabial = this.#classes.indexOf(BILABIAL);
    const closing = [...labels.keys()].filter((step) => labels[step] === bilabial);
    if (closing.length > 0) {
      const hits = closing.filter((step) => found[step] === bilabial);
      this.#note('bilabialFramesFound', hits.length / closing.length);
    }
    this.#note('jawCorrelation', correlation(decoded.jaw, wanted.jaw));
    this.#note('jawSdRatio', standardDeviation(decoded.jaw) / standardDeviation(wanted.jaw));
    this.#note('roundingCorrelation', correlation(decoded.rounding, wanted.rounding));
    for (const [kind, curve] of [
      ['', decoded],
      ['Target', wanted],
    ] as const) {
      const { bilabials, vowels } = closures(curve.aperture, segments);
      for (const isClosed of bilabials) this.#note(`closureRecall${kind}`, isClosed ? 1 : 0);
      for (const isClosed of vowels) this.#note(`falseClosures${kind}`, isClosed ? 1 : 0);
    }
  }

  summary(): SpeakerScores {
    const of = (name: string): number => {
      const values = this.#values.get(name) ?? [];
      return values.length === 0 ? 0 : mean(values);
    };
    return {
      classAccuracy: of('classAccuracy'),
      bilabialFramesFound: of('bilabialFramesFound'),
      closureRecall: of('closureRecall'),
      closureRecallTarget: of('closureRecallTarget'),
      falseClosures: of('falseClosures'),
      falseClosuresTarget: of('falseClosuresTarget'),
      falseClosuresAboveTarget: of('falseClosures') - of('falseClosuresTarget'),
      jawCorrelation: of('jawCorrelation'),
      jawSdRatio: of('jawSdRatio'),
      roundingCorrelation: of('roundingCorrelation'),
      utterances: this.#values.get('classAccuracy')?.length ?? 0,
      closures: this.#values.get('closureRecall')?.length ?? 0,
    };
  }

  #note(name: string, value: number): void {
    const values = this.#values.get(name);
    if (values) values.push(value);
    else this.#values.set(name, [value]);
  }
}

/** Mean of each score over speakers (each counts the same), sums of the counts. */
export function overSpeakers(speakers: readonly SpeakerScores[]): SpeakerScores {
  const names = Object.keys(speakers[0] ?? {}) as (keyof SpeakerScores)[];
  const entries = names.map((name) => {
    const values = speakers.map((scores) => scores[name]);
    const isCount = name === 'utterances' || name === 'closures';
    return [name, isCount ? values.reduce((sum, value) => sum + value, 0) : mean(values)];
  });
  return Object.fromEntries(entries) as SpeakerScores;
}

/** Per bilabial: was it closed; per longer vowel: was it wrongly closed. */
export function closures(
  aperture: Numbers,
  segments: readonly Segment[],
): { bilabials: boolean[]; vowels: boolean[] } {
  const part = ({ startS, endS }: Segment, marginSteps: number): number[] => {
    const first = Math.max(0, Math.floor(startS * 100) - marginSteps);
    const end = Math.max(first + 1, Math.ceil(endS * 100) + marginSteps);
    return Array.from(aperture).slice(first, end);
  };
  const inside = segments.filter(({ endS }) => endS * 100 < aperture.length);
  const vowels = inside.filter(
    ({ name, startS, endS }) => VOWELS.has(name) && endS - startS > SHORTEST_VOWEL_S,
  );
  if (vowels.length === 0) return { bilabials: [], vowels: [] };
  const limit = CLOSED_SHARE * median(vowels.map((vowel) => mean(part(vowel, 0))));
  const isClosed = (segment: Segment, marginSteps: number): boolean =>
    Math.min(...part(segment, marginSteps)) < limit;
  return {
    bilabials: inside
      .filter(({ name }) => name === BILABIAL)
      .map((segment) => isClosed(segment, CLOSURE_MARGIN_STEPS)),
    vowels: vowels.map((segment) => isClosed(segment, -1)),
  };
}

/** Index of the largest of `classCount` probabilities, per step. */
function mostProbable(posterior: Numbers, classCount: number): Uint8Array {
  const out = new Uint8Array(posterior.length / classCount);
  for (let step = 0; step < out.length; step += 1) {
    let best = 0;
    for (let c = 1; c < classCount; c += 1) {
      if (posterior[step * classCount + c]! > posterior[step * classCount + best]!) best = c;
    }
    out[step] = best;
  }
  return out;
}

function shareOfSteps(from: number, to: number, isTrue: (step: number) => boolean): number {
  let count = 0;
  for (let step = from; step < to; step += 1) if (isTrue(step)) count += 1;
  return count / (to - from);
}
