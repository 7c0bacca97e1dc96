/**
 * `npm run models -- list | verify | hash PACK`: what model packs are there, whether their files are whole, and (for
 * those who change a pack) the manifest's hashes anew.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { z } from 'zod';
import { readLocalEnv } from '../config/env.ts';
import { verifyPack } from './verify-pack.ts';

const HELP = `Usage: npm run models -- <command>

  list          packs in the models folder with version, licence and size
  verify        check every file of every pack against its manifest
  hash PACK     rewrite bytes and sha256 in models/PACK/pack.yaml after a file changed
`;

/** As much of a manifest as rewriting its hashes needs; everything else is kept. */
const rehashSchema = z.looseObject({ files: z.array(z.looseObject({ path: z.string() })) });

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Names of folders in `modelsDir` that hold a pack.yaml. */
async function packNames(modelsDir: string): Promise<string[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true });
  const names: string[] = [];
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    const hasManifest = await stat(join(modelsDir, entry.name, 'pack.yaml')).catch(() => null);
    if (hasManifest) names.push(entry.name);
  }
  return names.toSorted();
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

/** Run the command; answers the exit code. */
export async function run(args: string[]): Promise<number> {
  const { modelsDir } = readLocalEnv();
  const [command, name] = args;
  if (command === 'list' || command === 'verify') {
    let broken = 0;
    for (const pack of await packNames(modelsDir)) {
      try {
        const { version, licence, bytes } = await verifyPack(join(modelsDir, pack));
        say(
          `${pack.padEnd(14)} ${version.padEnd(8)} ${licence.padEnd(24)} ${(bytes / 1e6).toFixed(1)} MB  ok`,
        );
      } catch (error) {
        broken++;
        say(`${pack.padEnd(14)} ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return command === 'verify' && broken > 0 ? 1 : 0;
  }
  if (command === 'hash' && name) {
    await rehash(join(modelsDir, name));
    say(`models/${name}/pack.yaml: hashes are up to date`);
    return 0;
  }
  say(HELP);
  return command === undefined || command === '--help' ? 0 : 2;
}
