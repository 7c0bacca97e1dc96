import { beforeAll, describe, expect, it } from 'vitest';
import { GoldenVectors } from './golden-vectors.ts';
import { exactStages } from './parity-stages.ts';
import { compareValues, isWithin, type StageResult } from './stage-result.ts';

const folder = new URL('../../../../models/musetalk-v15/fixtures/golden', import.meta.url).pathname;
let results: StageResult[];

beforeAll(async () => {
  results = await exactStages(await GoldenVectors.open(folder));
}, 60_000);

describe('stages without a network', () => {
  it.each([
    'mel',
    'windows',
    'box',
    'lanczos4-down',
    'lanczos4-face',
    'lanczos4-narrow',
    'bilinear-small',
    'bilinear-large',
    'bilinear-same',
    'jaw-mask',
    'mask-blurred',
    'mask-edge',
    'composite-inside',
    'composite-edge',
  ])('%s equals the golden vector within its tolerance', (stage) => {
    const result = results.find((one) => one.stage === stage);
    expect(result).toBeDefined();
    expect(result!.maxError).toBeLessThanOrEqual(result!.tolerance);
  });

  it('allows no difference anywhere but in the mel', () => {
    expect(results.filter(({ tolerance }) => tolerance > 0).map(({ stage }) => stage)).toEqual([
      'mel',
    ]);
  });
});

describe('comparison', () => {
  it('sees differences, missing values and values that are no numbers', () => {
    expect(compareValues('a', [1, 2], [1, 2.5], 0.5)).toMatchObject({
      maxError: 0.5,
      meanError: 0.25,
    });
    expect(isWithin(compareValues('a', [1, 2], [1, 2.5], 0.4))).toBe(false);
    expect(isWithin(compareValues('a', [1], [1, 2], 9))).toBe(false);
    expect(isWithin(compareValues('a', [NaN], [1], 9))).toBe(false);
    expect(isWithin(compareValues('a', [], [], 9))).toBe(false);
  });
});
