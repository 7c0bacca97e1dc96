/** The real engine with real threads over a real Unix socket, with the calibration pack `probe`. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { Engine } from '../src/engine/engine.ts';
import { writeMessageHeader } from '../src/engine/message-reader.ts';
import { JobMessage } from '../src/engine/protocol.ts';
import { LITE_LOOK_AHEAD_MS } from '../src/packs/lite/lite-audio-stream.ts';
import { sourceFrameAt } from '../src/pipeline/source-frame.ts';
import { BOX, configWith, numberAvatar, NumberCatalogue } from './helpers/engine-catalogue.ts';
import { TestEngineClient, type ReceivedFrame } from './helpers/engine-client.ts';

const box = numberAvatar('box', 'probe');
const wide = numberAvatar('wide', 'probe', { width: 192, height: 64, frameCount: 3 });
const broken = numberAvatar('broken', 'no-such-pack');
const catalogue = new NumberCatalogue([box, wide, broken]);
const LOOK_AHEAD_CHUNKS = Math.ceil(LITE_LOOK_AHEAD_MS / 20);
/** Frames that so many chunks complete. */
const framesOf = (chunks: number): number => Math.floor((chunks - LOOK_AHEAD_CHUNKS) / 2);
const silence = (): number => 0;
const tone = (i: number): number => 0.5 * Math.sin((2 * Math.PI * 440 * i) / 16_000);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let engine: Engine;
const clients: TestEngineClient[] = [];

const startEngine = (service = {}): Promise<Engine> =>
  Engine.start({
    config: configWith({ max_sessions: 4, render_threads: 2, ...service }),
    registry: catalogue,
    modelsDir: 'models',
    logger: quiet,
  });
const open = async (avatarId = 'box', at = engine): Promise<TestEngineClient> => {
  const client = await TestEngineClient.open(at.socketPath, avatarId);
  clients.push(client);
  return client;
};
const sourceOf = (frame: ReceivedFrame, avatar = box): Uint8Array => {
  const { width, height, frameCount, i420 } = avatar.asset.frames;
  const bytes = (width * height * 3) / 2;
  const source = sourceFrameAt(frame.frameIndex, frameCount);
  return i420.subarray(source * bytes, (source + 1) * bytes);
};
const isIdle = (frame: ReceivedFrame, avatar = box): boolean =>
  Buffer.compare(frame.planes, sourceOf(frame, avatar)) === 0;
/** Luma at the middle of the box: 235 white, 16 black. */
const boxLuma = ({ planes, width }: ReceivedFrame): number =>
  planes[(BOX.y + BOX.height / 2) * width + BOX.x + BOX.width / 2] ?? -1;

