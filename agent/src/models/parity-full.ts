/** `parity --full`: runs models/export/parity_full.py in the export's Python environment and reads what it measured. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readUserCacheDir } from '../config/env.ts';
import { AvatarError } from '../errors.ts';
import type { StageResult } from '../packs/musetalk/stage-result.ts';
import { findPython, makeVenv, runProgram } from './export-python.ts';

/** models/export of this repository, from agent/src/models as from agent/dist/models. */
const SCRIPTS = join(import.meta.dirname, '../../../models/export');

const reportSchema = z.looseObject({
  stages: z.array(
    z.looseObject({
      stage: z.string(),
      maxError: z.number(),
      meanError: z.number(),
      tolerance: z.number(),
      meanTolerance: z.number(),
    }),
  ),
});

/** Places that tests replace, and arguments for the script. */
export type FullParityOptions = {
  /** Python program of an environment that has the script's packages. Default: made, as for `export`. */
  readonly program?: string;
  /** For the script, e.g. `--size tiny`. */
  readonly scriptArgs?: readonly string[];
};

/**
 * Graphs of full size against PyTorch: two results per stage, of its largest and of its mean error.
 * @throws AvatarError DEPENDENCY_MISSING | INFERENCE_FAILED when the script measures nothing
 */
export async function fullStages(options: FullParityOptions = {}): Promise<StageResult[]> {
  const program = options.program ?? (await environment());
  const folder = await mkdtemp(join(tmpdir(), 'parity-'));
  const json = join(folder, 'stages.json');
  const script = join(SCRIPTS, 'parity_full.py');
  try {
    const exitCode = await runProgram([
      program,
      script,
      '--json',
      json,
      ...(options.scriptArgs ?? []),
    ]);
    const text = await readFile(json, 'utf8').catch((cause: unknown) => {
      throw new AvatarError(
        'INFERENCE_FAILED',
        `models parity --full: ${script} ended with code ${exitCode} and measured nothing; its lines above say why`,
        { cause },
      );
    });
    return reportSchema.parse(JSON.parse(text)).stages.flatMap((one) => {
      const { maxError, meanError, tolerance, meanTolerance } = one;
      const errors = { maxError, meanError };
      return [
        { stage: `full: ${one.stage}`, ...errors, tolerance, limits: 'max' as const },
        {
          stage: `full: ${one.stage}`,
          ...errors,
          tolerance: meanTolerance,
          limits: 'mean' as const,
        },
      ];
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function environment(): Promise<string> {
  return makeVenv({
    cacheDir: readUserCacheDir(),
    requirementsPath: join(SCRIPTS, 'requirements.txt'),
    python: await findPython(),
    tell: (line) => process.stderr.write(`${line}\n`),
  });
}
