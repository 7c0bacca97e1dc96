/** `npm run models -- export PACK`: runs models/export/export.py in a Python environment made for it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readUserCacheDir } from '../config/env.ts';
import { AvatarError } from '../errors.ts';
import { findPython, makeVenv, runProgram, TORCH_CPU_INDEX } from './export-python.ts';
import { sizeOf } from './pull-check.ts';
import { checkpointsPath, readSources, selectFiles } from './pull-sources.ts';

/** models/export of this repository, from agent/src/models as from agent/dist/models. */
const SCRIPTS = join(import.meta.dirname, '../../../models/export');

/** Places that tests replace. */
export type ExportPlaces = {
  readonly scriptsDir: string;
  readonly cacheDir: string;
  /** See VenvOptions. */
  readonly torchIndex: string | undefined;
};

/**
 * Make the files of a pack from its checkpoints. `args`: PACK [--checkpoints DIR] [--out DIR] [--python PROGRAM], and
 * whatever else export.py takes. @returns the exit code of export.py
 * @throws AvatarError REQUEST_INVALID | MODEL_PACK_MISSING | DEPENDENCY_MISSING
 */
export async function exportCommand(
  args: readonly string[],
  modelsDir: string,
  places: ExportPlaces = {
    scriptsDir: SCRIPTS,
    cacheDir: readUserCacheDir(),
    torchIndex: TORCH_CPU_INDEX,
  },
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || !/^[a-z0-9][a-z0-9.-]*$/.test(name))
    throw new AvatarError('REQUEST_INVALID', 'models export: name one pack, e.g. musetalk-v15');
  const packDir = join(modelsDir, name);
  const sources = await readSources(packDir);
  if (!sources) {
    throw new AvatarError(
      'REQUEST_INVALID',
      `models export: ${packDir} has no sources.yaml: there is nothing to export for "${name}"`,
    );
  }
  const own = takeOption(rest, '--python');
  const checkpoints = takeOption(own.rest, '--checkpoints');
  const out = takeOption(checkpoints.rest, '--out');
  const others = out.rest;
  const takesNone = others.some((word) => word === '--help' || word.startsWith('--random'));
  const dir = checkpoints.value ?? checkpointsPath(packDir);
  // A folder of the user's may have other file formats than `pull` fetches: export.py knows which will do.
  const needed = checkpoints.value === undefined ? selectFiles(sources, []) : [];
  if (!takesNone) await requireCheckpoints(dir, name, needed);
  const python = await findPython(own.value);
  const program = await makeVenv({
    cacheDir: places.cacheDir,
    requirementsPath: join(places.scriptsDir, 'requirements.txt'),
    python,
    torchIndex: places.torchIndex,
    tell: (line) => process.stderr.write(`${line}\n`),
  });
  return runProgram([
    ...[program, join(places.scriptsDir, 'export.py')],
    ...(takesNone ? [] : ['--checkpoints', dir]),
    ...['--out', out.value ?? packDir],
    ...others,
  ]);
}

/** Without them Python would be set up for minutes only to say the same. */
async function requireCheckpoints(
  dir: string,
  name: string,
  files: ReturnType<typeof selectFiles>,
): Promise<void> {
  const missing: string[] = [];
  if (!(await stat(dir).catch(() => undefined))?.isDirectory()) missing.push('everything');
  else
    for (const { path } of files)
      if ((await sizeOf(join(dir, path))) === undefined) missing.push(path);
  if (missing.length === 0) return;
  throw new AvatarError(
    'MODEL_PACK_MISSING',
    `${dir} lacks ${missing.join(', ')}; fetch them with \`npm run models -- pull ${name}\`, or name a folder with --checkpoints`,
  );
}

/** Take `--name VALUE` or `--name=VALUE` out of a command line that another program parses. */
function takeOption(
  args: readonly string[],
  option: string,
): { readonly value: string | undefined; readonly rest: readonly string[] } {
  const at = args.findIndex((word) => word === option || word.startsWith(`${option}=`));
  if (at < 0) return { value: undefined, rest: args };
  const isOneWord = args[at] !== option;
  const value = isOneWord ? args[at]?.slice(option.length + 1) : args[at + 1];
  if (value === undefined || value === '')
    throw new AvatarError('REQUEST_INVALID', `models export: ${option} needs a value`);
  return { value, rest: [...args.slice(0, at), ...args.slice(at + (isOneWord ? 1 : 2))] };
}
