/** Runs the real command line in a process of its own, and makes a small pack to pull. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, testBytes } from './download-server.ts';

const ROOT = join(import.meta.dirname, '../..');

/** How a command ended. */
export type CliResult = { code: number | null; out: string; err: string };

/** A started command. */
export type Cli = {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves when the text has appeared on stderr. */
  readonly told: (text: string) => Promise<void>;
};

/** Start `models ARGS` with `env`; `prefix` goes before node, e.g. a shell that sets limits. */
export function startModels(
  args: readonly string[],
  env: Record<string, string>,
  prefix: readonly string[] = [],
): Cli {
  const command = [...prefix, process.execPath, '--import', 'tsx', 'agent/src/cli.ts', 'models'];
  const [program = '', ...rest] = [...command, ...args];
  const child = spawn(program, rest, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  const waiting: { text: string; resolve: () => void }[] = [];
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => {
    err += String(data);
    for (const { resolve } of waiting.filter(({ text }) => err.includes(text))) resolve();
  });
  return {
    child,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err }))),
    told: (text) =>
      new Promise((resolve) => {
        if (err.includes(text)) resolve();
        else waiting.push({ text, resolve });
      }),
  };
}

/** Content of the pack's files, by path; `net.bin` is the large one. */
export const PACK_FILES: Readonly<Record<string, Buffer>> = {
  'big/net.bin': testBytes(1_500_000),
  'config.json': Buffer.from('{"layers": 2}\n'),
  'small/loose.bin': testBytes(5000, 4),
  'extra/mask.bin': testBytes(3000, 5),
};

/** The paths that a server of these files has. */
export const SERVER_FILES: Record<string, Buffer> = Object.fromEntries(
  Object.entries(PACK_FILES).map(([path, content]) => [
    `/some/where/resolve/abc123/${path}`,
    content,
  ]),
);

const entry = (path: string, more: string): string =>
  `  - {path: ${path}, repo: some/where, revision: abc123, file: ${path}, licence: CC0-1.0, ${more}}\n`;
const pinned = (path: string): string =>
  `bytes: ${PACK_FILES[path]?.length ?? 0}, sha256: ${sha256(PACK_FILES[path] ?? Buffer.of())}`;

/** Write `modelsDir`/tiny/sources.yaml: two pinned files, one without a hash, one optional. */
export function writeTinyPack(modelsDir: string): string {
  const packDir = join(modelsDir, 'tiny');
  mkdirSync(packDir, { recursive: true });
  writeFileSync(
    join(packDir, 'sources.yaml'),
    `name: tiny\nversion: '2'\ntitle: Tiny weights\nstatements:\n  - {from: the readme, says: do what you like}\n  - {from: the card, says: be nice}\nfiles:\n` +
      entry('big/net.bin', pinned('big/net.bin')) +
      entry('config.json', `${pinned('config.json')}, also: [old-name/config.json]`) +
      entry('small/loose.bin', 'bytes: null, sha256: null') +
      entry('extra/mask.bin', `${pinned('extra/mask.bin')}, part: mask`),
  );
  return packDir;
}
