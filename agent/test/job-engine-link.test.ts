/** The job's side of the engine socket against the real engine, through a wire that can be cut. */
import { mkdtempSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../src/engine/engine.ts';
import type { AvatarError } from '../src/errors.ts';
import { EngineLink } from '../src/worker/engine-link.ts';
import { FramePool } from '../src/worker/frame-pool.ts';
import { configWith, numberAvatar, NumberCatalogue } from './helpers/engine-catalogue.ts';
import { sleep, waitFor } from './helpers/processes.ts';

const logger = pino({ level: 'silent' });
const catalogue = new NumberCatalogue([
  numberAvatar('box', 'probe'),
  numberAvatar('wide', 'probe', { width: 192, height: 64, frameCount: 3 }),
]);

/** A socket that passes everything on to another one until it is cut. */
class Wire {
  readonly path = join(mkdtempSync(join(tmpdir(), 'avatar-wire-')), 'wire.sock');
  readonly #target: string;
  readonly #ends = new Set<Socket>();
  #server: Server | undefined;

  constructor(target: string) {
    this.#target = target;
  }

  async mend(): Promise<void> {
    this.#server = createServer((near) => {
      const far = connect(this.#target);
      for (const end of [near, far]) {
        this.#ends.add(end);
        end.on('error', () => undefined);
        end.on('close', () => {
          near.destroy();
          far.destroy();
          this.#ends.delete(end);
        });
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => this.#server!.listen(this.path, resolve));
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server!.close(resolve));
    for (const end of this.#ends) end.destroy();
    await closed;
  }
}

type Seen = { epoch: number; frameIndex: number; width: number };

let engine: Engine;
let wire: Wire;
let link: EngineLink | undefined;
let ticker: NodeJS.Timeout | undefined;

beforeAll(async () => {
  engine = await Engine.start({
    config: configWith({ max_sessions: 2, render_threads: 1 }),
    registry: catalogue,
    modelsDir: 'models',
    logger,
  });
  wire = new Wire(engine.socketPath);
  await wire.mend();
});
afterEach(async () => {
  clearInterval(ticker);
  link?.close({ outcome: 'completed' });
  await waitFor('no session is left', () => engine.activeSessions === 0);
});
afterAll(async () => {
  await wire.cut();
  await engine.close();
});

/** A link with a running clock of silent chunks. */
async function startLink(avatarId = 'box') {
  const seen: Seen[] = [];
  const lost: AvatarError[] = [];
  const pool = new FramePool(8);
  const clock = { chunk: 0, epoch: 0 };
  link = new EngineLink({
    socketPath: wire.path,
    sessionId: 'job-1',
    pool,
    logger,
    onFrame: (frame) => {
      seen.push({ epoch: frame.epoch, frameIndex: frame.frameIndex, width: frame.width });
      pool.release(frame);
    },
    onLost: (error) => lost.push(error),
  });
  const opened = await link.open(avatarId);
  const current = link;
  ticker = setInterval(
    () => current.sendAudio(clock.epoch, clock.chunk++, new Int16Array(320)),
    20,
  );
  return { link: current, opened, seen, lost, clock };
}

describe('EngineLink', () => {
  it('opens a session, gets a frame for every two chunks, lists and selects', async () => {
    const { link: engineLink, opened, seen, clock } = await startLink();
    expect(opened).toMatchObject({ width: 128, height: 96, avatarId: 'box' });
    await waitFor('frames', () => seen.length >= 20);
    expect(seen.map(({ frameIndex }) => frameIndex)).toEqual(seen.map((_, index) => index));
    expect(seen.length).toBeGreaterThan(clock.chunk / 2 - 8);
    expect((await engineLink.list()).map(({ id }) => id)).toEqual(['box', 'wide']);
    expect((await engineLink.clip('beep')).samples).toEqual(Int16Array.of(1, -2, 3));
    await expect(engineLink.clip('none')).rejects.toMatchObject({ code: 'CLIP_NOT_FOUND' });
    await expect(engineLink.select('nobody')).rejects.toMatchObject({ code: 'AVATAR_NOT_FOUND' });
    expect((await engineLink.select('wide')).width).toBe(192);
    await waitFor('frames of the new avatar', () => seen.at(-1)?.width === 192);
  });

  it('passes refusals of the engine on', async () => {
    await expect(startLink('nobody')).rejects.toMatchObject({ code: 'AVATAR_NOT_FOUND' });
  });

  it('goes on with the same avatar, epoch and frame numbers after the connection broke', async () => {
    const { link: engineLink, seen, lost, clock } = await startLink();
    await engineLink.select('wide');
    await waitFor('frames', () => seen.length >= 5);
    clock.epoch = 3;
    engineLink.interrupt(3, 4);
    await wire.cut();
    await expect(engineLink.list()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    await sleep(600);
    const before = seen.length;
    const chunkBefore = clock.chunk;
    await wire.mend();
    await waitFor('frames again', () => seen.length > before + 5);
    const first = seen[before]!;
    expect(first.width).toBe(192);
    expect(first.epoch).toBe(3);
    expect(first.frameIndex).toBeGreaterThanOrEqual(Math.floor(chunkBefore / 2));
    expect(lost).toEqual([]);
  });

  it('says so when the engine stays away', async () => {
    const { lost } = await startLink();
    await wire.cut();
    await waitFor('the loss', () => lost.length === 1, 9000);
    expect(lost[0]!.code).toBe('ENGINE_UNAVAILABLE');
    await wire.mend();
  });
});
