/** The tiny pack of models/musetalk-v15/fixtures and its golden vectors, for tests. */
import { GoldenVectors } from './golden-vectors.ts';
import type { GraphOptions } from './musetalk-graphs.ts';

const FIXTURES = new URL('../../../../models/musetalk-v15/fixtures/', import.meta.url).pathname;

/** Folder of the tiny pack with random weights. */
export const TINY_PACK = `${FIXTURES}tiny`;
/** Folder of all fixtures. */
export const FIXTURES_DIR = FIXTURES;
/** One thread and no GPU: the same numbers everywhere. */
export const ON_ONE_CPU: GraphOptions = { providers: ['cpu'], threads: 1 };

/** The golden vectors. */
export const openGolden = (): Promise<GoldenVectors> => GoldenVectors.open(`${FIXTURES}golden`);

/** The golden sound, −1…1 at 16 kHz. */
export async function goldenSound(golden: GoldenVectors): Promise<Float32Array> {
  const { data } = await golden.tensor('audio-pcm');
  return Float32Array.from(data, (sample) => sample / 32768);
}
