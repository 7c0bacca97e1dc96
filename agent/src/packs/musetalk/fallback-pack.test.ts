import { describe, expect, it } from 'vitest';
import type {
  AudioStream,
  AvatarAsset,
  Cue,
  FrameStore,
  PackAvatar,
  PackFacts,
  Patch,
} from '../../pipeline/model-pack.ts';
import { ProbePack } from '../probe/probe-pack.ts';
import { joinData, splitData } from './fallback-data.ts';
import { FallbackPack } from './fallback-pack.ts';
import { GpuHealth } from './gpu-health.ts';

const FRAMES: FrameStore = {
  width: 64,
  height: 64,
  frameCount: 1,
  i420: new Uint8Array(new SharedArrayBuffer(64 * 64 * 1.5)),
};
const TRACK = {
  landmarks: new Float32Array(478 * 3),
  boxes: Float32Array.of(10, 10, 20, 20),
  interpolated: new Uint8Array(1),
};
const SETTINGS = { bboxShiftPx: 0, strengthRatio: 1 } as AvatarAsset['settings'];

/** The probe, but its network can break down. Its mouth is grey. */
class UnsteadyPack extends ProbePack {
  isBroken = false;
  breaksWhilePainting = false;
  readonly breakDown = (): void => {
    if (this.isBroken) throw new Error('CUDA error');
  };

  override prepare(): Promise<Uint8Array> {
    return Promise.resolve(Uint8Array.of(1, 2, 3));
  }

  override openStream(): AudioStream {
    const stream = super.openStream();
    const { breakDown } = this;
    return {
      push: (samples) => {
        stream.push(samples);
      },
      isReady: (frame) => stream.isReady(frame),
      cue: async (frame) => {
        breakDown();
        return stream.cue(frame);
      },
      clearBuffer: () => {
        stream.clearBuffer();
      },
    };
  }

  override async openAvatar(asset: AvatarAsset): Promise<PackAvatar> {
    const avatar = await super.openAvatar(asset);
    return {
      render: async (frame: number, cue: Cue): Promise<Patch | null> => {
        if (this.breaksWhilePainting) throw new Error('CUDA error');
        const patch = await avatar.render(frame, cue, 1);
        patch?.rgb.fill(128);
        return patch;
      },
      close: () => avatar.close(),
    };
  }
}

async function open(now: (() => number) | undefined): Promise<{
  first: UnsteadyPack;
  show: (frame: number) => Promise<number | undefined>;
}> {
  const first = new UnsteadyPack();
  const pack = new FallbackPack(first, new ProbePack(), { now });
  const packData = await pack.prepare(FRAMES, TRACK, SETTINGS);
  const asset = { id: 'a', frames: FRAMES, track: TRACK, packData, settings: SETTINGS };
  const avatar = await pack.openAvatar(asset);
  const stream = pack.openStream();
  for (let i = 0; i < 40; i += 1) stream.push(new Float32Array(320).fill(0.5));
  const show = async (frame: number): Promise<number | undefined> => {
    const cue = await stream.cue(frame);
    expect(cue.parameters).toHaveLength(pack.facts.parameterCount!);
    return (await avatar.render(0, cue, 1))?.rgb[0];
  };
  return { first, show };
}

describe('a pack with a stand-in', () => {
  it('goes on with the second pack while the first is gone, and returns', async () => {
    let nowMs = 0;
    const { first, show } = await open(() => nowMs);
    expect(await show(0)).toBe(128);
    first.isBroken = true;
    expect(await show(1)).toBe(255);
    first.isBroken = false;
    nowMs = 1999;
    expect(await show(2)).toBe(255);
    nowMs = 2000;
    expect(await show(3)).toBe(128);
  });

  it('loses one frame at most when the first pack fails while it paints', async () => {
    const { first, show } = await open(() => 0);
    first.breaksWhilePainting = true;
    await expect(show(0)).rejects.toThrow('CUDA error');
    expect(await show(1)).toBe(255);
  });

  it('never steps in without a clock: what is rendered offline is the same every time', async () => {
    const { first, show } = await open(undefined);
    first.isBroken = true;
    await expect(show(0)).rejects.toThrow('CUDA error');
  });
});

