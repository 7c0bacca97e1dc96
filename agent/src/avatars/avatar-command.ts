/** `npm run avatar -- prepare | list | verify`: prepared avatars without starting the service. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readLocalEnv } from '../config/env.ts';
import { loadConfig } from '../config/load.ts';
import { avatarIdSchema, avatarSchema, type AvatarConfig, type Config } from '../config/schema.ts';
import { AvatarError } from '../errors.ts';
import { loadFaceModels } from '../face/face-models.node.ts';
import { loadPack } from '../packs/load-pack.ts';
import { describeState, inspectAll, verifyBundles } from './avatar-inspection.ts';
import { bundlePath } from './avatar-loader.ts';
import { prepareAvatar } from './prepare-avatar.ts';

const HELP = `Usage: npm run avatar -- <command>

  prepare --id ID --video FILE|FOLDER|IMAGE   make a bundle and print the lines for configs/realtime.yaml
          [--clip NAME=FILE.wav]…             sample clips
          [--name TEXT] [--model lite] [--bbox-shift PX]
          [--out DIR]                         folder of bundles (default: the cache)
  prepare --id ID --from-config [--out DIR]   the same for an avatar that the file already has
  list                                        avatars of the file and the state of their bundles
  verify                                      check every byte of every bundle

The file is configs/realtime.yaml, or AVATAR_CONFIG.
`;

const PREPARE_OPTIONS = {
  id: { type: 'string' },
  video: { type: 'string' },
  clip: { type: 'string', multiple: true },
  name: { type: 'string' },
  model: { type: 'string' },
  'bbox-shift': { type: 'string' },
  out: { type: 'string' },
  'from-config': { type: 'boolean' },
} as const;

/** What shells report for a command ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/**
 * Run one command. @returns the exit code: 0 done, 1 something is wrong with an avatar, 2 wrong usage, 130 interrupted
 * @throws AvatarError
 */
export async function run(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'prepare':
      return prepare(rest);
    case 'list':
      return inspectAll(describeState, say);
    case 'verify':
      return inspectAll(verifyBundles, say);
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      say(HELP);
      return 0;
    default:
      process.stderr.write(`avatar: there is no command "${command}"\n\n${HELP}`);
      return 2;
  }
}

type PrepareValues = ReturnType<typeof parsePrepareArgs>;

function parsePrepareArgs(words: string[]) {
  // parseArgs takes the -7 of `--bbox-shift -7` for an option unless the two are one word.
  const args = words.flatMap((word, i) => {
    if (words[i - 1] === '--bbox-shift') return [];
    return word === '--bbox-shift' ? [`${word}=${words[i + 1] ?? ''}`] : [word];
  });
  return parseArgs({ args, options: PREPARE_OPTIONS, strict: true }).values;
}

async function prepare(args: string[]): Promise<number> {
  let values: PrepareValues;
  try {
    values = parsePrepareArgs(args);
  } catch (thrown) {
    process.stderr.write(`avatar prepare: ${(thrown as Error).message}\n\n${HELP}`);
    return 2;
  }
  const env = readLocalEnv();
  const config = await loadConfig(env.configPath);
  const id = values.id ?? '';
  if (!avatarIdSchema.safeParse(id).success) {
    throw usage(
      `--id ${id === '' ? 'is missing' : `"${id}" is not usable`}; use letters, digits, _ and -`,
    );
  }
  const avatar = values['from-config'] ? configured(config, id) : avatarFrom(values);
  const model = avatar.model ?? config.service.model;
  const outDir = bundlePath(values.out ?? env.bundleDirs.at(-1) ?? '.', id);
  const pack = await loadPack(model, env.modelsDir, { musetalk: config.service.musetalk });
  const startMs = performance.now();
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const manifest = await prepareAvatar({
      id,
      config: avatar,
      service: config.service,
      pack,
      faceModels: () => loadFaceModels(join(env.modelsDir, 'face')),
      outDir,
      onProgress: progressDisplay(id),
      signal: stop.signal,
    });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const { frameCount, width, height } = manifest;
    process.stderr.write(
      `${id}: ${frameCount} ${frameCount === 1 ? 'frame' : 'frames'} of ${width}×${height} px in ${outDir} (${seconds} s)\n`,
    );
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
    process.stderr.write(`${id}: stopped, nothing was written\n`);
    return EXIT_INTERRUPTED;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await pack.close();
  }
  if (!values['from-config']) {
    process.stderr.write(`\nAdd these lines to ${env.configPath}:\n\n`);
    say(snippet(id, avatar));
  }
  return 0;
}

/** A bar that redraws itself on a terminal; elsewhere (logs) one line per tenth. */
function progressDisplay(id: string): (ratio: number) => void {
  let shownTenths = 0;
  return (ratio) => {
    const percent = Math.round(ratio * 100);
    if (process.stderr.isTTY) {
      const filled = Math.round(ratio * 24);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(24 - filled)}`;
      process.stderr.write(
        `\r${id} ${bar} ${String(percent).padStart(3)} %${ratio === 1 ? '\n' : ''}`,
      );
    } else if (Math.floor(percent / 10) > shownTenths) {
      shownTenths = Math.floor(percent / 10);
      process.stderr.write(`${id} ${percent} %\n`);
    }
  };
}

function configured(config: Config, id: string): AvatarConfig {
  const avatar = config.avatars.get(id);
  if (avatar) return avatar;
  const known = [...config.avatars.keys()].join(', ');
  throw new AvatarError(
    'AVATAR_NOT_FOUND',
    `${config.path} has no avatar "${id}" (it has: ${known})`,
  );
}

function avatarFrom(values: PrepareValues): AvatarConfig {
  if (!values.video)
    throw usage('--video is missing; name a video, a folder of pictures or a picture');
  const clips = (values.clip ?? []).map((text) => {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || file === undefined)
      throw usage(`--clip ${text} must be NAME=FILE.wav`);
    return [name, file];
  });
  const shift = values['bbox-shift'] === '' ? Number.NaN : Number(values['bbox-shift'] ?? 0);
  const parsed = avatarSchema.safeParse({
    video_path: values.video,
    bbox_shift: shift,
    audio_clips: Object.fromEntries(clips) as unknown,
    ...(values.name && { name: values.name }),
    ...(values.model && { model: values.model }),
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw usage(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong value'}`);
}

function usage(what: string): AvatarError {
  return new AvatarError(
    'REQUEST_INVALID',
    `avatar prepare: ${what} (see \`npm run avatar -- help\`)`,
  );
}

/** The lines to paste; JSON strings are YAML strings. */
function snippet(id: string, avatar: AvatarConfig): string {
  const lines = [
    `${id}:`,
    '  preparation: false',
    `  bbox_shift: ${avatar.bbox_shift}`,
    `  video_path: ${JSON.stringify(avatar.video_path)}`,
  ];
  const clips = Object.entries(avatar.audio_clips ?? {});
  if (clips.length > 0) lines.push('  audio_clips:');
  for (const [name, file] of clips) lines.push(`    ${name}: ${JSON.stringify(file)}`);
  if (avatar.name !== undefined) lines.push(`  name: ${JSON.stringify(avatar.name)}`);
  if (avatar.model !== undefined) lines.push(`  model: ${avatar.model}`);
  return lines.join('\n');
}
