/** The shipped avatars and the real pack `lite`: live engine, offline render and command line show the same pictures. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { resample } from '../src/audio/resampler.ts';
import { parseWav, toPcm16, writeWav } from '../src/audio/wav-file.ts';
import { AvatarRegistry } from '../src/avatars/avatar-registry.ts';
import { readLocalEnv } from '../src/config/env.ts';
import { loadConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import { openAvatar } from '../src/engine/avatar-cabinet.ts';
import { Engine } from '../src/engine/engine.ts';
import { renderOffline } from '../src/engine/offline-render.ts';
import { run } from '../src/engine/render-command.ts';
import type { RenderReport } from '../src/engine/render-report.ts';
import { loadPack } from '../src/packs/load-pack.ts';
import { TestEngineClient } from './helpers/engine-client.ts';

const SECONDS = 2;
const { modelsDir } = readLocalEnv();
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let folder: string;
let wavPath: string;
let config: Config;
let registry: AvatarRegistry;
/** Half a second of silence, SECONDS of speech, half a second of silence. */
let speech: Int16Array;

beforeAll(async () => {
  config = await loadConfig('configs/realtime.yaml');
  registry = await AvatarRegistry.load({
    config,
    env: { modelsDir, bundleDirs: ['avatars'] },
    packs: (model) => loadPack(model, modelsDir),
  });
  const clip = parseWav(await readFile('avatars/ava/clips/hello.wav'), 'hello.wav');
  const voice = toPcm16(resample(clip.samples, clip.sampleRateHz, 16_000));
  speech = new Int16Array((SECONDS + 1) * 16_000);
  speech.set(voice.subarray(0, SECONDS * 16_000), 8000);
  folder = await mkdtemp(join(tmpdir(), 'engine-lite-'));
  wavPath = join(folder, 'speech.wav');
  await writeFile(wavPath, writeWav(speech, 16_000));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
afterAll(() => rm(folder, { recursive: true }));

const renderToJson = async (name: string): Promise<RenderReport> => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const json = join(folder, name);
  expect(await run(['--avatar', 'ava', '--audio', wavPath, '--json', json])).toBe(0);
  return JSON.parse(await readFile(json, 'utf8')) as RenderReport;
};

describe('the engine with lite', () => {
  it('shows live, byte for byte, what the offline render shows', async () => {
    const { silence_dbfs: silenceDbfs, fade_ms: fadeMs } = config.service;
    const pack = await loadPack('lite', modelsDir);
    const avatar = await openAvatar(registry.get('ava').asset, pack);
    const offline: { planes: Uint8Array; speechRatio: number }[] = [];
    for await (const frame of renderOffline(avatar, speech, { silenceDbfs, fadeMs })) {
      const { speechRatio } = frame.header;
      offline.push({ planes: frame.planes.slice(), speechRatio });
    }
    const engine = await Engine.start({ config, registry, modelsDir, logger: quiet });
    const client = await TestEngineClient.open(engine.socketPath, 'ava');
    // As fast as frames come back, never so far ahead that the engine would skip late ones.
    for (let chunk = 0; chunk < speech.length / 320; chunk += 1) {
      client.sendChunk((i) => speech[i]! / 32_767);
      await client.until(() => client.frames.length > chunk / 2 - 8);
    }
    // The last frames wait for audio that never comes.
    const complete = offline.length - 3;
    await client.until(() => client.frames.length >= complete);
    const { stages, sessions } = engine.status();
    client.close();
    await engine.close();
    await pack.close();
    expect(sessions[0]).toMatchObject({ framesDropped: 0, framesBroken: 0 });
    for (const frame of client.frames) {
      const { planes, speechRatio } = offline[frame.frameIndex]!;
      expect(frame.speechRatio).toBeCloseTo(speechRatio, 5);
      if (Buffer.compare(frame.planes, planes) !== 0) {
        expect.fail(`frame ${frame.frameIndex} differs`);
      }
    }
    expect(offline.filter(({ speechRatio }) => speechRatio === 1).length).toBeGreaterThan(40);
    expect(stages.mouth.p50Ms).toBeGreaterThan(0);
  });
});

describe('npm run render', () => {
  it('gives the same hash twice, mouth parameters by name, and rest in silence', async () => {
    const first = await renderToJson('first.json');
    const second = await renderToJson('second.json');
    expect(second.sha256).toBe(first.sha256);
    expect(first.frames).toHaveLength((SECONDS + 1) * 25);
    expect(first.frames.slice(0, 8).map(({ speechRatio }) => speechRatio)).toEqual(
      Array(8).fill(0),
    );
    const jaw = first.frames.map(({ parameters }) => parameters?.['jawOpen'] ?? 0);
    expect(Math.max(...jaw)).toBeGreaterThan(0.2);
    expect(first.frames.some(({ failure }) => failure !== undefined)).toBe(false);
  });

  it.each<[string, string[], string, string]>([
    ['nothing', [], 'REQUEST_INVALID', '--avatar and --audio are needed'],
    ['an unknown option', ['--speed', '2'], 'REQUEST_INVALID', '--speed'],
    ['an unknown avatar', ['--avatar', 'nobody'], 'AVATAR_NOT_FOUND', 'it has: ava, leo,'],
    ['no such file', ['--audio', 'nowhere.wav'], 'SOURCE_MISSING', 'nowhere.wav'],
    ['a file that is no sound', ['--audio', 'package.json'], 'SOURCE_UNREADABLE', 'package.json'],
  ])('says what is wrong when given %s', async (_name, args, code, message) => {
    const whole = args.length === 0 ? [] : ['--avatar', 'ava', '--audio', wavPath, ...args];
    await expect(run(whole)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('says that ffmpeg is missing, and how to get it, when a video is asked for', async () => {
    vi.stubEnv('PATH', folder);
    const out = join(folder, 'out.mp4');
    await expect(run(['--avatar', 'ava', '--audio', wavPath, '--out', out])).rejects.toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: expect.stringContaining('leave --out away'),
    });
  });
});
