/**
 * `npm run avatar|render|models -- …`: runs the agent's command line, after building it when the sources are newer.
 * Paths in the arguments are relative to the repository root, as in configs/realtime.yaml.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const ENTRY = join(ROOT, 'agent/dist/cli.js');

/** Newest modification time below a folder, ms; tests do not count. */
export function newestSourceMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) newest = Math.max(newest, newestSourceMs(path));
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')) {
      newest = Math.max(newest, statSync(path).mtimeMs);
    }
  }
  return newest;
}

/** Whether the build is missing or older than a source file. */
export function needsBuild(sourceDir, entry) {
  return !existsSync(entry) || statSync(entry).mtimeMs < newestSourceMs(sourceDir);
}

function run(program, args) {
  const result = spawnSync(program, args, {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32' && program === 'npm',
  });
  return result.status ?? 1;
}

function main(args) {
  if (!existsSync(join(ROOT, 'node_modules'))) {
    console.error('node_modules is missing; run `npm ci` (or `npm start`) first');
    return 1;
  }
  if (needsBuild(join(ROOT, 'agent/src'), ENTRY)) {
    console.error('building the agent …');
    const status = run('npm', ['run', '--silent', 'build', '-w', 'agent']);
    if (status !== 0) return status;
  }
  return run(process.execPath, [ENTRY, ...args]);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv.slice(2));
