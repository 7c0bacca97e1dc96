import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { writeWav } from '../audio/wav-file.ts';
import { boxCaseSchema, compositeCaseSchema } from '../packs/musetalk/golden-cases.ts';
import { GoldenVectors } from '../packs/musetalk/golden-vectors.ts';
import { toPicture } from '../packs/musetalk/parity-pictures.ts';
import { isWithin } from '../packs/musetalk/stage-result.ts';
import { parityCommand } from './parity-command.ts';
import { realStages } from './parity-real.ts';

const MODELS = new URL('../../../models', import.meta.url).pathname;
const FIXTURES = join(MODELS, 'musetalk-v15/fixtures');
const folder = mkdtempSync(join(tmpdir(), 'parity-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('models parity', () => {
  it('passes on the fixtures and writes every stage as JSON', async () => {
    const json = join(folder, 'parity.json');
    expect(await parityCommand(['--json', json, '--tiny-only'], MODELS)).toBe(0);
    const { stages } = JSON.parse(readFileSync(json, 'utf8')) as { stages: object[] };
    expect(stages.length).toBeGreaterThan(18);
    for (const stage of stages) {
      expect(stage).toMatchObject({
        stage: expect.any(String),
        maxError: expect.any(Number),
        meanError: expect.any(Number),
        tolerance: expect.any(Number),
      });
    }
  }, 120_000);

  it('ends with 1 when a stage is beyond its tolerance', async () => {
    const models = join(folder, 'models');
    const copy = join(models, 'musetalk-v15/fixtures');
    mkdirSync(copy, { recursive: true });
    cpSync(FIXTURES, copy, { recursive: true });
    const mask = join(copy, 'golden/mask-blurred.bin');
    const bytes = readFileSync(mask);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(mask, bytes);
    const json = join(folder, 'changed.json');
    expect(await parityCommand(['--json', json, '--tiny-only'], models)).toBe(1);
    const { stages } = JSON.parse(readFileSync(json, 'utf8')) as {
      stages: { stage: string; ok: boolean }[];
    };
    const bad = stages.filter(({ ok }) => !ok).map(({ stage }) => stage);
    expect(bad).toContain('mask-blurred');
  }, 120_000);

  it('names a wrong option', async () => {
    await expect(parityCommand(['--fast'], MODELS)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('--fast'),
    });
  });
});

describe('comparison with pictures that MuseTalk made', () => {
  /** A folder as --real wants it, from the golden vectors: what PyTorch painted on frame 30 stands at place 30. */
  async function realFolder(): Promise<string> {
    const golden = await GoldenVectors.open(join(FIXTURES, 'golden'));
    const real = join(folder, 'real');
    for (const name of ['full_imgs', 'mask', 'pictures']) {
      mkdirSync(join(real, name), { recursive: true });
    }
    const [first] = await golden.cases('boxes', boxCaseSchema);
    const { x0, y0, x1, y1 } = first!.box;
    writeFileSync(join(real, 'coords.json'), JSON.stringify([[x0, y0, x1, y1]]));
    const pcm = (await golden.tensor('audio-pcm')).data;
    writeFileSync(join(real, 'audio.wav'), writeWav(Int16Array.from(pcm), 16_000));
    const frame = toPicture(await golden.tensor('frame'));
    const png = await sharp(swap(frame.data), { raw: { ...frame, channels: 3 } })
      .png()
      .toBuffer();
    writeFileSync(join(real, 'full_imgs/00000000.png'), png);
    writeFileSync(join(real, 'pictures/00000000.png'), png);
    // What PyTorch painted on frame 30, pasted by the reference.
    const [composite] = await golden.cases('composites', compositeCaseSchema);
    const { region, output } = composite!;
    const pasted = (await golden.tensor(output)).data;
    const whole = frame.data.slice();
    const rowBytes = (region.x1 - region.x0) * 3;
    for (let y = region.y0; y < region.y1; y += 1) {
      const row = pasted.slice((y - region.y0) * rowBytes, (y - region.y0 + 1) * rowBytes);
      whole.set(row, (y * frame.width + region.x0) * 3);
    }
    const painted = sharp(swap(whole), { raw: { ...frame, channels: 3 } });
    writeFileSync(join(real, 'painted.png'), await painted.png().toBuffer());
    const mask = toPicture(await golden.tensor('mask-blurred'));
    const grey = { width: mask.width, height: mask.height, channels: 1 } as const;
    const maskPng = await sharp(mask.data, { raw: grey }).png().toBuffer();
    writeFileSync(join(real, 'mask/00000000.png'), maskPng);
    return real;
  }

  it('leaves everything outside the face alone and sees that a face differs', async () => {
    const real = await realFolder();
    const stages = await realStages(real, join(FIXTURES, 'tiny'), {
      providers: ['cpu'],
      threads: 1,
    });
    const outside = stages.find(({ stage }) => stage === 'real-outside');
    expect(outside!.maxError).toBe(0);
    // The picture there is the bare frame, not a painted one.
    const face = stages.find(({ stage }) => stage === 'real-face');
    expect(isWithin(face!)).toBe(false);
  }, 60_000);

  it('finds pictures of the reference equal, picture by the number in its name', async () => {
    const real = await realFolder();
    rmSync(join(real, 'pictures/00000000.png'));
    cpSync(join(real, 'painted.png'), join(real, 'pictures/00000030.png'));
    const tiny = join(FIXTURES, 'tiny');
    const onOneCpu = { providers: ['cpu'], threads: 1 } as const;
    const exact = await realStages(real, tiny, onOneCpu);
    expect(exact.map(({ stage }) => stage)).toEqual(['real-face', 'real-outside']);
    expect(exact.every(isWithin)).toBe(true);
    expect(exact[0]!.maxError).toBeLessThanOrEqual(1);
    expect(exact[0]!.meanError).toBeLessThan(0.02);
    // The same out of a compressed picture: beyond the exact limits, within those of a video.
    const lossy = await sharp(join(real, 'painted.png')).jpeg({ quality: 92 }).toBuffer();
    await sharp(lossy).png().toFile(join(real, 'pictures/00000030.png'));
    expect((await realStages(real, tiny, onOneCpu)).every(isWithin)).toBe(false);
  }, 120_000);

  it('names what is missing', async () => {
    await expect(realStages(join(folder, 'nothing'), join(FIXTURES, 'tiny'))).rejects.toThrow(
      /coords\.json cannot be read; --real needs/,
    );
  });
});

function swap(bgr: Uint8Array): Uint8Array {
  return bgr.map((_, i) => bgr[i - (i % 3) + 2 - (i % 3)]!);
}
