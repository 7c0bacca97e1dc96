import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InferenceModel } from './inference-session.ts';

const tiny = new URL('../../../models/musetalk-v15/fixtures/', import.meta.url).pathname;
const cuda = new URL(
  '../../../node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so',
  import.meta.url,
).pathname;

describe('a graph of half floats and bytes', () => {
  it('takes halves as 16 bits, gives bytes, and writes into arrays it is handed', async () => {
    const model = await InferenceModel.load(`${tiny}tiny-fp16/unet-vae.onnx`);
    expect(model.inputs).toEqual([
      { name: 'latents', type: 'float16', dims: ['batch', 8, 32, 32] },
      { name: 'audio', type: 'float16', dims: ['batch', 50, 12] },
    ]);
    const one = 0x3c00; // 1 as a half
    const bgr = new Uint8Array(256 * 256 * 3);
    const inputs = {
      latents: { type: 'float16', data: new Uint16Array(8192).fill(one), dims: [1, 8, 32, 32] },
      audio: { type: 'float16', data: new Uint16Array(600).fill(one), dims: [1, 50, 12] },
    } as const;
    const results = await model.runTyped(inputs, {
      bgr: { type: 'uint8', data: bgr, dims: [1, 256, 256, 3] },
    });
    expect(results['bgr']?.type).toBe('uint8');
    expect(new Set(bgr).size).toBeGreaterThan(10);
    expect(Buffer.compare(Buffer.from(results['bgr']!.data), Buffer.from(bgr))).toBe(0);
    await model.release();
  });

  it.skipIf(existsSync(cuda))('names the command when the GPU part is not installed', async () => {
    const loading = InferenceModel.load(`${tiny}tiny/unet-vae.onnx`, { provider: 'cuda' });
    await expect(loading).rejects.toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: expect.stringContaining('ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild'),
    });
  });
});
