import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { requireProgram } from './python-environment.ts';
import { readReferences } from './references.ts';

const folder = mkdtempSync(join(tmpdir(), 'eval-references-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('reads what references.py writes', () => {
  const index = {
    classes: ['sil', 'PP'],
    parameters: ['jawOpen', 'mouthClose'],
    notAligned: ['b-2'],
    utterances: [
      {
        name: 'a-1',
        speaker: 'a',
        text: 'pad',
        steps: 2,
        segments: [['PP', 0, 0.02]],
        labels: [1, 1],
      },
    ],
  };
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
  writeFileSync(join(folder, 'a-1.f32'), new Float32Array(320).fill(0.5));
  writeFileSync(join(folder, 'a-1.target.f32'), Float32Array.of(0.25, 1, 0.75, 0));
  const { utterances, notAligned } = readReferences('test', folder);
  expect(notAligned).toEqual(['b-2']);
  expect(utterances).toEqual([
    {
      name: 'a-1',
      speaker: 'a',
      text: 'pad',
      steps: 2,
      segments: [{ name: 'PP', startS: 0, endS: 0.02 }],
      labels: Uint8Array.of(1, 1),
      samples: new Float32Array(320).fill(0.5),
      target: Float32Array.of(0.25, 1, 0.75, 0),
    },
  ]);
});

it('names a program that is missing, and the cure', () => {
  expect(() => requireProgram('no-such-festival', 'apt-get install it')).toThrow(
    expect.objectContaining({
      code: 'DEPENDENCY_MISSING',
      message: 'no-such-festival is not installed; apt-get install it',
    }),
  );
});
