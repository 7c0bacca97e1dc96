import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFaceModels } from './face-models.node.ts';

const packDirectory = path.resolve(import.meta.dirname, '../../../models/face');

describe('loadFaceModels', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'face-pack-'));
    const onlyPack = (source: string): boolean =>
      !/convert|golden/.test(path.relative(packDirectory, source));
    await cp(packDirectory, directory, { recursive: true, filter: onlyPack });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('loads the pack, and refuses to run after release', async () => {
    const models = await loadFaceModels(directory);
    const grey = new Float32Array(128 * 128 * 3);
    const outputs = await models.run('face-detector-short-range', grey, [1, 128, 128, 3]);
    expect(outputs['scores']).toHaveLength(896);
    await models.release();
    await expect(
      models.run('face-detector-short-range', grey, [1, 128, 128, 3]),
    ).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringContaining('release'),
    });
  });

  it('reports a tensor of the wrong shape as a failed inference', async () => {
    const models = await loadFaceModels(directory);
    await expect(
      models.run('face-mesh-attention', new Float32Array(12), [1, 2, 2, 3]),
    ).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringContaining('face-mesh-attention'),
    });
    await models.release();
  });

  it('names a missing file and the cure', async () => {
    await rm(path.join(directory, 'face-mesh-attention.onnx'));
    await expect(loadFaceModels(directory)).rejects.toMatchObject({
      code: 'MODEL_PACK_MISSING',
      message: expect.stringMatching(/face-mesh-attention\.onnx.*node models\/face\/build\.mjs/),
    });
  });

  it('names the manifest when the folder is empty', async () => {
    await expect(loadFaceModels(path.join(directory, 'nowhere'))).rejects.toMatchObject({
      code: 'MODEL_PACK_MISSING',
      message: expect.stringContaining('pack.yaml'),
    });
  });

  it('refuses a network with one changed byte', async () => {
    const file = path.join(directory, 'selfie-segmentation.onnx');
    const bytes = await readFile(file);
    bytes[100_000]! ^= 1;
    await writeFile(file, bytes);
    await expect(loadFaceModels(directory)).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringMatching(/selfie-segmentation\.onnx.*sha256/),
    });
  });

  it('refuses a truncated network', async () => {
    const file = path.join(directory, 'face-detector-full-range.onnx');
    await writeFile(file, (await readFile(file)).subarray(0, 1000));
    await expect(loadFaceModels(directory)).rejects.toMatchObject({ code: 'MODEL_PACK_CORRUPT' });
  });

  it('refuses a manifest that is broken, or leaves a network out', async () => {
    const manifest = path.join(directory, 'pack.yaml');
    await writeFile(manifest, 'name: [');
    await expect(loadFaceModels(directory)).rejects.toMatchObject({ code: 'MODEL_PACK_CORRUPT' });
    await writeFile(manifest, 'name: face\nfiles: []\n');
    await expect(loadFaceModels(directory)).rejects.toMatchObject({
      code: 'MODEL_PACK_CORRUPT',
      message: expect.stringContaining('face-detector-full-range.onnx'),
    });
  });
});
