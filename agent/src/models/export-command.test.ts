import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { exportCommand } from './export-command.ts';
import { findPython } from './export-python.ts';
import { PACK_FILES, writeTinyPack } from '../../test/pull-fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'export-test-'));
// A Python environment is thousands of files.
afterAll(() => rmSync(root, { recursive: true }), 60_000);
const cacheDir = join(root, 'cache');
const scriptsDir = join(root, 'scripts');
const places = { scriptsDir, cacheDir, torchIndex: undefined };
const seen = join(root, 'seen.json');
let modelsDir: string;
let count = 0;

const hasPython = await findPython().then(
  () => true,
  () => false,
);
if (!hasPython)
  process.stderr.write(
    'SKIPPED: tests of models export, because no Python 3.11–3.13 is installed\n',
  );

const putCheckpoints = (...paths: string[]): void => {
  for (const path of paths) {
    const full = join(modelsDir, 'tiny/checkpoints', path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, PACK_FILES[path]!);
  }
};
const NEEDED = ['big/net.bin', 'config.json', 'small/loose.bin'];

beforeEach(() => {
  modelsDir = join(root, String(count++));
  writeTinyPack(modelsDir);
  mkdirSync(scriptsDir, { recursive: true });
  writeFileSync(join(scriptsDir, 'requirements.txt'), '# nothing\n');
  writeFileSync(
    join(scriptsDir, 'export.py'),
    `import json, sys\nopen(${JSON.stringify(seen)}, 'w').write(json.dumps([sys.prefix, sys.argv[1:]]))\nsys.exit(3 if '--fail' in sys.argv else 0)\n`,
  );
});

