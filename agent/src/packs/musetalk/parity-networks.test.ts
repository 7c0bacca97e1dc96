import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openGraphs } from './musetalk-graphs.ts';
import {
  FLOAT16_LIMITS,
  FLOAT32_LIMITS,
  networkStages,
  smallDecoderStage,
} from './parity-networks.ts';
import { isWithin, type StageResult } from './stage-result.ts';
import { FIXTURES_DIR, ON_ONE_CPU, openGolden, TINY_PACK } from './tiny-pack.fixture.ts';

let results: StageResult[];

beforeAll(async () => {
  const golden = await openGolden();
  const tiny = await openGraphs(TINY_PACK, ON_ONE_CPU);
  const small = await openGraphs(TINY_PACK, { ...ON_ONE_CPU, decoder: 'taesd' });
  const halves = await openGraphs(`${FIXTURES_DIR}tiny-fp16`, ON_ONE_CPU);
  results = [
    ...(await networkStages(golden, tiny, FLOAT32_LIMITS)),
    await smallDecoderStage(golden, small),
    ...(await networkStages(golden, halves, FLOAT16_LIMITS)),
  ];
  for (const graphs of [tiny, small, halves]) await graphs.release();
}, 120_000);

describe('networks against PyTorch', () => {
  it.each([
    'features',
    'features-short',
    'audio-windows',
    'latents',
    'picture',
    'whole-chain',
    'picture-taesd',
    'features-fp16',
    'features-short-fp16',
    'audio-windows-fp16',
    'latents-fp16',
    'picture-fp16',
    'whole-chain-fp16',
  ])('%s is within its tolerance', (stage) => {
    const result = results.find((one) => one.stage === stage);
    expect(result).toBeDefined();
    expect(isWithin(result!), JSON.stringify(result)).toBe(true);
  });
});

it('paints with the decoder that pack.yaml names', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'taesd-pack-'));
  try {
    await cp(TINY_PACK, dir, { recursive: true });
    await appendFile(join(dir, 'pack.yaml'), 'decoder: taesd\n');
    const graphs = await openGraphs(dir, ON_ONE_CPU);
    const result = await smallDecoderStage(await openGolden(), graphs);
    await graphs.release();
    expect(isWithin(result), JSON.stringify(result)).toBe(true);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 60_000);
