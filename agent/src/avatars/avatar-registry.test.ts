import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  FACE_PICTURE,
  makeLandscape,
  MODELS_DIR,
  temporaryFolder,
} from '../../test/avatar-fixtures.ts';
import { writeWav } from '../audio/wav-file.ts';
import { parseConfig } from '../config/load.ts';
import { AvatarError } from '../errors.ts';
import { loadPack } from '../packs/load-pack.ts';
import type { RegistryOptions } from './avatar-loader.ts';
import { AvatarRegistry } from './avatar-registry.ts';

const folder = temporaryFolder();
const CACHE = join(folder, 'cache');
const picture = join(folder, 'face.png');
cpSync(FACE_PICTURE, picture);
const clip = join(folder, 'tone.wav');
writeFileSync(
  clip,
  writeWav(
    Int16Array.from({ length: 8000 }, (_, i) => 8000 * Math.sin(i / 4)),
    16_000,
  ),
);

/** A registry over YAML text; `notices` and `prepared` collect what it did. */
function options(
  yaml: string,
  changes: Partial<RegistryOptions['env']> = {},
): RegistryOptions & { notices: string[]; prepared: Set<string> } {
  const notices: string[] = [];
  const prepared = new Set<string>();
  return {
    config: parseConfig(`service: {model: lite}\n${yaml}`, 'r.yaml'),
    env: { modelsDir: MODELS_DIR, bundleDirs: [join(folder, 'shipped'), CACHE], ...changes },
    packs: (model) => loadPack(model, MODELS_DIR),
    onNotice: (message) => notices.push(message),
    onProgress: (id) => prepared.add(id),
    notices,
    prepared,
  };
}

const FACE = (id: string, extra = ''): string =>
  `${id}:\n  model: probe\n  video_path: ${picture}\n  audio_clips: {tone: ${clip}}\n${extra}`;

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof AvatarError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  return 'no error';
};