describe('a pack that is too slow for one live session', () => {
  class SlowPack extends UnsteadyPack {
    isClosed = false;
    override readonly facts: PackFacts = {
      ...new ProbePack().facts,
      name: 'slow',
      isRealTime: false,
      maxSessions: 1,
      notice: 'no GPU',
    };
    override close(): Promise<void> {
      this.isClosed = true;
      return super.close();
    }
  }
  const openSlow = async (now: (() => number) | undefined) => {
    const slow = new SlowPack();
    const pack = new FallbackPack(slow, new ProbePack(), { now });
    const packData = await pack.prepare(FRAMES, TRACK, SETTINGS);
    const asset = { id: 'a', frames: FRAMES, track: TRACK, packData, settings: SETTINGS };
    const avatars = await Promise.all([pack.openAvatar(asset), pack.openAvatar(asset)]);
    const stream = pack.openStream();
    for (let i = 0; i < 10; i += 1) stream.push(new Float32Array(320).fill(0.5));
    const cue = await stream.cue(0);
    const patch = await avatars[1].render(0, cue, 1);
    return { slow, pack, mouth: patch?.rgb[0] };
  };

  it('is closed, and the second one speaks for good, with as many sessions as it likes', async () => {
    const { slow, pack, mouth } = await openSlow(() => 0);
    expect(mouth).toBe(255);
    expect(slow.isClosed).toBe(true);
    expect(pack.facts).toMatchObject({
      name: 'slow',
      lookAheadMs: new ProbePack().facts.lookAheadMs,
    });
    expect(pack.facts.notice).toMatch(/^no GPU\. Until then live sessions show the quicker/);
    expect(pack.facts.maxSessions).toBeUndefined();
  });

  it('is used all the same where nobody waits', async () => {
    const { slow, mouth } = await openSlow(undefined);
    expect(mouth).toBe(128);
    expect(slow.isClosed).toBe(false);
  });
});

describe('health of the network', () => {
  it('rests after a second of frames that take longer than they last, longer each time', () => {
    let nowMs = 0;
    const health = new GpuHealth(() => nowMs);
    for (let i = 0; i < 24; i += 1) health.noteFrame(60);
    expect(health.isUsable).toBe(true);
    health.noteFrame(60);
    expect(health.isUsable).toBe(false);
    nowMs = 2000;
    expect(health.isUsable).toBe(true);
    health.noteFailure();
    nowMs = 5999;
    expect(health.isUsable).toBe(false);
    nowMs = 6000;
    expect(health.isUsable).toBe(true);
  });

  it('bears single late frames, and forgets trouble after ten good seconds', () => {
    let nowMs = 0;
    const health = new GpuHealth(() => nowMs);
    health.noteFailure();
    nowMs = 2000;
    for (let i = 0; i < 250; i += 1) health.noteFrame(i % 10 === 0 ? 90 : 20);
    expect(health.isUsable).toBe(true);
    health.noteFailure();
    nowMs = 3999;
    expect(health.isUsable).toBe(false);
    nowMs = 4000;
    expect(health.isUsable).toBe(true);
  });
});

describe('data of two packs', () => {
  it('comes apart as it was joined', () => {
    for (const length of [0, 1, 8, 13]) {
      const first = Uint8Array.from({ length }, (_, i) => i + 1);
      const [one, other] = splitData(joinData(first, Uint8Array.of(7, 8, 9)));
      expect(one).toEqual(first);
      expect([...other]).toEqual([7, 8, 9]);
      expect(other.byteOffset % 8).toBe(0);
    }
  });

  it('is refused when it is cut off', () => {
    const bytes = joinData(new Uint8Array(100), new Uint8Array(1));
    expect(() => splitData(bytes.subarray(0, 50))).toThrow(/cut off; prepare/);
    expect(() => splitData(new Uint8Array(3))).toThrow(/cut off/);
  });
});
