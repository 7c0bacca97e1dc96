/** `npm run render`: an avatar speaks a WAV file, offline, through the code of a live session. */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { resample } from '../audio/resampler.ts';
import { parseWav, toPcm16 } from '../audio/wav-file.ts';
import { AvatarRegistry } from '../avatars/avatar-registry.ts';
import { readLocalEnv } from '../config/env.ts';
import { loadConfig } from '../config/load.ts';
import { avatarSchema, type AvatarConfig, type Config } from '../config/schema.ts';
import { AvatarError } from '../errors.ts';
import { loadPack } from '../packs/load-pack.ts';
import type { ModelPack } from '../pipeline/model-pack.ts';
import { MODEL_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import { openAvatar } from './avatar-cabinet.ts';
import { Mp4Writer } from './mp4-writer.ts';
import { renderOffline } from './offline-render.ts';
import { PngWriter } from './png-writer.ts';
import type { OpenAvatar } from './render-session.ts';
import { ReportBuilder } from './render-report.ts';

const HELP = `Usage: npm run render -- --avatar ID --audio FILE.wav [--out FILE.mp4] [--json FILE] [--frames DIR]

  --avatar ID     an avatar of configs/realtime.yaml (or AVATAR_CONFIG)
  --audio FILE    WAV, mono or stereo, 8–96 kHz
  --out FILE      MP4 with picture and sound (needs ffmpeg)
  --json FILE     per frame: speech ratio, mouth parameters by name, timings; sha256 of all frames
  --frames DIR    every frame as PNG
  --model NAME    another model pack than the avatar's own: lite, musetalk-v15 (the avatar is prepared for it first)
`;
/** Longest audio, s: the JSON and the PNGs of a longer one help nobody. */
const MAX_AUDIO_S = 600;

const OPTIONS = {
  avatar: { type: 'string' },
  audio: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'string' },
  frames: { type: 'string' },
  model: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Run the command. @returns the exit code @throws AvatarError */
export async function run(args: string[]): Promise<number> {
  const { values } = parse(args);
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.avatar === undefined || values.audio === undefined) {
    throw new AvatarError('REQUEST_INVALID', `--avatar and --audio are needed\n\n${HELP}`);
  }
  const samples = await readSpeech(values.audio);
  const { modelsDir, bundleDirs, configPath } = readLocalEnv();
  const config = onlyAvatar(await loadConfig(configPath), values.avatar, values.model);
  const { musetalk } = config.service;
  const packs = new Map<string, Promise<ModelPack>>();
  const registry = await AvatarRegistry.load({
    config,
    env: { modelsDir, bundleDirs },
    packs: (model) => {
      const loading = packs.get(model) ?? loadPack(model, modelsDir, { musetalk });
      packs.set(model, loading);
      return loading;
    },
    onNotice: (message) => process.stderr.write(`${message}\n`),
  });
  const ready = registry.get(values.avatar);
  const pack = await (packs.get(ready.model) ?? loadPack(ready.model, modelsDir, { musetalk }));
  const avatar = await openAvatar(ready.asset, pack);
  const { silence_dbfs: silenceDbfs, fade_ms: fadeMs } = config.service;
  const sinks = await openSinks(values, avatar, values.audio);
  const report = new ReportBuilder(ready.id, ready.model, avatar, samples.length);
  const startedMs = performance.now();
  try {
    for await (const frame of renderOffline(avatar, samples, { silenceDbfs, fadeMs })) {
      report.add(frame);
      await sinks.mp4?.write(frame.planes);
      await sinks.png?.write(frame.planes, frame.header.frameIndex);
    }
    await sinks.mp4?.finish();
  } catch (error) {
    sinks.mp4?.abort();
    throw error;
  }
  const done = report.finish();
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(done, null, 1)}\n`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const resting = done.frames.filter(({ speechRatio }) => speechRatio === 0).length;
  process.stdout.write(
    `${done.frames.length} frames (${resting} at rest) in ${seconds} s, sha256 ${done.sha256}\n`,
  );
  await pack.close();
  const broken = done.frames.find(({ failure }) => failure !== undefined);
  if (broken === undefined) return 0;
  process.stderr.write(`frame ${broken.frameIndex} failed: ${broken.failure ?? ''}\n`);
  return 1;
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AvatarError('REQUEST_INVALID', `${reason}\n\n${HELP}`, { cause });
  }
}

async function readSpeech(path: string): Promise<Int16Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new AvatarError('SOURCE_MISSING', `${path} cannot be read; correct --audio`, { cause });
  }
  const { samples, sampleRateHz } = parseWav(bytes, path, { maxSeconds: MAX_AUDIO_S });
  return toPcm16(resample(samples, sampleRateHz, MODEL_SAMPLE_RATE_HZ));
}

/** The configuration with one avatar, so that the others are not opened; a bundle that fits is used. */
function onlyAvatar(config: Config, id: string, model: string | undefined): Config {
  const configured = config.avatars.get(id);
  if (configured !== undefined) {
    const avatar = {
      ...configured,
      preparation: false,
      ...(model && { model: modelNamed(model) }),
    };
    return { ...config, avatars: new Map([[id, avatar]]) };
  }
  const known = [...config.avatars.keys()].join(', ');
  throw new AvatarError(
    'AVATAR_NOT_FOUND',
    `${config.path} has no avatar "${id}" (it has: ${known})`,
  );
}

function modelNamed(name: string): NonNullable<AvatarConfig['model']> {
  const known = avatarSchema.shape.model.safeParse(name);
  if (known.data !== undefined) return known.data;
  throw new AvatarError(
    'REQUEST_INVALID',
    `--model "${name}" is none of lite, musetalk-v15, probe`,
  );
}

type Sinks = { readonly mp4: Mp4Writer | undefined; readonly png: PngWriter | undefined };

async function openSinks(
  values: { out?: string | undefined; frames?: string | undefined },
  { width, height }: OpenAvatar,
  audioPath: string,
): Promise<Sinks> {
  const png =
    values.frames === undefined ? undefined : await PngWriter.create(values.frames, width, height);
  const { out: path } = values;
  return {
    png,
    mp4: path === undefined ? undefined : new Mp4Writer({ path, width, height, audioPath }),
  };
}
