/** RenderSession through its offline caller, with a pack of this test's own where frames must fail. */
import { describe, expect, it } from 'vitest';
import { LITE_LOOK_AHEAD_MS } from '../packs/lite/lite-audio-stream.ts';
import { ProbePack } from '../packs/probe/probe-pack.ts';
import type { AvatarAsset, ModelPack, PackAvatar } from '../pipeline/model-pack.ts';
import { openAvatar } from './avatar-cabinet.ts';
import { renderOffline, type OfflineFrame } from './offline-render.ts';
import { emptyFrameHeader } from './protocol.ts';
import { MAX_WAITING_FRAMES, RenderSession, type OpenAvatar } from './render-session.ts';
import { Counter, createCounters } from './session-counters.ts';

const SETTINGS = { silenceDbfs: -50, fadeMs: 120 };
const WIDTH = 64;
const HEIGHT = 48;
const FRAME_BYTES = (WIDTH * HEIGHT * 3) / 2;
const FRAMES = 5;

function pictures(): Uint8Array<SharedArrayBuffer> {
  const i420 = new Uint8Array(new SharedArrayBuffer(FRAME_BYTES * FRAMES));
  for (let i = 0; i < i420.length; i += 1) i420[i] = 30 + (i % 200);
  return i420;
}

const asset: AvatarAsset = {
  id: 'test',
  frames: {
    width: WIDTH,
    height: HEIGHT,
    frameCount: FRAMES,
    i420: pictures(),
  },
  track: {
    landmarks: new Float32Array(0),
    boxes: Float32Array.from({ length: FRAMES * 4 }, (_, i) => [10, 10, 20, 20][i % 4]!),
    interpolated: new Uint8Array(FRAMES),
  },
  packData: new Uint8Array(0),
  settings: { bboxShiftPx: 0, strengthRatio: 1 },
};

/** `probe`, but rendering goes through `render` first. */
class FaultyPack extends ProbePack {
  readonly #render: (call: number) => null | undefined;
  constructor(render: (call: number) => null | undefined) {
    super();
    this.#render = render;
  }
  override async openAvatar(opened: AvatarAsset): Promise<PackAvatar> {
    const avatar = await super.openAvatar(opened);
    let calls = 0;
    return {
      close: () => avatar.close(),
      render: async (frame, cue, ratio) => {
        calls += 1;
        return this.#render(calls) === null ? null : avatar.render(frame, cue, ratio);
      },
    };
  }
}

const openWith = (pack: ModelPack): Promise<OpenAvatar> => openAvatar(asset, pack);
const tone = (seconds: number): Int16Array =>
  Int16Array.from({ length: seconds * 16_000 }, (_, i) => 12_000 * Math.sin(i / 6));

type Kept = Omit<OfflineFrame, 'header'> & { frameIndex: number; speechRatio: number };
async function framesOf(avatar: OpenAvatar, samples: Int16Array): Promise<Kept[]> {
  const kept: Kept[] = [];
  for await (const { planes, header, parameters, failure } of renderOffline(
    avatar,
    samples,
    SETTINGS,
  )) {
    const { frameIndex, speechRatio } = header;
    kept.push({ planes: planes.slice(), parameters, failure, frameIndex, speechRatio });
  }
  return kept;
}

describe('renderOffline', () => {
  it('gives one frame per 40 ms, the last one completed with silence', async () => {
    const frames = await framesOf(await openWith(new ProbePack()), tone(1.01));
    expect(frames.map(({ frameIndex }) => frameIndex)).toEqual([...Array(26).keys()]);
  });

  it('gives the same bytes twice', async () => {
    const [one, two] = [await openWith(new ProbePack()), await openWith(new ProbePack())];
    const first = await framesOf(one, tone(2));
    const second = await framesOf(two, tone(2));
    const isSame = first.map(({ planes }, i) => Buffer.compare(planes, second[i]!.planes) === 0);
    expect(isSame).toEqual(Array(50).fill(true));
    expect(first.some(({ speechRatio }) => speechRatio === 1)).toBe(true);
  });

  it('refuses audio without samples', async () => {
    await expect(
      framesOf(await openWith(new ProbePack()), new Int16Array(0)),
    ).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
    });
  });
});

