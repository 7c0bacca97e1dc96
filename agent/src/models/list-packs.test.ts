import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { MODELS_DIR, temporaryFolder } from '../../test/avatar-fixtures.ts';
import { sha256, testBytes } from '../../test/download-server.ts';
import { listPack, packNames, verifyOne } from './list-packs.ts';
import { PACK_FILES, writeTinyPack } from '../../test/pull-fixtures.ts';
import { readSources, selectFiles, urlOf } from './pull-sources.ts';

const NET = testBytes(2000);
const root = temporaryFolder();
let modelsDir: string;
let count = 0;

const put = (path: string, bytes: Buffer | string): void => {
  mkdirSync(dirname(join(modelsDir, path)), { recursive: true });
  writeFileSync(join(modelsDir, path), bytes);
};
const putManifest = (name: string): void =>
  put(
    `${name}/pack.yaml`,
    `name: ${name}\nversion: 1.2.3\nlicence: CC0-1.0\nfiles:\n  - {path: net.onnx, bytes: 2000, sha256: ${sha256(NET)}}\n`,
  );
const putCheckpoint = (path: string): void => put(`tiny/checkpoints/${path}`, PACK_FILES[path]!);
const text = ({ lines }: { lines: readonly string[] }): string => lines.join('\n');
const list = async (name: string): Promise<string> => text(await listPack(modelsDir, name));

beforeEach(() => {
  modelsDir = join(root, String(count++));
  writeTinyPack(modelsDir);
  putManifest('solid');
  put('solid/net.onnx', NET);
  put('not-a-pack/readme.txt', '');
});

describe('models list', () => {
  it('finds folders with a manifest or with sources', async () => {
    expect(await packNames(modelsDir)).toEqual(['solid', 'tiny']);
    await expect(packNames(join(modelsDir, 'nowhere'))).rejects.toThrow('set AVATAR_MODELS_DIR');
  });

  it('shows version, files, size and licence', async () => {
    expect(await list('solid')).toMatch(/^solid +1\.2\.3 +1\/1 files +2\.00 kB +CC0-1\.0$/);
  });

  it('names missing files and files of the wrong size without reading them', async () => {
    truncateSync(join(modelsDir, 'solid/net.onnx'), 10);
    expect(await list('solid')).toContain('\n  of the wrong size: net.onnx');
    rmSync(join(modelsDir, 'solid/net.onnx'));
    expect(await list('solid')).toMatch(/0\/1 files[^]*\n {2}missing: net\.onnx/);
  });

  it('tells how far a pack is that has to be fetched and made', async () => {
    putCheckpoint('config.json');
    put('tiny/checkpoints/big/net.bin.part', testBytes(500_000));
    expect(await list('tiny')).toMatch(/^tiny +2 +1\/3 checkpoints/);
    expect(await list('tiny')).toContain('big/net.bin (1.50 MB, 500 kB fetched)');
    expect(await list('tiny')).toContain('small/loose.bin (size unknown)');
    expect(await list('tiny')).toMatch(
      /not ready: `npm run models -- pull tiny` \(1\.50 MB or more\)/,
    );
    putCheckpoint('big/net.bin');
    putCheckpoint('small/loose.bin');
    expect(await list('tiny')).toMatch(
      /3\/3 checkpoints[^]*not ready: `npm run models -- export tiny`/,
    );
    putManifest('tiny');
    put('tiny/net.onnx', NET);
    expect(await list('tiny')).toMatch(
      /^tiny +1\.2\.3 +1\/1 files[^]*\n {2}3\/3 checkpoints, 1\.51 MB$/,
    );
  });
});

describe('models verify', () => {
  it('reads every byte of a pack', async () => {
    expect(await verifyOne(modelsDir, 'solid', false)).toMatchObject({ isBroken: false });
    put('solid/net.onnx', testBytes(2000, 2));
    const report = await verifyOne(modelsDir, 'solid', false);
    expect(report.isBroken).toBe(true);
    expect(text(report)).toMatch(/net\.onnx has the sha256 .*; restore it with `git checkout/);
  });

  it('does not miss a pack that nobody asked for, and does when it was asked for', async () => {
    expect(await verifyOne(modelsDir, 'tiny', false)).toMatchObject({ isBroken: false });
    const asked = await verifyOne(modelsDir, 'tiny', true);
    expect(asked.isBroken).toBe(true);
    expect(text(asked)).toContain('  missing: checkpoints/big/net.bin');
    expect(text(asked)).not.toContain('mask.bin'); // optional
  });

  it('finds a damaged checkpoint, and one that nothing vouches for', async () => {
    putCheckpoint('small/loose.bin');
    put('tiny/checkpoints/big/net.bin', testBytes(1_500_000, 8));
    const report = await verifyOne(modelsDir, 'tiny', false);
    expect(report.isBroken).toBe(true);
    expect(text(report)).toMatch(/checkpoints\/big\/net\.bin has the sha256 .* \(published\)/);
    expect(text(report)).toContain('small/loose.bin has no published hash and was never recorded');
  });

  it('names the cure for a made pack that lost a file', async () => {
    putManifest('tiny');
    expect(text(await verifyOne(modelsDir, 'tiny', true))).toMatch(
      /net\.onnx is missing; make it anew with `npm run models -- export tiny`/,
    );
  });
});

describe('models/musetalk-v15/sources.yaml', () => {
  it('pins every needed file to a revision and a hash', async () => {
    const sources = await readSources(join(MODELS_DIR, 'musetalk-v15'));
    const files = selectFiles(sources!, []);
    expect(files.map(({ path }) => path)).toContain('musetalkV15/unet.pth');
    for (const file of files) {
      expect(file.revision).toMatch(/^[0-9a-f]{40}$/);
      expect(file.sha256).not.toBeNull();
    }
    expect(urlOf(files[0]!, 'https://host/x')).toBe(
      'https://host/x/TMElyralab/MuseTalk/resolve/3ef28bc5cff08c90ad8178a25f1b570cd800170f/musetalkV15/unet.pth',
    );
    expect(sources?.statements).toHaveLength(2);
    expect(selectFiles(sources!, ['taesd', 'parsing'])).toHaveLength(files.length + 3);
  });

  it.each([
    ['files: [', 'is not YAML'],
    ['name: tiny\n', 'sources.yaml: version'],
  ])('is refused when it is broken: %j', async (yaml, message) => {
    put('tiny/sources.yaml', yaml);
    await expect(readSources(join(modelsDir, 'tiny'))).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringContaining(message),
    });
  });

  it('cannot point out of its folder', async () => {
    const yaml = `name: t\nversion: '1'\ntitle: t\nstatements: [{from: a, says: b}]\nfiles:\n  - {path: ../../x, repo: a/b, revision: r, file: f, bytes: null, sha256: null, licence: l}\n`;
    put('tiny/sources.yaml', yaml);
    await expect(readSources(join(modelsDir, 'tiny'))).rejects.toThrow(
      'must stay inside the folder',
    );
  });
});
