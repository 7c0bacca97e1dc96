/** A Python environment in the user's cache, made once per list of requirements. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AvatarError } from '../errors.ts';
import { assertFreeSpace } from './download-space.ts';
import { lockFolder } from './pull-lock.ts';

/** What the scripts need at least, and the last version for which all pinned requirements have wheels. */
const MINOR_RANGE = [11, 13] as const;
const CANDIDATES = ['python3.11', 'python3.12', 'python3.13', 'python3', 'python'];

/** What shells report for a command ended by Ctrl-C. */
export const EXIT_INTERRUPTED = 130;

/** A Python that can run the scripts. */
export type Python = { readonly program: string; readonly version: string };

/**
 * Find a Python of a right version; `named` is the user's choice.
 * @throws AvatarError DEPENDENCY_MISSING listing what was found instead
 */
export async function findPython(
  named?: string,
  candidates: readonly string[] = CANDIDATES,
): Promise<Python> {
  const found: string[] = [];
  for (const program of named === undefined ? candidates : [named]) {
    const version = await versionOf(program);
    if (version === undefined) continue;
    const [major, minor = 0] = version.split('.').map(Number);
    if (major === 3 && minor >= MINOR_RANGE[0] && minor <= MINOR_RANGE[1])
      return { program, version };
    found.push(`${program} is ${version}`);
  }
  const what =
    found.length > 0
      ? `no usable Python: ${found.join(', ')}`
      : `Python is not installed${named === undefined ? '' : `: ${named} does not run`}`;
  throw new AvatarError(
    'DEPENDENCY_MISSING',
    `${what}; install Python 3.${MINOR_RANGE[0]}–3.${MINOR_RANGE[1]} (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.11) or name one with --python`,
  );
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const ask = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
    const { stdout } = await promisify(execFile)(program, ['-c', ask], { timeout: 20_000 });
    return /^\d+\.\d+\.\d+$/.exec(stdout.trim())?.[0];
  } catch {
    return undefined; // not there, or not a Python
  }
}

/**
 * PyPI's torch for Linux x64 comes with 4 GB of CUDA libraries that an export has no use for; this index has it without.
 * Other platforms get one without from PyPI.
 */
export const TORCH_CPU_INDEX =
  process.platform === 'linux' && process.arch === 'x64'
    ? 'https://download.pytorch.org/whl/cpu'
    : undefined;
/** Room that an environment takes, bytes, measured: with torch for CPUs, and with all of CUDA. */
const SMALL_BYTES = 2e9;
const LARGE_BYTES = 6.5e9;

/** Where an environment is made, and how it tells about it. */
export type VenvOptions = {
  readonly cacheDir: string;
  readonly requirementsPath: string;
  readonly python: Python;
  /** Index that has torch without CUDA; undefined: PyPI's will do. */
  readonly torchIndex: string | undefined;
  /** One line for people. */
  readonly tell: (line: string) => void;
};

/**
 * The Python program of an environment with exactly these requirements; made when it is not there yet.
 * @throws AvatarError DEPENDENCY_MISSING when venv or pip fails, after showing their output
 */
export async function makeVenv(options: VenvOptions): Promise<string> {
  const { cacheDir, requirementsPath, python, tell } = options;
  const requirements = await readFile(requirementsPath);
  const key = createHash('sha256').update(requirements).update(python.version).digest('hex');
  const root = join(cacheDir, 'python');
  const dir = join(root, `export-${key.slice(0, 12)}`);
  const program =
    process.platform === 'win32' ? join(dir, 'Scripts/python.exe') : join(dir, 'bin/python');
  const ready = join(dir, '.ready');
  if (await exists(ready)) return program;
  await mkdir(root, { recursive: true });
  const unlock = await lockFolder(root);
  try {
    if (await exists(ready)) return program;
    await rm(dir, { recursive: true, force: true });
    await assertFreeSpace(root, SMALL_BYTES, ROOM_CURE);
    tell(`setting up Python ${python.version} in ${dir}, once; the packages take some minutes …`);
    await step(
      [python.program, '-m', 'venv', dir],
      'Python cannot make an environment (Debian, Ubuntu: apt install python3-venv)',
    );
    const pip = [program, '-m', 'pip', 'install', '--disable-pip-version-check'];
    await installSmallTorch(pip, requirements.toString(), options, root);
    await step(
      [...pip, '-r', requirementsPath],
      'pip could not install the packages; its lines above say why (behind a mirror: PIP_INDEX_URL)',
    );
    await writeFile(ready, '');
    return program;
  } finally {
    await unlock();
  }
}

/** torch without CUDA where there is an index for it; where that cannot be reached, the next step takes PyPI's. */
async function installSmallTorch(
  pip: readonly string[],
  requirements: string,
  { torchIndex, tell }: VenvOptions,
  root: string,
): Promise<void> {
  const torch = /^torch==\S+/m.exec(requirements)?.[0];
  if (torch === undefined || torchIndex === undefined) return;
  const patience = ['--retries', '1', '--timeout', '20'];
  const exitCode = await runProgram([...pip, ...patience, '--index-url', torchIndex, torch]);
  if (exitCode === 0) return;
  if (exitCode === EXIT_INTERRUPTED) throw stopped();
  tell(
    `${torchIndex} cannot be used (pip says why above); taking ${torch} with its CUDA libraries instead: 3 GB to fetch, 6 GB on the disk`,
  );
  await assertFreeSpace(root, LARGE_BYTES, ROOM_CURE);
}

const ROOM_CURE = 'make room, or name another folder with LIVE_AVATAR_CACHE=DIR';

async function step(command: readonly string[], problem: string): Promise<void> {
  const exitCode = await runProgram(command);
  if (exitCode === EXIT_INTERRUPTED) throw stopped();
  if (exitCode !== 0) {
    throw new AvatarError(
      'DEPENDENCY_MISSING',
      `${problem}: \`${command.join(' ')}\` ended with ${exitCode}`,
    );
  }
}

const stopped = (): AvatarError =>
  new AvatarError(
    'DEPENDENCY_MISSING',
    'stopped while Python was being set up; the same command starts that anew',
  );

/**
 * Run a program on this terminal, its output to stderr. Ctrl-C reaches the whole process group, so this process only
 * waits for the program to end; SIGTERM is handed on. @returns its exit code
 */
export async function runProgram([program = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['inherit', 2, 'inherit'] });
  let isStopped = false;
  const wait = (): void => void (isStopped = true);
  const end = (): void => {
    isStopped = true;
    child.kill('SIGTERM');
  };
  process.on('SIGINT', wait).on('SIGTERM', end);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      // Programs answer Ctrl-C with codes of their own (pip: 1), so that the code alone does not tell.
      child.once('exit', (code, signal) =>
        resolve(isStopped ? EXIT_INTERRUPTED : signal === null ? (code ?? 1) : 137),
      );
    });
  } finally {
    process.off('SIGINT', wait).off('SIGTERM', end);
  }
}

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