describe('a frame that fails', () => {
  const sourceOf = (frame: Kept): Uint8Array => {
    const source = [0, 1, 2, 3, 4, 3, 2, 1][frame.frameIndex % 8]!;
    return asset.frames.i420.slice(source * FRAME_BYTES, (source + 1) * FRAME_BYTES);
  };

  it.each<[string, (call: number) => null | undefined]>([
    [
      'the pack throws',
      (call) => {
        if (call === 5) throw new Error('no memory');
        return undefined;
      },
    ],
    ['the pack has no patch', (call) => (call === 5 ? null : undefined)],
  ])('shows the source when %s, and the next one speaks', async (_name, render) => {
    const frames = await framesOf(await openWith(new FaultyPack(render)), tone(1));
    const failed = frames.filter(({ failure }) => failure !== undefined);
    expect(failed).toHaveLength(1);
    expect(failed[0]!.speechRatio).toBe(0);
    expect(failed[0]!.planes).toEqual(sourceOf(failed[0]!));
    expect(frames[failed[0]!.frameIndex + 1]!.speechRatio).toBe(1);
  });

  it('rests for a second after ten in a row, then tries again', async () => {
    const pack = new FaultyPack((call) => (call <= 10 ? null : undefined));
    const frames = await framesOf(await openWith(pack), tone(3));
    const failed = frames.filter(({ failure }) => failure !== undefined);
    expect(failed).toHaveLength(10);
    const last = failed[9]!.frameIndex;
    const resting = frames.slice(last + 1, last + 26);
    expect(resting.every((frame) => frame.speechRatio === 0)).toBe(true);
    expect(frames[last + 30]!.speechRatio).toBe(1);
  });
});

describe('a pack that has a resting mouth', () => {
  /** A square of grey for frame 2, which is not drawable when `x` is odd; the other frames are at rest by themselves. */
  class RestingPack extends ProbePack {
    readonly #x: number;
    constructor(x: number) {
      super();
      this.#x = x;
    }
    override async openAvatar(opened: AvatarAsset): Promise<PackAvatar> {
      const avatar = await super.openAvatar(opened);
      const square = { x: this.#x, y: 8, width: 4, height: 4 };
      const patch = {
        ...square,
        rgb: new Uint8Array(48).fill(128),
        alpha: new Uint8Array(16).fill(255),
      };
      return {
        close: () => avatar.close(),
        render: (frame, cue, ratio) => avatar.render(frame, cue, ratio),
        resting: (frame) => (frame === 2 ? patch : null),
      };
    }
  }
  const silence = new Int16Array(16_000 * 0.32);

  it('shows it in silence, in the frames that need it', async () => {
    const own = await framesOf(await openWith(new ProbePack()), silence);
    const frames = await framesOf(await openWith(new RestingPack(20)), silence);
    frames.forEach(({ planes, frameIndex }) => {
      const changed = [...planes.keys()].filter((i) => planes[i] !== own[frameIndex]!.planes[i]);
      const isShut = frameIndex % 8 === 2 || frameIndex % 8 === 6;
      expect(changed.length).toBeGreaterThan(isShut ? 16 : -1);
      expect(changed.length).toBeLessThanOrEqual(isShut ? 24 : 0);
      if (isShut) expect(planes[9 * WIDTH + 21]).toBe(126);
    });
  });

  it('shows the source and says why where it cannot be drawn', async () => {
    const own = await framesOf(await openWith(new ProbePack()), silence);
    const frames = await framesOf(await openWith(new RestingPack(21)), silence);
    expect(frames[2]!.failure?.message).toMatch(/outside the frame/);
    expect(frames[1]!.failure).toBeUndefined();
    expect(frames[2]!.planes).toEqual(own[2]!.planes);
  });
});

describe('RenderSession', () => {
  it('skips the oldest frames when more than half a second waits', async () => {
    const counters = createCounters();
    const session = new RenderSession(await openWith(new ProbePack()), SETTINGS, counters);
    for (let i = 0; i < 100; i += 1) session.pushChunk(0, i, new Int16Array(320));
    const ready = Math.floor((100 - Math.ceil(LITE_LOOK_AHEAD_MS / 20)) / 2);
    expect(counters[Counter.dropped]).toBe(ready - MAX_WAITING_FRAMES);
    const planes = new Uint8Array(FRAME_BYTES);
    const header = emptyFrameHeader();
    await session.renderNext(planes, header);
    expect(header.frameIndex).toBe(ready - MAX_WAITING_FRAMES);
  });
});
