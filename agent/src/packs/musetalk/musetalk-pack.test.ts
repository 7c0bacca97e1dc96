import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDrawable } from '../../compositing/blend-patch.ts';
import {
  LANDMARK_COUNT,
  type AvatarAsset,
  type FaceTrack,
  type FrameStore,
  type ModelPack,
  type PackAvatarSettings,
} from '../../pipeline/model-pack.ts';
import { blendMask, maskSquare } from './blend-mask.ts';
import { boxCaseSchema, compositeCaseSchema } from './golden-cases.ts';
import type { GoldenVectors } from './golden-vectors.ts';
import { MESH_OF_68 } from './landmarks-68.ts';
import { isBroken } from './musetalk-avatar.ts';
import { loadMusetalkPack } from './musetalk-pack.ts';
import { blendOverRgb, placeOf } from './mouth-patch.ts';
import { bytesOf, cut, swapRedAndBlue, toPicture } from './parity-pictures.ts';
import { encodePrepared } from './prepared-avatar.ts';
import { compareValues } from './stage-result.ts';
import { goldenSound, ON_ONE_CPU, openGolden, TINY_PACK } from './tiny-pack.fixture.ts';

const SETTINGS: PackAvatarSettings = { bboxShiftPx: 0, strengthRatio: 1 };
const WIDTH = 288;
const HEIGHT = 352;
/** Enough context for the whole recording: the stream then hears what the golden vectors were made from. */
const WHOLE = { leftContextMs: 20, rightContextMs: 26_850, hopFrames: 74 };

let golden: GoldenVectors;
let pack: ModelPack;

beforeAll(async () => {
  golden = await openGolden();
  pack = await loadMusetalkPack(TINY_PACK, {
    ...ON_ONE_CPU,
    streaming: WHOLE,
  });
}, 60_000);
afterAll(() => pack.close());

const emptyFrames = (): FrameStore => ({
  width: WIDTH,
  height: HEIGHT,
  frameCount: 1,
  i420: new Uint8Array(new SharedArrayBuffer((WIDTH * HEIGHT * 3) / 2)).fill(128),
});

/** A face track with the golden landmarks. */
async function goldenTrack(): Promise<FaceTrack> {
  const [first] = await golden.cases('boxes', boxCaseSchema);
  const landmarks = new Float32Array(LANDMARK_COUNT * 3);
  MESH_OF_68.forEach((landmark, i) => landmarks.set(first!.landmarks[i]!, landmark * 3));
  return { landmarks, boxes: new Float32Array(4), interpolated: new Uint8Array(1) };
}

/** The golden avatar: its box, mask and latents as `prepare` would store them. */
async function goldenAsset(): Promise<{ asset: AvatarAsset; region: Float32Array }> {
  const [first] = await golden.cases('boxes', boxCaseSchema);
  const { box } = first!;
  const mask = blendMask(box, bytesOf(await golden.tensor('parsing')));
  const latents = Float32Array.from((await golden.tensor('latents')).data);
  const packData = encodePrepared([{ ...placeOf(box, maskSquare(box), mask), latents }], {
    width: WIDTH,
    height: HEIGHT,
  });
  const track = await goldenTrack();
  const asset = { id: 'golden', frames: emptyFrames(), track, packData, settings: SETTINGS };
  return { asset: asset, region: latents };
}

describe('the pack on its tiny graphs', () => {
  it('measures itself, says what a CPU means, and admits a session all the same', async () => {
    const { asset } = await goldenAsset();
    await pack.openAvatar(asset);
    expect(pack.facts.notice).toMatch(/runs on the CPU: .* real time is 25.*model: lite/);
    expect(pack.facts.maxSessions).toBeGreaterThanOrEqual(1);
    expect(pack.facts.framesPerSecond).toBeGreaterThan(0);
    expect(pack.facts.parameterCount).toBe(50 * 12);
  });

  it('paints the golden picture from the golden sound: sound, windows, network, paste', async () => {
    const { asset } = await goldenAsset();
    const avatar = await pack.openAvatar(asset);
    const stream = pack.openStream();
    const padded = new Float32Array(480_000);
    padded.set(await goldenSound(golden));
    stream.push(padded);
    const patch = await avatar.render(0, await stream.cue(30), 1);
    expect(isDrawable(patch!, WIDTH, HEIGHT)).toBe(true);
    const frame = toPicture(await golden.tensor('frame'));
    const rgb = swapRedAndBlue(frame.data);
    blendOverRgb(rgb, WIDTH, patch!);
    const [composite] = await golden.cases('composites', compositeCaseSchema);
    const ours = cut({ ...frame, data: swapRedAndBlue(rgb) }, composite!.region);
    const expected = await golden.tensor(composite!.output);
    const { maxError, meanError } = compareValues('golden', ours.data, expected.data, 1);
    expect(maxError).toBeLessThanOrEqual(1);
    expect(meanError).toBeLessThan(0.02);
  }, 60_000);

  it('prepares the same bytes twice, and others for another bbox_shift', async () => {
    const track = await goldenTrack();
    const one = await pack.prepare(emptyFrames(), track, SETTINGS);
    expect(await pack.prepare(emptyFrames(), track, SETTINGS)).toEqual(one);
    const shifted = await pack.prepare(emptyFrames(), track, { ...SETTINGS, bboxShiftPx: 5 });
    expect(shifted).not.toEqual(one);
  }, 60_000);

  it('refuses a source without a usable face, and data of another avatar', async () => {
    const track = await goldenTrack();
    const away = { ...track, landmarks: track.landmarks.map((value) => value + 1000) };
    await expect(pack.prepare(emptyFrames(), away, SETTINGS)).rejects.toMatchObject({
      code: 'FACE_NOT_FOUND',
    });
    const { asset } = await goldenAsset();
    const other = { ...asset, packData: asset.packData.slice(0, 100) };
    await expect(async () => pack.openAvatar(other)).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
    });
  });

  it('draws nothing at rest', async () => {
    const { asset } = await goldenAsset();
    const avatar = await pack.openAvatar(asset);
    const cue = { parameters: new Float32Array(600) };
    expect(await avatar.render(0, cue, 0)).toBeNull();
    expect(await avatar.render(1, cue, 1)).toBeNull();
  });
});

describe('a painted face', () => {
  it('is broken when it is black', () => {
    const face = new Uint8Array(300);
    expect(isBroken(face)).toBe(true);
    face[299] = 2;
    expect(isBroken(face)).toBe(false);
  });
});

describe('a pack that was not exported', () => {
  it('says the five commands', async () => {
    await expect(loadMusetalkPack('/nowhere/musetalk-v15')).rejects.toMatchObject({
      code: 'MODEL_PACK_MISSING',
      message: expect.stringMatching(
        /pull musetalk-v15.*export.*verify.*avatar -- prepare.*npm start/,
      ),
    });
  });
});
