/** What `npm run models -- list` and `verify` say about the packs of a folder. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { AvatarError } from '../errors.ts';
import { showBytes } from './download-space.ts';
import { partPath } from './download.ts';
import { checkIn, sizeOf } from './pull-check.ts';
import { PullRecord } from './pull-record.ts';
import { checkpointsPath, readSources, selectFiles, sourcesPath } from './pull-sources.ts';
import { packManifestSchema, verifyPack } from './verify-pack.ts';

/** One pack: lines for people, and whether something is wrong with it. */
export type PackReport = { readonly lines: readonly string[]; readonly isBroken: boolean };

/** Folders in `modelsDir` with a pack.yaml or a sources.yaml. @throws AvatarError MODEL_PACK_MISSING without the folder */
export async function packNames(modelsDir: string): Promise<string[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true }).catch((cause: unknown) => {
    throw new AvatarError(
      'MODEL_PACK_MISSING',
      `${modelsDir} cannot be read; set AVATAR_MODELS_DIR to the folder of the packs`,
      { cause },
    );
  });
  const names: string[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const dir = join(modelsDir, name);
    const isPack = (await isFile(join(dir, 'pack.yaml'))) || (await isFile(sourcesPath(dir)));
    if (isPack) names.push(name);
  }
  return names.toSorted();
}

/** Fast: presence and sizes only. */
export async function listPack(modelsDir: string, name: string): Promise<PackReport> {
  const dir = join(modelsDir, name);
  const title = name.padEnd(14);
  const lines: string[] = [];
  let isBroken = false;
  try {
    if (await isFile(join(dir, 'pack.yaml'))) {
      const manifest = packManifestSchema.parse(
        load(await readFile(join(dir, 'pack.yaml'), 'utf8')),
      );
      const sizes = await Promise.all(manifest.files.map(({ path }) => sizeOf(join(dir, path))));
      const missing = manifest.files.filter((_, i) => sizes[i] === undefined);
      const wrong = manifest.files.filter((file, i) => ![undefined, file.bytes].includes(sizes[i]));
      isBroken = missing.length + wrong.length > 0;
      const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
      const count = `${manifest.files.length - missing.length}/${manifest.files.length} files`;
      lines.push(row(title, manifest.version, count, showBytes(bytes), manifest.licence));
      for (const { path } of missing) lines.push(`  missing: ${path}`);
      for (const { path } of wrong) lines.push(`  of the wrong size: ${path}`);
    }
    lines.push(...(await listSources(dir, title, lines.length > 0)));
  } catch (error) {
    return { lines: [`${title} ${reasonOf(error)}`], isBroken: true };
  }
  return { lines, isBroken };
}

/** Lines about the checkpoints of a pack that is made from published ones. */
async function listSources(dir: string, title: string, isMade: boolean): Promise<string[]> {
  const sources = await readSources(dir);
  if (!sources) return [];
  const checkpoints = checkpointsPath(dir);
  const needed = selectFiles(sources, []);
  let present = 0;
  let presentBytes = 0;
  let missingBytes = 0;
  const missing: string[] = [];
  for (const file of needed) {
    const size = await sizeOf(join(checkpoints, file.path));
    if (size !== undefined) {
      present++;
      presentBytes += size;
      continue;
    }
    missingBytes += file.bytes ?? 0;
    const part = await sizeOf(partPath(join(checkpoints, file.path)));
    const size_ = file.bytes === null ? 'size unknown' : showBytes(file.bytes);
    missing.push(
      `  missing: checkpoints/${file.path} (${size_}${part === undefined ? '' : `, ${showBytes(part)} fetched`})`,
    );
  }
  if (isMade && present === 0) return []; // exported, and the checkpoints put away
  const count = `${present}/${needed.length} checkpoints`;
  const lines = isMade
    ? [`  ${count}, ${showBytes(presentBytes)}`]
    : [row(title, sources.version, count, showBytes(presentBytes), 'several, shown by pull')];
  if (isMade) return lines;
  const next =
    missing.length > 0
      ? `  not ready: \`npm run models -- pull ${sources.name}\` (${showBytes(missingBytes)} or more), then export`
      : `  not ready: \`npm run models -- export ${sources.name}\``;
  return [...lines, ...missing, next];
}

/**
 * Thorough: every byte is read.
 * @param isAsked the user named this pack: then it is broken, too, when it has not been made yet
 */
export async function verifyOne(
  modelsDir: string,
  name: string,
  isAsked: boolean,
): Promise<PackReport> {
  const dir = join(modelsDir, name);
  const title = name.padEnd(14);
  try {
    const sources = await readSources(dir);
    const isMade = !sources || (await isFile(join(dir, 'pack.yaml')));
    const lines: string[] = [];
    if (isMade) {
      const pack = await verifyPack(dir);
      lines.push(row(title, pack.version, 'whole', showBytes(pack.bytes), pack.licence));
    }
    if (!sources) return { lines, isBroken: false };
    const checkpoints = await verifyCheckpoints(dir);
    if (!isMade) lines.push(`${title} not made yet (${checkpoints.whole} checkpoints are whole)`);
    lines.push(...checkpoints.problems.map((problem) => `  ${problem}`));
    if (!isMade && isAsked) lines.push(...checkpoints.missing.map((path) => `  missing: ${path}`));
    return { lines, isBroken: checkpoints.problems.length > 0 || (!isMade && isAsked) };
  } catch (error) {
    return { lines: [`${title} ${reasonOf(error)}`], isBroken: true };
  }
}

async function verifyCheckpoints(dir: string): Promise<{
  whole: number;
  missing: string[];
  problems: string[];
}> {
  const checkpoints = checkpointsPath(dir);
  const sources = await readSources(dir);
  const record = await PullRecord.open(checkpoints);
  const problems: string[] = [];
  const missing: string[] = [];
  let whole = 0;
  for (const file of sources?.files ?? []) {
    const found = await checkIn(checkpoints, file, record);
    const path = `checkpoints/${file.path}`;
    if (found.state === 'whole') whole++;
    else if (found.state === 'wrong')
      problems.push(`${path} ${found.detail}; \`npm run models -- pull\` replaces it`);
    else if (found.state === 'unknown')
      problems.push(`${path} has no published hash and was never recorded; \`pull\` records it`);
    else if (file.part === undefined) missing.push(path);
  }
  return { whole, missing, problems };
}

const row = (title: string, ...cells: string[]): string =>
  [title, cells[0]?.padEnd(8), cells[1]?.padEnd(16), cells[2]?.padStart(9), ` ${cells[3] ?? ''}`]
    .join(' ')
    .trimEnd();

const isFile = async (path: string): Promise<boolean> => (await sizeOf(path)) !== undefined;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