describe('models export', () => {
  it('says what is missing before it sets anything up', async () => {
    await expect(exportCommand([], modelsDir, places)).rejects.toThrow('name one pack');
    await expect(exportCommand(['lite'], modelsDir, places)).rejects.toThrow('nothing to export');
    putCheckpoints('config.json');
    await expect(exportCommand(['tiny'], modelsDir, places)).rejects.toMatchObject({
      code: 'MODEL_PACK_MISSING',
      message: expect.stringMatching(
        /lacks big\/net\.bin, small\/loose\.bin; fetch them with `npm run models -- pull tiny`/,
      ),
    });
    const elsewhere = ['tiny', '--checkpoints', join(root, 'nowhere')];
    await expect(exportCommand(elsewhere, modelsDir, places)).rejects.toThrow('lacks everything');
    await expect(exportCommand(['tiny', '--out'], modelsDir, places)).rejects.toThrow(
      '--out needs a value',
    );
    expect(existsSync(cacheDir)).toBe(false);
  });

  it('says how to get Python when there is none, or none of a right version', async () => {
    await expect(findPython(undefined, ['no-such-python'])).rejects.toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: expect.stringMatching(/^Python is not installed; install Python 3\.11–3\.13/),
    });
    const old = join(root, 'old-python');
    writeFileSync(old, '#!/bin/sh\necho 3.8.1\n');
    chmodSync(old, 0o755);
    await expect(findPython(old)).rejects.toThrow(`no usable Python: ${old} is 3.8.1`);
    putCheckpoints(...NEEDED);
    await expect(
      exportCommand(['tiny', '--python', 'no-such-python'], modelsDir, places),
    ).rejects.toThrow('Python is not installed: no-such-python does not run');
  });

  it.runIf(hasPython)(
    'makes an environment once and runs the script in it with folders and options',
    { timeout: 180_000 },
    async () => {
      putCheckpoints(...NEEDED);
      expect(await exportCommand(['tiny', '--batches', '1,4'], modelsDir, places)).toBe(0);
      const [prefix, args] = JSON.parse(readFileSync(seen, 'utf8')) as [string, string[]];
      expect(dirname(prefix)).toBe(join(cacheDir, 'python'));
      const packDir = join(modelsDir, 'tiny');
      expect(args).toEqual([
        ...['--checkpoints', join(packDir, 'checkpoints'), '--out', packDir],
        ...['--batches', '1,4'],
      ]);
      // Again: the same environment; the script's exit code is ours.
      const again = ['tiny', `--out=${root}`, '--fail'];
      expect(await exportCommand(again, modelsDir, places)).toBe(3);
      expect(JSON.parse(readFileSync(seen, 'utf8'))).toEqual([
        prefix,
        ['--checkpoints', join(packDir, 'checkpoints'), '--out', root, '--fail'],
      ]);
      // Random weights need no checkpoints.
      rmSync(join(packDir, 'checkpoints'), { recursive: true });
      expect(await exportCommand(['tiny', '--random', 'tiny'], modelsDir, places)).toBe(0);
      expect(JSON.parse(readFileSync(seen, 'utf8'))).toEqual([
        prefix,
        ['--out', packDir, '--random', 'tiny'],
      ]);
      expect(readdirSync(join(cacheDir, 'python'))).toHaveLength(1);
    },
  );

  it('says that pip failed, and does not take the environment for a good one', async () => {
    putCheckpoints(...NEEDED);
    // A Python whose environments have a pip that fails: `-m venv DIR` puts the program itself there.
    const python = join(root, 'python-with-bad-pip');
    writeFileSync(
      python,
      `#!/bin/sh\ncase "$1 $2" in\n"-c "*) echo 3.12.0;;\n"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;\n*) echo "no route to the index" >&2; exit 9;;\nesac\n`,
    );
    chmodSync(python, 0o755);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(
        exportCommand(['tiny', '--python', python], modelsDir, places),
      ).rejects.toMatchObject({
        code: 'DEPENDENCY_MISSING',
        message: expect.stringMatching(/pip could not install the packages.* ended with 9$/),
      });
    }
  });

  it('takes torch without CUDA where an index has it, and says so when it has to take the large one', async () => {
    putCheckpoints(...NEEDED);
    const asked = join(root, 'asked-of-pip');
    // Its pip notes what it is asked for and cannot reach the index that is named `away`.
    const python = join(root, 'python-with-noting-pip');
    writeFileSync(
      python,
      `#!/bin/sh\ncase "$1 $2" in\n"-c "*) echo 3.12.3;;\n"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;\n"-m pip") echo "$@" >> ${asked}; case "$*" in *away*) exit 1;; esac;;\nesac\n`,
    );
    chmodSync(python, 0o755);
    const said: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
    for (const torchIndex of ['https://here/cpu', 'https://away/cpu']) {
      // Another list is another environment.
      writeFileSync(join(scriptsDir, 'requirements.txt'), `torch==2.7.1\n# ${torchIndex}\n`);
      const asking = exportCommand(['tiny', '--python', python], modelsDir, {
        ...places,
        torchIndex,
      });
      expect(await asking).toBe(0);
    }
    write.mockRestore();
    const lines = readFileSync(asked, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/--index-url https:\/\/here\/cpu torch==2\.7\.1$/);
    expect(lines[1]).toMatch(/-r .*requirements\.txt$/);
    expect(lines[3]).toMatch(/-r .*requirements\.txt$/);
    const warnings = said.filter((line) => line.includes('CUDA'));
    expect(warnings).toEqual([expect.stringMatching(/away\/cpu cannot be used.*3 GB to fetch/)]);
  });

  it('says that Python cannot make environments', async () => {
    putCheckpoints(...NEEDED);
    const python = join(root, 'python-without-venv');
    writeFileSync(python, '#!/bin/sh\n[ "$1" = -c ] && echo 3.12.1 && exit\nexit 1\n');
    chmodSync(python, 0o755);
    await expect(exportCommand(['tiny', '--python', python], modelsDir, places)).rejects.toThrow(
      /cannot make an environment \(Debian, Ubuntu: apt install python3-venv\)/,
    );
  });
});
