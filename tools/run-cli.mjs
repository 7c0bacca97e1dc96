// @ts-check
// `npm run avatar|render|models -- …`: runs the agent's command line, after building it when a source is newer.
// Paths in the arguments are relative to the repository root, as in configs/realtime.yaml.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_PARTS, buildStaleParts } from './start/builds.mjs';
import { REPO_ROOT } from './start/paths.mjs';
import { UserError } from './start/user-error.mjs';

if (!existsSync(join(REPO_ROOT, 'node_modules'))) {
  console.error('node_modules is missing; run `npm ci` (or `npm start`) first');
  process.exit(1);
}
try {
  await buildStaleParts({
    env: process.env,
    signal: new AbortController().signal,
    log: (line) => console.error(line),
    parts: BUILD_PARTS.filter(({ workspace }) => workspace === 'agent'),
  });
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exit(1);
}
const { status } = spawnSync(
  process.execPath,
  [join(REPO_ROOT, 'agent/dist/cli.js'), ...process.argv.slice(2)],
  { cwd: REPO_ROOT, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
