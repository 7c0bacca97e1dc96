import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InferenceModel } from './inference-session.ts';
import { verifyPack } from './verify-pack.ts';

const WEIGHTS = Buffer.from('these are no weights');
const sha256 = createHash('sha256').update(WEIGHTS).digest('hex');
let packDir: string;

const writeManifest = (files: string): Promise<void> =>
  writeFile(
    join(packDir, 'pack.yaml'),
    `name: small\nversion: 1.2.3\nlicence: CC0-1.0\nsource: here\nfiles:\n${files}`,
  );
const goodFiles = `  - {path: net.onnx, bytes: ${WEIGHTS.length}, sha256: ${sha256}}\n`;

beforeEach(async () => {
  packDir = await mkdtemp(join(tmpdir(), 'pack-'));
  await writeFile(join(packDir, 'net.onnx'), WEIGHTS);
  await writeManifest(goodFiles);
});
afterEach(() => rm(packDir, { recursive: true }));

describe('verifyPack', () => {
  it('says where the files of a sound pack are', async () => {
    const pack = await verifyPack(packDir);
    expect(pack).toMatchObject({ name: 'small', version: '1.2.3', licence: 'CC0-1.0', bytes: 20 });
    expect(pack.path('net.onnx')).toBe(join(packDir, 'net.onnx'));
    expect(() => pack.path('other.bin')).toThrow('does not list other.bin');
  });

  it('names a missing file and the cure', async () => {
    await unlink(join(packDir, 'net.onnx'));
    await expect(verifyPack(packDir)).rejects.toMatchObject({
      code: 'MODEL_PACK_MISSING',
      message: expect.stringMatching(/net\.onnx is missing; restore it with `git checkout/),
    });
  });

  it('names a missing folder and the setting that points to it', async () => {
    await expect(verifyPack(join(packDir, 'nowhere'))).rejects.toMatchObject({
      code: 'MODEL_PACK_MISSING',
      message: expect.stringContaining('AVATAR_MODELS_DIR'),
    });
  });

  it('refuses a truncated file', async () => {
    await truncate(join(packDir, 'net.onnx'), 7);
    await expect(verifyPack(packDir)).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringContaining(`has 7 bytes instead of ${WEIGHTS.length}`),
    });
  });

  it('refuses a file with one bit changed', async () => {
    const changed = Buffer.from(WEIGHTS);
    changed[3]! ^= 1;
    await writeFile(join(packDir, 'net.onnx'), changed);
    await expect(verifyPack(packDir)).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringContaining(`instead of ${sha256}`),
    });
  });

  it.each([
    ['that is not YAML', '  - {path', 'is not YAML'],
    ['without hashes', '  - path: net.onnx\n', 'files.0.bytes'],
    [
      'that points out of the pack',
      goodFiles.replace('net.onnx', '../net.onnx'),
      'inside the pack',
    ],
  ])('refuses a manifest %s', async (_name, files, message) => {
    await writeManifest(files);
    await expect(verifyPack(packDir)).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringContaining(message),
    });
  });
});

describe('InferenceModel', () => {
  it('says that a file with the right hash is no model', async () => {
    await expect(InferenceModel.load(join(packDir, 'net.onnx'))).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringContaining('net.onnx is not a model onnxruntime can load'),
    });
  });
});
