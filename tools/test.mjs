// @ts-check
// `npm test`: everything that proves the product, in the order in which a failure is cheapest to find.
// Lint, types, build, unit, integration (real livekit-server), end-to-end (real Chromium). Exit code 0 = all green.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { getLivekitServer } from './get-livekit-server.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HELP = `Usage: npm test -- [--only STEP[,STEP…]]

Steps: lint, types, build, unit, integration, e2e. Default: all.
Programs the tests need beside Node (Chromium, ffmpeg, Redis, a C compiler) are installed with apt-get when that is possible.
`;

/** Programs from outside npm: executable candidates and the Debian package that brings one. */
const PROGRAMS = [
  {
    name: 'ffmpeg',
    paths: ['/usr/bin/ffmpeg', '/usr/local/bin/ffmpeg'],
    aptPackage: 'ffmpeg',
    variable: 'FFMPEG_BIN',
  },
  {
    name: 'Chromium',
    paths: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    aptPackage: 'chromium',
    variable: 'CHROMIUM_BIN',
  },
  {
    name: 'Redis',
    paths: ['/usr/bin/redis-server', '/usr/local/bin/redis-server'],
    aptPackage: 'redis-server',
    variable: 'REDIS_BIN',
  },
  {
    // agent/test/helpers/clock-jump.c. The package gcc alone brings no headers.
    name: 'a C compiler',
    paths: ['/usr/bin/cc', '/usr/local/bin/cc'],
    aptPackage: 'g++',
    variable: 'CC',
  },
];

const resultsDir = mkdtempSync(join(tmpdir(), 'live-avatar-test-'));
const vitest = (/** @type {string} */ project) => [
  'npx',
  [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(resultsDir, `${project}.json`)}`,
  ],
];

/** @type {Record<string, [string, string[]]>} */
const STEPS = {
  lint: ['npm', ['run', '--silent', 'lint']],
  types: ['npm', ['run', '--silent', 'typecheck']],
  build: ['npm', ['run', '--silent', 'build']],
  unit: /** @type {[string, string[]]} */ (vitest('unit')),
  integration: /** @type {[string, string[]]} */ (vitest('integration')),
  e2e: /** @type {[string, string[]]} */ (vitest('e2e')),
};

/** Install what is missing where that needs no question (root on a Debian-like system); otherwise say how. */
function installPrograms() {
  const missing = PROGRAMS.filter(
    ({ paths, variable }) => !process.env[variable] && !paths.some((path) => existsSync(path)),
  );
  if (missing.length === 0) return;
  const packages = missing.map(({ aptPackage }) => aptPackage);
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    console.log(`installing ${packages.join(', ')} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      stdio: 'inherit',
      env,
    });
  }
  const still = missing.filter(({ paths }) => !paths.some((path) => existsSync(path)));
  if (still.length > 0) {
    console.error(
      `missing: ${still.map(({ name }) => name).join(', ')}; install with: sudo apt-get install ${packages.join(' ')}`,
    );
    process.exit(1);
  }
}

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const chosen = values.only?.split(',') ?? Object.keys(STEPS);
const unknown = chosen.filter((step) => !(step in STEPS));
if (unknown.length > 0) {
  console.error(`unknown step ${unknown.join(', ')}\n\n${HELP}`);
  process.exit(2);
}

const env = { ...process.env };
if (chosen.some((step) => ['unit', 'integration', 'e2e'].includes(step))) {
  installPrograms();
  const server = await getLivekitServer({
    env: process.env,
    log: (line) => console.log(line),
    signal: new AbortController().signal,
  });
  env['LIVEKIT_SERVER_BIN'] = server.path;
}

/** @type {string[]} */
const failedSteps = [];
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const step of chosen) {
  const [command, args] = STEPS[step] ?? ['false', []]; // every chosen step is known: checked above
  const started = Date.now();
  console.log(`\n== ${step}`);
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env });
  console.log(
    `== ${step}: ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(0)} s)`,
  );
  const report = join(resultsDir, `${step}.json`);
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    counts.passed += result.numPassedTests;
    counts.failed += result.numFailedTests;
    counts.skipped += result.numPendingTests + result.numTodoTests;
  }
  if (status !== 0) {
    failedSteps.push(step);
    // Later steps run what the build made; without it they would only repeat the failure.
    if (step === 'build') break;
  }
}
rmSync(resultsDir, { recursive: true, force: true });
console.log(failedSteps.length === 0 ? '\nall steps ok' : `\nfailed: ${failedSteps.join(', ')}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(failedSteps.length === 0 ? 0 : 1);
