/**
 * `npm run models -- …`: what model packs are there, whether their files are whole, how to get and make those that are
 * not in the repository, and (for those who change a pack) the manifest's hashes anew.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { z } from 'zod';
import { readLocalEnv } from '../config/env.ts';
import { AvatarError } from '../errors.ts';
import { listPack, packNames, verifyOne, type PackReport } from './list-packs.ts';

const HELP = `Usage: npm run models -- <command>

  list              packs with version, files there and missing, size and licence (fast: nothing is read)
  verify [PACK]     read every file of every pack, or of one, and compare it with its manifest
  pull PACK         fetch the published checkpoints of a pack (musetalk-v15); stopped or broken, it goes on
       [--from DIR]     take them from a folder instead, e.g. MuseTalk's own models/ (linked or copied)
       [--to DIR]       where to put them (default: checkpoints/ in the pack's folder)
       [--with PART]…   optional parts: parsing (face-parsing mask), taesd (fast decoder)
       [--mirror URL]   another server with the paths of https://huggingface.co
       [--yes]          agree to the licence statements without being asked
  export PACK       make the pack's files from its checkpoints (Python; docs/model-packs.md)
  parity            compare the stages of musetalk-v15 with their golden vectors (parity --help)
  hash PACK         rewrite bytes and sha256 in models/PACK/pack.yaml after a file changed
`;

/** As much of a manifest as rewriting its hashes needs; everything else is kept. */
const rehashSchema = z.looseObject({ files: z.array(z.looseObject({ path: z.string() })) });

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/**
 * Run the command. @returns the exit code: 0 done, 1 something is wrong with a pack, 2 wrong usage, 130 interrupted
 * @throws AvatarError
 */
export async function run(args: string[]): Promise<number> {
  const { modelsDir } = readLocalEnv();
  const [command, ...rest] = args;
  switch (command) {
    case 'list':
      return show(await packNames(modelsDir), (pack) => listPack(modelsDir, pack), 0);
    case 'verify':
      return verify(modelsDir, rest);
    case 'pull': {
      const { pullCommand } = await import('./pull-command.ts');
      return pullCommand(rest, modelsDir);
    }
    case 'export': {
      const { exportCommand } = await import('./export-command.ts');
      return exportCommand(rest, modelsDir);
    }
    case 'parity': {
      const { parityCommand } = await import('./parity-command.ts');
      return parityCommand(rest, modelsDir);
    }
    case 'hash': {
      const [name] = rest;
      if (name === undefined) break;
      await rehash(join(modelsDir, name));
      say(`models/${name}/pack.yaml: hashes are up to date`);
      return 0;
    }
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      say(HELP);
      return 0;
  }
  process.stderr.write(`models: there is no command "${args.join(' ')}"\n\n${HELP}`);
  return 2;
}

async function verify(modelsDir: string, names: string[]): Promise<number> {
  const known = await packNames(modelsDir);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new AvatarError(
      'REQUEST_INVALID',
      `models verify: there is no pack "${unknown}" in ${modelsDir} (there are ${known.join(', ')})`,
    );
  }
  const packs = names.length > 0 ? names : known;
  return show(packs, (pack) => verifyOne(modelsDir, pack, names.length > 0), 1);
}

async function show(
  packs: readonly string[],
  report: (pack: string) => Promise<PackReport>,
  brokenExitCode: number,
): Promise<number> {
  let exitCode = 0;
  for (const pack of packs) {
    const { lines, isBroken } = await report(pack);
    for (const line of lines) say(line);
    if (isBroken) exitCode = brokenExitCode;
  }
  return exitCode;
}

async function rehash(packDir: string): Promise<void> {
  const path = join(packDir, 'pack.yaml');
  const { files: listed, ...facts } = rehashSchema.parse(load(await readFile(path, 'utf8')));
  const files = await Promise.all(
    listed.map(async (file) => {
      const bytes = await readFile(join(packDir, file.path));
      return {
        ...file,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    }),
  );
  await writeFile(path, dump({ ...facts, files }, { lineWidth: 120 }));
}
