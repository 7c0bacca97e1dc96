/** Writes the report page: picks sentences, has avatars speak them, puts everything into one file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evaluation } from '../evaluate.ts';
import type { ScoredUtterance, SpeechResult } from '../score-speech.ts';
import { filmstrip, STRIP_STEP_MS } from './filmstrip.ts';
import { reportPage } from './page.ts';
import { renderedPicturesHtml } from './rendered-pictures.ts';
import type { SentenceView } from './sentence.ts';

/** Per speaker and in all, so that the page stays below about 10 MB. */
const SENTENCES_PER_SPEAKER = 2;
const MAX_SENTENCES = 16;
/** Longer utterances are cut. */
const MAX_SENTENCE_MS = 75 * STRIP_STEP_MS;
const SAMPLES_PER_MS = 16;

/** Write index.html into `folder`, which is there. */
export async function writeReport(
  { figures, speech, renderedPictures, shipped: { avatars, settings } }: Evaluation,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  const chosen = speech.flatMap(chooseSentences).slice(0, MAX_SENTENCES);
  const sentences: SentenceView[] = [];
  for (const [i, { set, utterance }] of chosen.entries()) {
    const { reference, shown, target } = utterance;
    const speaker = avatars[i % avatars.length]!; // there is at least one
    say(`report: ${i + 1}/${chosen.length} pictures of ${reference.name}`);
    const durationMs = Math.min(MAX_SENTENCE_MS, reference.steps * 10);
    const samples = reference.samples.subarray(0, durationMs * SAMPLES_PER_MS);
    sentences.push({
      title: `${set}: ${reference.name}`,
      text: reference.text,
      avatar: speaker.id,
      durationMs,
      segments: reference.segments,
      shown,
      target,
      frames: await filmstrip(speaker, samples, settings),
    });
  }
  const people = await renderedPicturesHtml(renderedPictures);
  writeFileSync(join(folder, 'index.html'), reportPage(figures, sentences, people));
}

/** The first sentences of each speaker. */
function chooseSentences({
  name,
  utterances,
}: SpeechResult): { set: string; utterance: ScoredUtterance }[] {
  const counts = new Map<string, number>();
  return utterances
    .filter(({ reference: { speaker } }) => {
      const count = (counts.get(speaker) ?? 0) + 1;
      counts.set(speaker, count);
      return count <= SENTENCES_PER_SPEAKER;
    })
    .map((utterance) => ({ set: name, utterance }));
}
