/**
 * The pack `musetalk-v15` on its tiny graphs in a live engine: preparation, a speaking session, one thread for all of
 * its sessions, and the limit that its measured speed sets. The pictures are nonsense; where they appear is not.
 */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AvatarRegistry } from '../src/avatars/avatar-registry.ts';
import { readLocalEnv } from '../src/config/env.ts';
import { loadConfig } from '../src/config/load.ts';
import { Engine } from '../src/engine/engine.ts';
import { JobMessage } from '../src/engine/protocol.ts';
import { loadPack } from '../src/packs/load-pack.ts';
import type { ModelPack } from '../src/pipeline/model-pack.ts';
import { TestEngineClient } from './helpers/engine-client.ts';

/** A loaded machine needs time for tiny graphs too. */
const PATIENCE_MS = 60_000;
const CONFIG = `
service:
  max_sessions: 4
  render_threads: 2
  musetalk:
    fallback: none
muse:
  video_path: avatars/ava/source.png
  model: musetalk-v15
  idle: none
plain:
  video_path: avatars/ava/source.png
  idle: none
`;

const warnings: object[] = [];
const logger = {
  info: () => undefined,
  warn: (fields: object, message: string) => void warnings.push({ ...fields, message }),
  error: () => undefined,
};
const clients: TestEngineClient[] = [];
let folder: string;
let engine: Engine;
let registry: AvatarRegistry;

beforeAll(async () => {
  const { modelsDir: shipped } = readLocalEnv();
  folder = await mkdtemp(join(tmpdir(), 'engine-musetalk-'));
  const modelsDir = join(folder, 'models');
  await mkdir(modelsDir);
  for (const name of ['lite', 'face']) {
    await symlink(resolve(shipped, name), join(modelsDir, name));
  }
  const tiny = join(shipped, 'musetalk-v15/fixtures/tiny');
  await cp(tiny, join(modelsDir, 'musetalk-v15'), { recursive: true });
  await writeFile(join(folder, 'realtime.yaml'), CONFIG);
  const config = await loadConfig(join(folder, 'realtime.yaml'));
  const packs = new Map<string, Promise<ModelPack>>();
  registry = await AvatarRegistry.load({
    config,
    env: { modelsDir, bundleDirs: [join(folder, 'bundles')] },
    packs: (model) => {
      const loading = packs.get(model) ?? loadPack(model, modelsDir);
      packs.set(model, loading);
      return loading;
    },
  });
  for (const loading of packs.values()) await (await loading).close();
  engine = await Engine.start({ config, registry, modelsDir, logger });
}, 180_000);
afterAll(async () => {
  for (const client of clients) client.close();
  await engine.close();
  await rm(folder, { recursive: true });
});

async function open(avatarId: string): Promise<TestEngineClient> {
  const client = await TestEngineClient.open(engine.socketPath, avatarId);
  clients.push(client);
  return client;
}

const sessionOf = (avatarId: string): number =>
  engine.status().sessions.findIndex((session) => session.avatarId === avatarId);

describe('the engine with musetalk-v15', () => {
  it('prepares the avatar, measures the pack and warns that a CPU is too slow', () => {
    expect(engine.list().map(({ id, status }) => [id, status])).toEqual([
      ['muse', 'ready'],
      ['plain', 'ready'],
    ]);
    expect(warnings).toContainEqual(
      expect.objectContaining({
        model: 'musetalk-v15',
        message: expect.stringMatching(/runs on the CPU: .* frames per second/),
      }),
    );
  });

  it('speaks: the mouth is painted, the rest of the picture is the source', async () => {
    const client = await open('muse');
    const tone = (i: number): number => 0.5 * Math.sin(i / 9) * Math.sin(i / 900);
    for (let chunk = 0; chunk < 60; chunk += 1) {
      client.sendChunk(tone);
      await client.until(() => client.frames.length > chunk / 2 - 10, PATIENCE_MS);
    }
    await client.until(() => client.frames.length >= 20, PATIENCE_MS);
    const spoken = client.frames.filter(({ speechRatio }) => speechRatio === 1);
    expect(spoken.length).toBeGreaterThan(5);
    const { frames, track } = registry.get('muse').asset;
    const { width, height, i420 } = frames;
    const [x = 0, y = 0, boxWidth = 0, boxHeight = 0] = track.boxes;
    const changed = { mouth: 0, outside: 0 };
    spoken
      .at(-1)!
      .planes.subarray(0, width * height)
      .forEach((luma, i) => {
        if (luma === i420[i]) return;
        const column = i % width;
        const row = Math.floor(i / width);
        const isFace =
          column > x - 20 && column < x + boxWidth + 20 && row > y && row < y + boxHeight + 30;
        changed[isFace ? 'mouth' : 'outside'] += 1;
      });
    expect(changed.outside).toBe(0);
    expect(changed.mouth).toBeGreaterThan(2000);
    expect(engine.status().sessions[0]).toMatchObject({ framesBroken: 0 });
    client.close();
    await client.until(() => engine.activeSessions === 0);
  }, 120_000);

  it('takes as many sessions as its speed is enough for, and moves a session to its thread', async () => {
    const first = await open('muse');
    expect(first.opened?.avatarId).toBe('muse');
    const second = await TestEngineClient.open(engine.socketPath, 'muse');
    await second.until(() => second.replies.length > 0);
    expect(second.replies[0]?.error).toMatchObject({
      code: 'SESSION_LIMIT_REACHED',
      message: expect.stringContaining('sessions with musetalk-v15'),
    });
    // The least loaded thread is the other one.
    const plain = await open('plain');
    plain.send(JobMessage.select, { requestId: 1, avatarId: 'muse' });
    await plain.until(() => plain.replies.length === 1);
    expect(plain.replies[0]?.error?.code).toBe('SESSION_LIMIT_REACHED');
    first.close();
    await plain.until(() => sessionOf('muse') < 0);
    plain.send(JobMessage.select, { requestId: 2, avatarId: 'muse' });
    await plain.until(() => plain.replies.length === 2, PATIENCE_MS);
    expect(plain.replies[1]).toMatchObject({ requestId: 2, result: { avatarId: 'muse' } });
    const before = plain.frames.length;
    for (let chunk = 0; chunk < 40; chunk += 1) plain.sendChunk(() => 0);
    await plain.until(() => plain.frames.length > before + 8, PATIENCE_MS);
    const indices = plain.frames.map(({ frameIndex }) => frameIndex);
    expect(indices).toEqual([...new Set(indices)].toSorted((a, b) => a - b));
    expect(plain.isClosed).toBe(false);
  }, 120_000);
});
