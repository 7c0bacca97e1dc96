/**
 * `parity --full`: models/export/parity_full.py makes golden vectors and packs of full size with torch and compares the
 * graphs with PyTorch, in the export's Python environment; then our own stages run on those packs and those vectors.
 */
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readUserCacheDir } from '../config/env.ts';
import { AvatarError } from '../errors.ts';
import { GoldenVectors } from '../packs/musetalk/golden-vectors.ts';
import { openGraphs } from '../packs/musetalk/musetalk-graphs.ts';
import {
  FLOAT16_LIMITS,
  FLOAT32_LIMITS,
  networkStages,
} from '../packs/musetalk/parity-networks.ts';
import { exactStages } from '../packs/musetalk/parity-stages.ts';
import type { StageResult } from '../packs/musetalk/stage-result.ts';
import {
  EXIT_INTERRUPTED,
  findPython,
  makeVenv,
  runProgram,
  TORCH_CPU_INDEX,
} from './export-python.ts';

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

/** Both precisions: folder of the pack below the script's, and how far ours may be from PyTorch's float32. */
const PRECISIONS = [
  ['fp32', FLOAT32_LIMITS],
  ['fp16', FLOAT16_LIMITS],
] as const;

/**
 * Graphs of full size against PyTorch in Python (two results per stage, of its largest and of its mean error), and our
 * stages from sound and frame to picture on the same graphs.
 * @throws AvatarError DEPENDENCY_MISSING | INFERENCE_FAILED when the script measures nothing
 */
export async function fullStages(options: FullParityOptions = {}): Promise<StageResult[]> {
  const program = options.program ?? (await environment());
  const folder = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    const graphs = await pythonStages(program, folder, options.scriptArgs ?? []);
    process.stderr.write('our own stages on the same graphs …\n');
    return [...graphs, ...(await removingWhenStopped(folder, () => ownStages(folder)))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ctrl-C would leave the graphs, 5 GB, where nobody looks. While Python runs, runProgram sees to it. */
async function removingWhenStopped<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const stop = (): void => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(EXIT_INTERRUPTED);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await run();
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function pythonStages(
  program: string,
  folder: string,
  scriptArgs: readonly string[],
): Promise<StageResult[]> {
  const json = join(folder, 'stages.json');
  const script = join(SCRIPTS, 'parity_full.py');
  // The parts (UNet and decoder apart) are compared by every export; here they would double time and room.
  const standard = ['--json', json, '--work', folder, '--goldens', '--graphs', 'fused'];
  const exitCode = await runProgram([program, script, ...standard, ...scriptArgs]);
  const text = await readFile(json, 'utf8').catch((cause: unknown) => {
    throw new AvatarError(
      'INFERENCE_FAILED',
      `models parity --full: ${script} ended with code ${exitCode} and measured nothing; its lines above say why`,
      { cause },
    );
  });
  return reportSchema.parse(JSON.parse(text)).stages.flatMap((one) => {
    const { maxError, meanError, tolerance, meanTolerance } = one;
    const stage = `full: graph, ${one.stage}`;
    return [
      { stage, maxError, meanError, tolerance, limits: 'max' as const },
      { stage, maxError, meanError, tolerance: meanTolerance, limits: 'mean' as const },
    ];
  });
}

async function ownStages(folder: string): Promise<StageResult[]> {
  const golden = await GoldenVectors.open(join(folder, 'golden'));
  const results = await exactStages(golden);
  for (const [precision, limits] of PRECISIONS) {
    const packDir = join(folder, precision);
    if (!existsSync(packDir)) continue; // --precision fp16
    const graphs = await openGraphs(packDir, { providers: ['cpu'], threads: 0 });
    const named = { ...limits, suffix: `, ${precision}` };
    results.push(...(await networkStages(golden, graphs, named)));
    await graphs.release();
  }
  return results.map((one) => ({ ...one, stage: `full: ours, ${one.stage}` }));
}

async function environment(): Promise<string> {
  return makeVenv({
    cacheDir: readUserCacheDir(),
    requirementsPath: join(SCRIPTS, 'requirements.txt'),
    python: await findPython(),
    torchIndex: TORCH_CPU_INDEX,
    tell: (line) => process.stderr.write(`${line}\n`),
  });
}