describe('AvatarRegistry', () => {
  it('prepares what is new, keeps the others going, and names each failure', async () => {
    const landscape = join(folder, 'landscape.png');
    await makeLandscape(landscape);
    const registry = await AvatarRegistry.load(
      options(
        `${FACE('good', '  name: Good one\n')}gone:\n  video_path: data/video/gone.mp4\n  model: probe\n` +
          `blank:\n  video_path: ${landscape}\n  model: probe\n${FACE('second')}`,
      ),
    );
    const list = registry.list();
    expect(list.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'good ready',
      'gone failed',
      'blank failed',
      'second ready',
    ]);
    expect(list[0]).toEqual({
      id: 'good',
      name: 'Good one',
      status: 'ready',
      thumbnail: '/avatars/good/thumbnail',
      clips: ['tone'],
      model: 'probe',
    });
    expect(list[1]?.reason).toMatch(
      /^gone: data\/video\/gone\.mp4 does not exist; correct video_path/,
    );
    expect(list[2]?.reason).toMatch(/^blank: no face in .*landscape\.png/);
    expect(codeOf(() => registry.get('gone'))).toMatch(
      /^AVATAR_NOT_READY: avatar gone failed: gone: data/,
    );
    expect(codeOf(() => registry.get('nobody'))).toBe(
      'AVATAR_NOT_FOUND: no avatar "nobody" (there are: good, gone, blank, second)',
    );
    expect(registry.thumbnail('good').subarray(0, 2)).toEqual(Buffer.of(0xff, 0xd8));
    const { asset } = registry.get('good');
    expect(asset.settings).toEqual({ bboxShiftPx: 0, strengthRatio: 1 });
    for (const shared of [asset.frames.i420, asset.track.landmarks, asset.packData]) {
      expect(shared.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  it('plays clips at 48 kHz and names the ones it has', async () => {
    const registry = await AvatarRegistry.load(options(FACE('good')));
    const { samples, sampleRateHz } = await registry.clip('good', 'tone');
    expect([samples.length, sampleRateHz]).toEqual([24_000, 48_000]);
    expect(samples[12_000 + 3]! / (8000 * Math.sin((4000 + 1) / 4))).toBeCloseTo(1, 2);
    await expect(registry.clip('good', 'song')).rejects.toThrow(
      'has no clip "song" (it has: tone)',
    );
  });

  it('reuses a valid bundle: no face model is touched, and a missing source does not matter', async () => {
    const withoutModels = { modelsDir: join(folder, 'no-models') };
    const again = options(FACE('good'), withoutModels);
    expect((await AvatarRegistry.load(again)).list()[0]?.status).toBe('ready');
    expect([...again.prepared]).toEqual([]);

    cpSync(join(CACHE, 'good'), join(folder, 'shipped', 'traveller'), { recursive: true });
    const moved = options(
      FACE('traveller').replaceAll(picture, join(folder, 'gone.png')),
      withoutModels,
    );
    // The bundle was made from another path, so a missing source counts as missing.
    expect((await AvatarRegistry.load(moved)).list()[0]?.reason).toMatch(
      /gone\.png does not exist/,
    );
    rmSync(picture);
    const same = await AvatarRegistry.load(options(FACE('traveller'), withoutModels));
    cpSync(FACE_PICTURE, picture);
    expect(same.list()[0]).toMatchObject({ status: 'ready' });
    expect(same.get('traveller').directory).toBe(join(folder, 'shipped', 'traveller', 'bundle'));
  });

  it('prepares anew when asked to, and when a setting changed', async () => {
    const forced = options(FACE('good', '  preparation: true\n'));
    await AvatarRegistry.load(forced);
    expect([...forced.prepared]).toEqual(['good']);
    const shifted = options(FACE('good', '  bbox_shift: 4\n'));
    const registry = await AvatarRegistry.load(shifted);
    expect([...shifted.prepared]).toEqual(['good']);
    expect(registry.get('good').asset.settings.bboxShiftPx).toBe(4);
    await AvatarRegistry.load(options(FACE('good')));
  });

  it.each([
    ['a changed byte', 'landmarks.bin'],
    ['a damaged frame', 'frames/000000.jpg'],
    ['a damaged clip', 'clips/tone.wav'],
    ['a manifest that is no JSON', 'bundle.json'],
  ])('mends a bundle with %s', async (_, file) => {
    appendFileSync(join(CACHE, 'good', 'bundle', file), '}x');
    const damaged = options(FACE('good'));
    const registry = await AvatarRegistry.load(damaged);
    expect(registry.list()[0]?.status).toBe('ready');
    expect(damaged.notices.join()).toMatch(
      /^good: bundle .*good.bundle is damaged: .*preparing it anew/,
    );
    expect([...damaged.prepared]).toEqual(['good']);
  });

  it('mends a bundle with a lost file, and prepares one of another format anew', async () => {
    rmSync(join(CACHE, 'good', 'bundle', 'boxes.bin'));
    const lost = options(FACE('good'));
    expect((await AvatarRegistry.load(lost)).list()[0]?.status).toBe('ready');
    expect(lost.notices.length).toBe(1);
    const path = join(CACHE, 'good', 'bundle', 'bundle.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 1', '"format": 99'));
    const old = options(FACE('good'));
    expect((await AvatarRegistry.load(old)).list()[0]?.status).toBe('ready');
    expect([old.notices.length, old.prepared.size]).toEqual([0, 1]);
  });

  it('reports a damaged bundle whose source is gone', async () => {
    appendFileSync(join(CACHE, 'second', 'bundle', 'boxes.bin'), 'x');
    rmSync(picture);
    const registry = await AvatarRegistry.load(options(FACE('second')));
    cpSync(FACE_PICTURE, picture);
    expect(registry.list()[0]?.reason).toMatch(
      /second.bundle is damaged: boxes\.bin has the wrong/,
    );
  });

  it('fails an avatar, not the service, when a model is corrupt or missing', async () => {
    const modelsDir = join(folder, 'broken-models');
    cpSync(join(MODELS_DIR, 'face'), join(modelsDir, 'face'), { recursive: true });
    const network = join(modelsDir, 'face', 'face-mesh-attention.onnx');
    const bytes = readFileSync(network);
    bytes[1000]! ^= 255;
    writeFileSync(network, bytes);
    const registry = await AvatarRegistry.load(
      options(
        `${FACE('good')}${FACE('fresh')}big:\n  model: musetalk-v15\n  video_path: ${picture}\n`,
        {
          modelsDir,
        },
      ),
    );
    expect(registry.list().map(({ status }) => status)).toEqual(['ready', 'failed', 'failed']);
    expect(registry.list()[1]?.reason).toMatch(/^fresh: .*face-mesh-attention\.onnx/);
    expect(codeOf(() => registry.get('fresh'))).toMatch(/^AVATAR_NOT_READY/);
    expect(registry.list()[2]?.reason).toMatch(/^big: .*musetalk-v15/);
  });

  it('lists avatars with their progress while it loads', async () => {
    const registry = new AvatarRegistry(options(FACE('good')));
    expect(registry.list()[0]).toMatchObject({ status: 'preparing', progressRatio: 0 });
    expect(codeOf(() => registry.get('good'))).toBe(
      'AVATAR_NOT_READY: avatar good is still being prepared (0 %)',
    );
    await registry.load();
    expect(registry.list()[0]?.status).toBe('ready');
  });

  it('shares service.frame_memory_mb between the avatars', async () => {
    const many = Array.from({ length: 43 }, (_, i) => `a${i}`);
    for (const id of many) cpSync(join(CACHE, 'good'), join(CACHE, id), { recursive: true });
    const text = many.map((id) => FACE(id)).join('');
    const asked = options(text);
    const config = parseConfig(`service: {frame_memory_mb: 16}\n${text}`, 'r.yaml');
    const registry = await AvatarRegistry.load({ ...asked, config });
    // 16 MB hold 40 frames of 512×512 (393 216 bytes each).
    expect(registry.list().filter(({ status }) => status === 'ready').length).toBe(40);
    expect(registry.list().at(-1)?.reason).toMatch(/raise service\.frame_memory_mb/);
  });
});
