/**
 * The Python environment that makes the references (models/train/references.py): a virtual environment of our own in the
 * user's cache, made once per list of pinned packages.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AvatarError } from '../agent/src/errors.ts';
import { cacheDir, findOnPath, REPO_ROOT } from '../tools/start/paths.mjs';

const REQUIREMENTS = join(REPO_ROOT, 'models/train/requirements-eval.txt');
/** Python versions the pinned packages have builds for. */
const OLDEST_MINOR = 10;
const NEWEST_MINOR = 13;
/** Written last: an environment without it was interrupted. */
const COMPLETE = 'complete';

/** Where environments and references are kept: LIVE_AVATAR_CACHE or the user's cache. */
export function evaluationCache(): string {
  return cacheDir(process.env);
}

/**
 * Path of the environment's python; makes the environment when it is not there.
 * @param say takes progress lines
 * @throws AvatarError DEPENDENCY_MISSING with the command that helps
 */
export function openPythonEnvironment(say: (line: string) => void): string {
  const requirements = readFileSync(REQUIREMENTS);
  const { program, version } = findPython();
  const key = createHash('sha256').update(version).update(requirements).digest('hex').slice(0, 12);
  const folder = join(evaluationCache(), `eval-python-${key}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, COMPLETE)) && existsSync(python)) return python;
  say(`making a Python environment in ${folder} (once, about 300 MB) …`);
  rmSync(folder, { recursive: true, force: true });
  execute(
    program,
    ['-m', 'venv', folder],
    'python3 cannot make virtual environments; install python3-venv (Debian, Ubuntu: apt-get install python3-venv)',
  );
  say(`installing ${packagesOf(requirements.toString())} …`);
  execute(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS],
    `pip could not install ${REQUIREMENTS}; check the connection to the package index, then run again`,
  );
  writeFileSync(join(folder, COMPLETE), '');
  return python;
}

/** @throws AvatarError DEPENDENCY_MISSING when `program` is not on PATH; `cure` says what to do */
export function requireProgram(program: string, cure: string): void {
  if (findOnPath(program, process.env) !== undefined) return;
  throw new AvatarError('DEPENDENCY_MISSING', `${program} is not installed; ${cure}`);
}

function findPython(): { program: string; version: string } {
  requireProgram('python3', 'apt-get install python3 python3-venv, or brew install python@3.12');
  const { stdout, status } = spawnSync(
    'python3',
    ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
    { encoding: 'utf8' },
  );
  const version = stdout.trim();
  const [major, minor] = version.split('.').map(Number);
  const fits = major === 3 && minor! >= OLDEST_MINOR && minor! <= NEWEST_MINOR; // "3.11" has both
  if (status === 0 && fits) return { program: 'python3', version };
  throw new AvatarError(
    'DEPENDENCY_MISSING',
    `python3 is version ${version || 'unknown'}; the evaluation needs 3.${OLDEST_MINOR} to 3.${NEWEST_MINOR}: put one first on PATH`,
  );
}

function execute(program: string, args: readonly string[], cure: string): void {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return;
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-6).join('\n');
  throw new AvatarError('DEPENDENCY_MISSING', `${cure}\n${said}`);
}

const packagesOf = (requirements: string): string =>
  requirements
    .split('\n')
    .filter((line) => line.includes('=='))
    .join(', ');
