/**
 * What the product is scored against: utterances with phoneme times and target curves, made by
 * models/train/references.py and kept in the user's cache under the hash of everything they depend on.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AvatarError } from '../agent/src/errors.ts';
import { REPO_ROOT } from '../tools/start/paths.mjs';
import type { Part } from './options.ts';
import { evaluationCache, openPythonEnvironment, requireProgram } from './python-environment.ts';

/** A phoneme's class and its time, s. */
export type Segment = { readonly name: string; readonly startS: number; readonly endS: number };

/** One utterance. Steps are 10 ms. */
export type Reference = {
  readonly name: string;
  readonly speaker: string;
  readonly text: string;
  /** 16 kHz mono, −1…1. */
  readonly samples: Float32Array;
  readonly steps: number;
  readonly segments: readonly Segment[];
  /** Class index per step. */
  readonly labels: Uint8Array;
  /** steps × 12 mouth parameters, in the order of `ReferenceSet.parameters`. */
  readonly target: Float32Array;
};

export type ReferenceSet = {
  readonly name: string;
  readonly classes: readonly string[];
  readonly parameters: readonly string[];
  readonly utterances: readonly Reference[];
  /** Recordings the aligner could not follow. */
  readonly notAligned: readonly string[];
};

/** Where utterances come from. */
export type ReferenceSource =
  | { readonly kind: 'festival' }
  | { readonly kind: 'speech'; readonly folder: string; readonly part: Part };

const TRAIN = join(REPO_ROOT, 'models/train');
/** Everything the references depend on beside the sound. */
const SOURCES = [
  'alignment.py',
  'articulation.py',
  'engines.py',
  'features.py',
  'phonemes.py',
  'references.py',
  'sentences.py',
  'requirements-eval.txt',
  '../lite/mouth.json',
];
const FESTIVAL_CURE =
  'apt-get install festival festvox-kallpc16k festvox-us-slt-hts, or leave this part out with --only';
const FLITE_CURE =
  'apt-get install flite (it says words the aligner does not know), or leave out --speech';

const indexSchema = z.object({
  classes: z.array(z.string()),
  parameters: z.array(z.string()),
  notAligned: z.array(z.string()),
  utterances: z.array(
    z.object({
      name: z.string(),
      speaker: z.string(),
      text: z.string(),
      steps: z.int(),
      segments: z.array(z.tuple([z.string(), z.number(), z.number()])),
      labels: z.array(z.int()),
    }),
  ),
});

/**
 * Utterances of a source; made by Python when they are not in the cache.
 * @param say takes progress lines
 * @throws AvatarError DEPENDENCY_MISSING | SOURCE_UNREADABLE with what the script said
 */
export async function loadReferences(
  name: string,
  source: ReferenceSource,
  say: (line: string) => void,
): Promise<ReferenceSet> {
  if (source.kind === 'festival') requireProgram('festival', FESTIVAL_CURE);
  else requireProgram('flite', FLITE_CURE);
  const cache = join(evaluationCache(), 'eval-references');
  const folder = join(cache, keyOf(source));
  if (!existsSync(folder)) {
    const python = openPythonEnvironment(say);
    mkdirSync(cache, { recursive: true });
    const unfinished = `${folder}.${process.pid}`;
    const args = [
      ...['references.py', '--out', unfinished, '--cache', join(cache, 'alignments')],
      ...(source.kind === 'festival'
        ? ['--festival']
        : ['--speech', resolve(source.folder), '--part', source.part]),
    ];
    say(`${name}: ${source.kind === 'festival' ? 'speaking' : 'aligning'} …`);
    try {
      await runScript(python, args, (line) => say(`${name}: ${line}`));
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return readReferences(name, folder);
}

/** Read what references.py wrote. */
export function readReferences(name: string, folder: string): ReferenceSet {
  const index = indexSchema.parse(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')));
  return {
    name,
    classes: index.classes,
    parameters: index.parameters,
    notAligned: index.notAligned,
    utterances: index.utterances.map(({ segments, labels, ...utterance }) => ({
      ...utterance,
      segments: segments.map(([segment, startS, endS]) => ({ name: segment, startS, endS })),
      labels: Uint8Array.from(labels),
      samples: readFloats(join(folder, `${utterance.name}.f32`)),
      target: readFloats(join(folder, `${utterance.name}.target.f32`)),
    })),
  };
}

function readFloats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function keyOf(source: ReferenceSource): string {
  const hash = createHash('sha256');
  for (const file of SOURCES) hash.update(readFileSync(join(TRAIN, file)));
  if (source.kind === 'festival') {
    hash.update(spawnSync('festival', ['--version'], { encoding: 'utf8' }).stdout);
  } else {
    hash.update(source.part);
    for (const file of readdirSync(source.folder).sort()) {
      if (!file.endsWith('.wav') && file !== 'transcripts.csv') continue;
      hash.update(`\0${file}\0`).update(readFileSync(join(source.folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 24);
}

/** Run the script; lines "3/17 what" are progress, the rest is kept for the message of a failure. */
async function runScript(
  python: string,
  args: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  const child = spawn(python, ['-B', ...args], { cwd: TRAIN, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  let pending = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      if (/^\d+\/\d+ /.test(line)) onProgress(line);
      else said.push(line);
    }
  });
  const status = await new Promise<number | null>((done, failed) => {
    child.once('error', failed).once('close', done);
  });
  if (status === 0) return;
  const reason = [...said, pending].join('\n').trim().split('\n').slice(-8).join('\n');
  const isVoice = reason.includes('festival did not speak');
  throw new AvatarError(
    isVoice ? 'DEPENDENCY_MISSING' : 'SOURCE_UNREADABLE',
    `models/train/references.py failed: ${reason}${isVoice ? `; ${FESTIVAL_CURE}` : ''}`,
  );
}
