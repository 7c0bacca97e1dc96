import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { damaged, damages, FUZZ_TIMEOUT_MS, fuzzing } from '../../test/fuzz/fuzz.ts';
import { AvatarError } from '../errors.ts';
import { verifyPack } from './verify-pack.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fuzz-pack-'));
  await cp(new URL('../../../models/lite', import.meta.url), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const CODES = /^MODEL_PACK_(MISSING|CORRUPT)$/;
const level = (name: string, from: string): string =>
  `${name}: &${name} [${Array.from({ length: 9 }, () => from).join(', ')}]\n`;

it(
  'a damaged pack.yaml is refused, or names the same files',
  async () => {
    const path = join(folder, 'pack.yaml');
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(damages(whole.length, 300), async (list) => {
        await writeFile(path, damaged(whole, list));
        try {
          expect((await verifyPack(folder)).bytes).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof AvatarError)) throw error;
          expect(error.code).toMatch(CODES);
          expect(error.message.length).toBeLessThan(5000);
        }
      }),
      fuzzing(150),
    );
    await writeFile(path, whole);
  },
  FUZZ_TIMEOUT_MS,
);

it.each([
  [
    'references that multiply',
    'abcdefghi'
      .split('')
      .map((name, i) => level(name, i === 0 ? 'x' : `*${'abcdefghi'[i - 1]!}`))
      .join(''),
  ],
  ['a list that holds itself', 'files: &a [*a]'],
  ['brackets without end', '['.repeat(100_000)],
])('a pack.yaml of %s is refused', async (_what, text) => {
  const bad = await mkdtemp(join(tmpdir(), 'fuzz-pack-'));
  await writeFile(join(bad, 'pack.yaml'), text);
  await expect(verifyPack(bad)).rejects.toMatchObject({ code: 'MODEL_PACK_CORRUPT' });
  await rm(bad, { recursive: true });
});

it(
  'a damaged network is refused, whatever is wrong with it',
  async () => {
    const path = join(folder, 'mouth.onnx');
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(damages(whole.length, 2000), async (list) => {
        const broken = damaged(whole, list);
        await writeFile(path, broken);
        const answer = verifyPack(folder).then(
          () => 'right' as const,
          (error: unknown) => error,
        );
        if (broken.equals(whole)) expect(await answer).toBe('right');
        else expect(await answer).toMatchObject({ code: 'MODEL_PACK_CORRUPT' });
      }),
      fuzzing(60),
    );
    await writeFile(path, whole);
  },
  FUZZ_TIMEOUT_MS,
);
