/** What the engine does with an avatar that moves by itself, against the same avatar that does not. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../avatars/open-bundle.ts';
import { ProbePack } from '../packs/probe/probe-pack.ts';
import type { IdleLevel } from '../pipeline/idle-level.ts';
import type { AvatarAsset } from '../pipeline/model-pack.ts';
import { openAvatar } from './avatar-cabinet.ts';
import { renderOffline } from './offline-render.ts';
import { emptyFrameHeader } from './protocol.ts';
import { RenderSession, type OpenAvatar } from './render-session.ts';
import { createCounters } from './session-counters.ts';

const SETTINGS = { silenceDbfs: -50, fadeMs: 120 };
const BUNDLE = join(import.meta.dirname, '../../../avatars/ava/bundle');
/** 0.75 s of silence, 0.6 s of tone, 0.65 s of silence. */
const SOUND = Int16Array.from({ length: 2 * 16_000 }, (_, i) =>
  i > 12_000 && i < 22_000 ? 12_000 * Math.sin(i / 6) : 0,
);

let asset: AvatarAsset;
const openWith = (idle: IdleLevel): Promise<OpenAvatar> =>
  openAvatar({ ...asset, idle }, new ProbePack());

type Shown = { planes: Uint8Array; frameIndex: number; speechRatio: number };
async function framesOf(avatar: OpenAvatar, sound = SOUND): Promise<Shown[]> {
  const shown: Shown[] = [];
  for await (const { planes, header } of renderOffline(avatar, sound, SETTINGS)) {
    const { frameIndex, speechRatio } = header;
    shown.push({ planes: planes.slice(), frameIndex, speechRatio });
  }
  return shown;
}
const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

beforeAll(async () => {
  const { frames, track, packData } = await openBundle(BUNDLE);
  const settings = { bboxShiftPx: 0, strengthRatio: 1 };
  asset = { id: 'ava', frames, track, packData, settings };
});

describe('an avatar that moves by itself', () => {
  it('shows in every frame, silent or speaking, the frame of one that does not, moved as a whole', async () => {
    const still = await framesOf(await openWith('none'));
    const moving = await openWith('subtle');
    const shown = await framesOf(moving);
    const expected = new Uint8Array(shown[0]!.planes.length);
    let speaking = 0;
    for (const [i, { planes, frameIndex, speechRatio }] of shown.entries()) {
      const pictureOf = speechRatio > 0 ? frameIndex : moving.motion!.restingFrame(frameIndex);
      moving.motion!.show(still[i]!.planes, expected, 0, pictureOf);
      expect(isSame(planes, expected)).toBe(true);
      if (speechRatio > 0) speaking += 1;
    }
    expect(speaking).toBeGreaterThan(10);
    expect(isSame(shown[0]!.planes, shown[10]!.planes)).toBe(false);
  });

  it('holds its pose for two frames while it rests, and moves in every frame while it speaks or blinks', async () => {
    const shown = await framesOf(await openWith('subtle'), new Int16Array(6 * 16_000));
    const { motion } = await openWith('subtle');
    const held = shown.filter(({ frameIndex }) => motion!.restingFrame(frameIndex) !== frameIndex);
    expect(held.length).toBeGreaterThan(50);
    expect(held.length).toBeLessThan(shown.length / 2);
    for (const { frameIndex, planes } of held) {
      expect(isSame(planes, shown[frameIndex - 1]!.planes)).toBe(true);
    }
    const speaking = (await framesOf(await openWith('subtle'))).filter(
      ({ speechRatio }) => speechRatio === 1,
    );
    for (const [i, { planes }] of speaking.slice(1).entries()) {
      expect(isSame(planes, speaking[i]!.planes)).toBe(false);
    }
  });

  it('does not move with `idle: none`, which is what an asset without a word about it gets', async () => {
    const still = await framesOf(await openAvatar(asset, new ProbePack()));
    const silent = still.filter(({ speechRatio }) => speechRatio === 0);
    expect(silent.length).toBeGreaterThan(15);
    expect(silent.every(({ planes }) => isSame(planes, asset.frames.i420))).toBe(true);
  });

  it('goes on where it is when a session is late or interrupted', async () => {
    const avatar = await openWith('subtle');
    const offline = await framesOf(avatar, new Int16Array(SOUND.length));
    const session = new RenderSession(avatar, SETTINGS, createCounters());
    const planes = new Uint8Array(session.frameBytes);
    const header = emptyFrameHeader();
    for (let i = 0; i < 90; i += 1) session.pushChunk(0, i, new Int16Array(320));
    const seen: number[] = [];
    const compare = async (): Promise<void> => {
      await session.renderNext(planes, header);
      seen.push(header.frameIndex);
      expect(isSame(planes, offline[header.frameIndex]!.planes)).toBe(true);
    };
    await compare();
    await compare();
    session.interrupt(1, 20);
    await compare();
    expect(seen[0]).toBeGreaterThan(20);
    expect(seen[2]).toBe(20);
  });
});