beforeAll(async () => {
  engine = await startEngine();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  const deadlineMs = performance.now() + 2000;
  while (engine.activeSessions > 0 && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
afterAll(() => engine.close());

describe('a session of the engine', () => {
  it('is told the size, the clips and how to publish', async () => {
    const client = await open();
    expect(client.opened).toMatchObject({
      width: 128,
      height: 96,
      avatarId: 'box',
      avatarName: 'Avatar box',
      clips: ['beep'],
      lookAheadMs: LITE_LOOK_AHEAD_MS,
      videoCodec: 'vp8',
    });
  });

  it('gets every frame in order, within milliseconds of the audio it needs', async () => {
    const client = await open();
    await client.speak(100, silence);
    await client.until(() => client.frames.length >= framesOf(100));
    expect(client.frames.map(({ frameIndex }) => frameIndex)).toEqual([
      ...Array(framesOf(100)).keys(),
    ]);
    const gapsMs = client.frames.slice(1).map(({ atMs }, i) => atMs - client.frames[i]!.atMs);
    expect(gapsMs.toSorted((a, b) => a - b)[23]).toBeCloseTo(40, -1);
  });

  it('shows the source byte for byte in silence, running to and fro', async () => {
    const client = await open();
    for (let i = 0; i < 60; i += 1) client.sendChunk(silence);
    await client.until(() => client.frames.some(({ frameIndex }) => frameIndex === 26));
    for (const frame of client.frames) {
      expect(frame.speechRatio).toBe(0);
      expect(isIdle(frame)).toBe(true);
    }
    expect(engine.status().sessions[0]?.framesRendered).toBe(0);
  });

  it('speaks only inside the box, white while it is loud, and comes to rest again', async () => {
    const client = await open();
    await client.speak(30, silence);
    await client.speak(30, tone);
    await client.speak(60, silence);
    await client.until(() => client.frames.some(({ frameIndex }) => frameIndex === 56));
    const at = (index: number): ReceivedFrame =>
      client.frames.find(({ frameIndex }) => frameIndex === index)!;
    // Chunks 30–59 are loud: frames 15–29.
    for (const index of [15, 20, 29]) expect(boxLuma(at(index))).toBe(235);
    // The fade begins ahead of the sound and is over one frame after its beginning at the latest.
    expect(at(15).speechRatio).toBeGreaterThan(0.6);
    for (let index = 16; index < 30; index += 1) expect(at(index).speechRatio).toBe(1);
    for (const index of [5, 50]) expect(isIdle(at(index))).toBe(true);
    expect(boxLuma(at(31))).toBe(16);
    for (const frame of client.frames) {
      const source = sourceOf(frame);
      for (let i = 0; i < 128 * 96; i += 1) {
        const x = i % 128;
        const y = Math.floor(i / 128);
        const isInside =
          x >= BOX.x && x < BOX.x + BOX.width && y >= BOX.y && y < BOX.y + BOX.height;
        if (!isInside && frame.planes[i] !== source[i]) expect.fail(`pixel ${x},${y} changed`);
      }
    }
    const [status] = engine.status().sessions;
    expect(status?.framesRendered).toBeGreaterThanOrEqual(15);
    expect(status?.framesDropped).toBe(0);
    expect(status?.framesBroken).toBe(0);
  });

  it('closes the mouth at once when interrupted, with the new epoch', async () => {
    const client = await open();
    await client.speak(50, tone);
    await client.until(() => client.frames.some(({ frameIndex }) => frameIndex === 20));
    const shown = 17;
    const calledMs = performance.now();
    client.epoch = 1;
    client.send(JobMessage.interrupt, { epoch: 1, fromFrame: shown });
    await client.until(() => client.frames.some(({ epoch }) => epoch === 1));
    await client.speak(30, silence);
    const anew = client.frames.filter(({ epoch }) => epoch === 1);
    expect(anew.map(({ frameIndex }) => frameIndex)).toEqual(
      Array.from({ length: anew.length }, (_, i) => shown + i),
    );
    // Half closed in the first frame, source in the second and until the audio that had been received ends.
    expect(anew[0]?.speechRatio).toBe(0.5);
    for (const frame of anew.slice(1)) expect(isIdle(frame)).toBe(true);
    expect(anew.length).toBeGreaterThan(10);
    expect(anew[1]!.atMs - calledMs).toBeLessThan(150);
  });

  it('takes audio of an older epoch for silence', async () => {
    const client = await open();
    client.sendChunk(silence);
    client.send(JobMessage.interrupt, { epoch: 5, fromFrame: 0 });
    client.epoch = 4;
    for (let i = 0; i < 40; i += 1) client.sendChunk(tone);
    await client.until(() => client.frames.some(({ frameIndex }) => frameIndex === 16));
    expect(client.frames.every((frame) => frame.epoch < 5 || isIdle(frame))).toBe(true);
    client.epoch = 5;
    for (let i = 0; i < 40; i += 1) client.sendChunk(tone);
    await client.until(() => client.frames.some((frame) => boxLuma(frame) === 235));
  });

  it('switches to an avatar of another size on the running timeline', async () => {
    const client = await open();
    await client.speak(20, silence);
    await client.until(() => client.frames.some(({ frameIndex }) => frameIndex === 6));
    const calledMs = performance.now();
    client.send(JobMessage.select, { requestId: 9, avatarId: 'wide' });
    await client.until(() => client.replies.length > 0);
    expect(performance.now() - calledMs).toBeLessThan(1000);
    expect(client.replies[0]).toMatchObject({
      requestId: 9,
      result: { width: 192, height: 64, avatarId: 'wide', avatarName: 'Avatar wide' },
    });
    await client.speak(20, silence);
    await client.until(() =>
      client.frames.some(({ frameIndex }) => frameIndex === framesOf(40) - 1),
    );
    expect(client.frames.map(({ frameIndex }) => frameIndex)).toEqual([
      ...Array(framesOf(40)).keys(),
    ]);
    expect(client.frames[0]?.width).toBe(128);
    expect(isIdle(client.frames.at(-1)!, wide)).toBe(true);
    expect(engine.status().sessions[0]?.avatarId).toBe('wide');
  });

  it('answers list and clip, and names what it does not have', async () => {
    const client = await open();
    client.send(JobMessage.list, { requestId: 1 });
    client.send(JobMessage.clip, { requestId: 2, name: 'beep' });
    client.send(JobMessage.select, { requestId: 3, avatarId: 'nobody' });
    client.send(JobMessage.select, { requestId: 4, avatarId: 'broken' });
    await client.until(() => client.replies.length === 3 && client.clips.length === 1);
    client.send(JobMessage.clip, { requestId: 5, name: 'moo' });
    await client.until(() => client.replies.length === 4);
    const [list, nobody, noPack, noClip] = client.replies.toSorted(
      (a, b) => a.requestId - b.requestId,
    );
    expect(list?.result).toMatchObject([
      { id: 'box', status: 'ready' },
      { id: 'wide', status: 'ready' },
      { id: 'broken', status: 'failed', reason: expect.stringContaining('no-such-pack') },
    ]);
    expect(nobody?.error).toMatchObject({ code: 'AVATAR_NOT_FOUND' });
    expect(noPack?.error).toMatchObject({ code: 'MODEL_PACK_MISSING' });
    expect(noClip?.error).toMatchObject({ code: 'CLIP_NOT_FOUND' });
    const clip = client.clips[0]!;
    expect([clip.readUInt32LE(0), clip.readUInt32LE(4)]).toEqual([2, 48_000]);
    expect([8, 10, 12].map((at) => clip.readInt16LE(at))).toEqual([1, -2, 3]);
    expect(client.isClosed).toBe(false);
  });

  it('fills holes in the input with silence and drops chunks that come twice', async () => {
    const client = await open();
    for (let i = 0; i < 10; i += 1) client.sendChunk(silence);
    client.sendChunk(silence, 3);
    client.sendChunk(silence, 20);
    for (let i = 0; i < 9; i += 1) client.sendChunk(silence);
    await client.until(() =>
      client.frames.some(({ frameIndex }) => frameIndex === framesOf(30) - 1),
    );
    expect(client.frames.map(({ frameIndex }) => frameIndex)).toEqual([
      ...Array(framesOf(30)).keys(),
    ]);
    expect(engine.status().sessions[0]).toMatchObject({ gapChunks: 10, droppedChunks: 1 });
  });

  it('goes on where the job says after a hole of more than two seconds', async () => {
    const client = await open();
    for (let i = 0; i < 10; i += 1) client.sendChunk(silence);
    await client.until(() => client.frames.length === framesOf(10));
    // Chunk 5001 is the second half of frame 2500: the timeline begins with frame 2501.
    client.sendChunk(silence, 5001);
    for (let i = 0; i < 10; i += 1) client.sendChunk(silence);
    const last = 2501 + framesOf(10) - 1;
    await client.until(() => client.frames.some(({ frameIndex }) => frameIndex === last));
    expect(client.frames.map(({ frameIndex }) => frameIndex)).toEqual([
      ...Array(framesOf(10)).keys(),
      ...Array.from({ length: framesOf(10) }, (_, i) => 2501 + i),
    ]);
  });

  it('drops and counts what comes faster than it can be sent, and keeps the latest', async () => {
    const client = await open();
    client.socket.pause();
    for (let i = 0; i < 400; i += 1) client.sendChunk(tone);
    const [status] = engine.status().sessions;
    expect(status).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 500));
    client.socket.resume();
    await client.until(() =>
      client.frames.some(({ frameIndex }) => frameIndex === framesOf(400) - 1),
    );
    const indices = client.frames.map(({ frameIndex }) => frameIndex);
    expect(indices).toEqual(indices.toSorted((a, b) => a - b));
    const dropped = engine.status().sessions[0]?.framesDropped ?? 0;
    expect(dropped).toBeGreaterThan(100);
    expect(indices.length + dropped).toBe(framesOf(400));
  });
});

describe('the engine', () => {
  it('keeps its socket to its own user', async () => {
    const socket = await stat(engine.socketPath);
    const folder = await stat(dirname(engine.socketPath));
    expect([socket.mode & 0o777, folder.mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('runs two sessions independently', async () => {
    const [speaker, listener] = [await open(), await open()];
    await Promise.all([speaker.speak(50, tone), listener.speak(50, silence)]);
    await speaker.until(() => speaker.frames.length >= 22 && listener.frames.length >= 22);
    expect(speaker.frames.slice(3).every((frame) => boxLuma(frame) === 235)).toBe(true);
    expect(listener.frames.every((frame) => isIdle(frame))).toBe(true);
    expect(engine.status().sessions).toHaveLength(2);
  });

  it('refuses sessions beyond the limit, and has room again when one ends', async () => {
    const held = [await open(), await open(), await open(), await open()];
    const refused = await open();
    expect(refused.opened).toBeUndefined();
    expect(refused.replies[0]?.error).toMatchObject({ code: 'SESSION_LIMIT_REACHED' });
    expect(refused.isClosed).toBe(true);
    held[0]?.close();
    await refused.until(() => engine.activeSessions === 3);
    expect((await open()).opened).toBeDefined();
  });

  it.each([
    ['nobody', 'AVATAR_NOT_FOUND'],
    ['broken', 'MODEL_PACK_MISSING'],
  ])('refuses the avatar %s with %s', async (avatarId, code) => {
    const client = await open(avatarId);
    expect(client.replies[0]?.error?.code).toBe(code);
    expect(client.isClosed).toBe(true);
  });

  const header = (type: number, length: number): Buffer => {
    const bytes = Buffer.alloc(5);
    writeMessageHeader(bytes, 0, type, length);
    return bytes;
  };
  it.each<[string, boolean, Buffer]>([
    ['noise', false, Buffer.from('GET / HTTP/1.1\r\nHost: engine\r\n\r\n')],
    ['a message before open', false, Buffer.concat([header(2, 3), Buffer.alloc(3)])],
    ['broken JSON', false, Buffer.concat([header(1, 3), Buffer.from('{"a')])],
    ['a wrong field', false, Buffer.concat([header(1, 15), Buffer.from('{"avatarId":42}')])],
    ['an unknown type', true, Buffer.concat([header(99, 1), Buffer.alloc(1)])],
    ['audio of a wrong length', true, Buffer.concat([header(2, 9), Buffer.alloc(9)])],
    ['an oversized message', true, header(2, 70_000)],
    ['an empty message', true, Buffer.alloc(5)],
  ])('disconnects a peer that sends %s, and nobody else', async (_name, isOpen, garbage) => {
    const bystander = await open();
    const peer = isOpen ? await open() : await TestEngineClient.connect(engine.socketPath);
    clients.push(peer);
    peer.socket.write(garbage);
    await peer.until(() => peer.isClosed);
    expect(peer.replies.at(-1)?.error?.code).toBe('PROTOCOL_VIOLATION');
    await bystander.speak(20, silence);
    await bystander.until(() => bystander.frames.length >= 7);
    expect(bystander.isClosed).toBe(false);
  });

  it('survives random bytes on many connections', async () => {
    const bystander = await open();
    for (let round = 0; round < 10; round += 1) {
      const peer = await TestEngineClient.connect(engine.socketPath);
      clients.push(peer);
      const bytes = Array.from({ length: 3000 }, (_, i) => (i * 31 + round * 97 + (i >> 3)) & 255);
      peer.socket.write(Buffer.from(bytes));
      await peer.until(() => peer.isClosed);
    }
    for (let i = 0; i < 20; i += 1) bystander.sendChunk(silence);
    await bystander.until(() => bystander.frames.length >= 7);
  });

  it('goes on with a session whose render thread dies', async () => {
    const victim = await open();
    await victim.speak(20, silence);
    const speaking = victim.speak(150, tone);
    await Promise.all(engine.threads.map((thread) => thread.kill()));
    await speaking;
    await victim.until(() => victim.frames.some(({ frameIndex }) => frameIndex >= 75));
    expect(victim.isClosed).toBe(false);
    const indices = victim.frames.map(({ frameIndex }) => frameIndex);
    expect(indices).toEqual([...new Set(indices)].toSorted((a, b) => a - b));
    expect(boxLuma(victim.frames.at(-1)!)).toBe(235);
    expect((await open()).opened).toBeDefined();
    expect(engine.threads).toHaveLength(2);
  });

  it('ends sessions and takes its socket away when it closes', async () => {
    const other = await startEngine({ render_threads: 1 });
    const client = await open('box', other);
    await other.close();
    await client.until(() => client.isClosed);
    await expect(stat(other.socketPath)).rejects.toThrow('ENOENT');
  });
});
