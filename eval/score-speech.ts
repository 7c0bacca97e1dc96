/** Runs the product over one set of references and scores it. */
import type { ModelPack } from '../agent/src/pipeline/model-pack.ts';
import { asShown, avOffset, type AvOffset } from './av-offset.ts';
import { MouthCurves } from './mouth-curves.ts';
import { productCurves, STEPS_PER_FRAME } from './product-curves.ts';
import type { Reference, ReferenceSet } from './references.ts';
import { overSpeakers, SpeakerScoring, type SpeakerScores } from './scoring.ts';
import { mean } from './statistics.ts';

/** An utterance and what the product made of it, for the report. */
export type ScoredUtterance = {
  readonly reference: Reference;
  readonly shown: MouthCurves;
  readonly target: MouthCurves;
};

export type SpeechResult = {
  readonly name: string;
  readonly mean: SpeakerScores;
  readonly speakers: Readonly<Record<string, SpeakerScores>>;
  /** As a video file shows it, frame i from 40·i ms. */
  readonly offset: AvOffset;
  /** Jitter of the lip aperture at 25 fps over that of the target curves. */
  readonly jitterRatio: number;
  readonly utterances: readonly ScoredUtterance[];
  readonly notAligned: readonly string[];
};

/** @param say takes progress lines */
export async function scoreSpeech(
  pack: ModelPack,
  { name, classes, parameters, utterances, notAligned }: ReferenceSet,
  say: (line: string) => void,
): Promise<SpeechResult> {
  if (parameters.join() !== pack.facts.parameterNames.join()) {
    throw new Error(`${name}: the references have other mouth parameters than ${pack.facts.name}`);
  }
  const scorings = new Map<string, SpeakerScoring>();
  const scored: ScoredUtterance[] = [];
  const jitters = { shown: [] as number[], target: [] as number[] };
  for (const [i, reference] of utterances.entries()) {
    say(`${name}: ${i + 1}/${utterances.length} scoring ${reference.name}`);
    const product = await productCurves(pack, reference.samples, classes.length);
    const { speaker, segments, labels, target } = reference;
    const scoring = scorings.get(speaker) ?? new SpeakerScoring(classes, parameters);
    scorings.set(speaker, scoring);
    const { parameters: mouth, posterior } = product;
    scoring.add({ segments, labels, target, mouth, posterior });
    const shown = new MouthCurves(product.frames, parameters);
    const wanted = new MouthCurves(target, parameters);
    scored.push({ reference, shown, target: wanted });
    jitters.shown.push(jitter(shown.aperture));
    jitters.target.push(jitter(wanted.aperture.filter((_, step) => step % STEPS_PER_FRAME === 1)));
  }
  const speakers = Object.fromEntries([...scorings].map(([who, of]) => [who, of.summary()]));
  return {
    name,
    mean: overSpeakers(Object.values(speakers)),
    speakers,
    offset: avOffset(
      scored.map(({ reference, shown, target }) => ({
        shown: asShown(shown.aperture, reference.steps),
        target: target.aperture,
      })),
    ),
    jitterRatio: mean(jitters.shown) / mean(jitters.target),
    utterances: scored,
    notAligned,
  };
}

/** Mean size of the second difference from value to value. */
export function jitter(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 1; i + 1 < values.length; i += 1) {
    sum += Math.abs(values[i - 1]! - 2 * values[i]! + values[i + 1]!);
  }
  return sum / Math.max(1, values.length - 2);
}
