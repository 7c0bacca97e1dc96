/** Where the graphs run, with what ONNX Runtime really has on this machine. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { musetalkSchema } from '../../config/schema.ts';
import { graphOptionsOf } from './graph-options.ts';
import { openGraphs } from './musetalk-graphs.ts';
import { loadMusetalkPack } from './musetalk-pack.ts';
import { TINY_PACK } from './tiny-pack.fixture.ts';

const cuda = new URL(
  '../../../../node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so',
  import.meta.url,
).pathname;
const hasGpuPart = existsSync(cuda);
const optionsOf = (settings: object) => ({
  ...graphOptionsOf(musetalkSchema.parse(settings)),
  threads: 1,
});

describe.skipIf(hasGpuPart)('processors of a machine without the GPU part', () => {
  it('are tried in the order asked for; each that cannot be used is named with its cure', async () => {
    const graphs = await openGraphs(
      TINY_PACK,
      optionsOf({ providers: ['tensorrt', 'cuda', 'cpu'] }),
    );
    const { provider, failures } = await graphs.painting();
    expect(provider).toBe('cpu');
    expect(failures).toHaveLength(2);
    const cure =
      /tensorrt.*(ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node|use Linux x64)/;
    expect(failures[0]).toMatch(cure);
    expect(failures[1]).toMatch(/cuda/);
    await graphs.release();
  });

  it('are not replaced by the CPU when it is not among them', async () => {
    const pack = await loadMusetalkPack(TINY_PACK, optionsOf({ providers: ['cuda'] }));
    await expect(pack.openAvatar({} as never)).rejects.toMatchObject({
      code: 'DEPENDENCY_MISSING',
    });
    await pack.close();
  });
});

describe('settings of the pack', () => {
  it('say how much sound the encoder hears, and with it the look-ahead', async () => {
    const standard = await loadMusetalkPack(TINY_PACK, optionsOf({}));
    expect(standard.facts.lookAheadMs).toBe(172.5);
    const settings = { hop_frames: 4, left_context_ms: 1000, right_context_ms: 100 };
    const patient = await loadMusetalkPack(TINY_PACK, optionsOf(settings));
    expect(patient.facts.lookAheadMs).toBe(312.5);
    const fused = optionsOf({ decoder: 'taesd' });
    expect(fused.decoder).toBe('taesd');
    expect(optionsOf({}).decoder).toBeUndefined();
  });

  it('are part of the version only as far as prepared bytes depend on them: the weights', async () => {
    const tiny = await openGraphs(TINY_PACK, optionsOf({}));
    const halves = await openGraphs(`${TINY_PACK}-fp16`, optionsOf({}));
    const other = await openGraphs(TINY_PACK, optionsOf({ hop_frames: 3 }));
    expect(tiny.version).toMatch(/^1\.5\.0-[0-9a-f]{8}$/);
    expect(halves.version).not.toBe(tiny.version);
    expect(other.version).toBe(tiny.version);
  });
});
