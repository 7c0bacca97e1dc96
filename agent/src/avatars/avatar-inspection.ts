/** The states that `avatar list` and `avatar verify` print, one line per avatar. */
import { readLocalEnv } from '../config/env.ts';
import { loadConfig } from '../config/load.ts';
import type { AvatarConfig, Config } from '../config/schema.ts';
import { AvatarError } from '../errors.ts';
import { loadPack } from '../packs/load-pack.ts';
import type { ModelPack } from '../pipeline/model-pack.ts';
import { bundlePath } from './avatar-loader.ts';
import { digestInputs, isBundleCurrent } from './bundle-key.ts';
import { openBundle, readManifest } from './open-bundle.ts';
import { bundleParameters } from './prepare-avatar.ts';

/** What is known about one avatar of the file. */
export type Subject = {
  readonly id: string;
  readonly avatar: AvatarConfig;
  readonly config: Config;
  readonly pack: ModelPack;
  readonly bundleDirs: readonly string[];
};

/** Print one line per avatar; the exit code is 1 when one of them fails. */
export async function inspectAll(
  inspect: (subject: Subject) => Promise<string>,
  say: (line: string) => void,
): Promise<number> {
  const env = readLocalEnv();
  const config = await loadConfig(env.configPath);
  const packs = new Map<string, Promise<ModelPack>>();
  let exitCode = 0;
  for (const [id, avatar] of config.avatars) {
    const model = avatar.model ?? config.service.model;
    const loading =
      packs.get(model) ?? loadPack(model, env.modelsDir, { musetalk: config.service.musetalk });
    packs.set(model, loading);
    try {
      const pack = await loading;
      const state = await inspect({ id, avatar, config, pack, bundleDirs: env.bundleDirs });
      say(`${id.padEnd(16)} ${model.padEnd(13)} ${state}`);
    } catch (thrown) {
      exitCode = 1;
      say(`${id.padEnd(16)} ${model.padEnd(13)} FAILED: ${(thrown as Error).message}`);
    }
  }
  for (const loading of packs.values()) {
    const pack = await loading.catch(() => null);
    await pack?.close();
  }
  return exitCode;
}

/** Whether the next start finds a bundle. @throws AvatarError when it cannot make one either */
export async function describeState({
  id,
  avatar,
  config,
  pack,
  bundleDirs,
}: Subject): Promise<string> {
  const inputs = await digestInputs(avatar);
  const parameters = bundleParameters({ config: avatar, service: config.service, pack });
  for (const bundleDir of bundleDirs) {
    const directory = bundlePath(bundleDir, id);
    const manifest = await readManifest(directory);
    if (!manifest || !isBundleCurrent(manifest, inputs, parameters)) continue;
    const { frameCount, width, height, clips } = manifest;
    return `prepared: ${frameCount} frames ${width}×${height}, ${clips.length} clips, ${directory}`;
  }
  if (inputs.video.sha256 === null) {
    throw new AvatarError('SOURCE_MISSING', `${avatar.video_path} does not exist`);
  }
  return 'not prepared yet; the next start does it';
}

/** Check every byte of an avatar's bundles. @throws AvatarError BUNDLE_INVALID */
export async function verifyBundles({ id, bundleDirs }: Subject): Promise<string> {
  const whole: string[] = [];
  for (const bundleDir of bundleDirs) {
    const directory = bundlePath(bundleDir, id);
    if (!(await readManifest(directory))) continue;
    const { manifest } = await openBundle(directory);
    whole.push(`${directory} (${Object.keys(manifest.files).length} files)`);
  }
  return whole.length === 0 ? 'no bundle' : `whole: ${whole.join(', ')}`;
}
