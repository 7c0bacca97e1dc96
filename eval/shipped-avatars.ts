/** The avatars that come with the service, opened as the engine opens them, each with the speech of its first clip. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resample } from '../agent/src/audio/resampler.ts';
import { parseWav, toPcm16 } from '../agent/src/audio/wav-file.ts';
import { bundlePath } from '../agent/src/avatars/avatar-loader.ts';
import { AvatarRegistry, type ReadyAvatar } from '../agent/src/avatars/avatar-registry.ts';
import { readLocalEnv } from '../agent/src/config/env.ts';
import { loadConfig } from '../agent/src/config/load.ts';
import { openAvatar } from '../agent/src/engine/avatar-cabinet.ts';
import type { OpenAvatar, SessionSettings } from '../agent/src/engine/render-session.ts';
import { AvatarError } from '../agent/src/errors.ts';
import type { ModelPack } from '../agent/src/pipeline/model-pack.ts';
import { MODEL_SAMPLE_RATE_HZ } from '../agent/src/pipeline/timeline.ts';

export type ShippedAvatar = {
  readonly id: string;
  /** As the service shows it. */
  readonly avatar: OpenAvatar;
  /** Without motion of its own: pictures can be compared with the source, byte by byte. */
  readonly still: OpenAvatar;
  /** Its first sample clip, PCM16 at 16 kHz. */
  readonly speech: Int16Array;
  /** Face box of its first frame: x, y, width, height in px. */
  readonly box: Float32Array;
};

export type ShippedAvatars = {
  readonly avatars: readonly ShippedAvatar[];
  readonly settings: SessionSettings;
};

/** @throws AvatarError AVATAR_NOT_READY when one of them cannot be opened */
export async function openShippedAvatars(pack: ModelPack): Promise<ShippedAvatars> {
  const { configPath, modelsDir, bundleDirs } = readLocalEnv();
  const config = await loadConfig(configPath);
  const shippedDir = bundleDirs[0] ?? 'avatars';
  const shipped = [...config.avatars].filter(
    ([id, { model }]) =>
      (model ?? config.service.model) === pack.facts.name && existsSync(bundlePath(shippedDir, id)),
  );
  if (shipped.length === 0) {
    throw new AvatarError(
      'AVATAR_NOT_FOUND',
      `${configPath} has no avatar of pack ${pack.facts.name} with a bundle in ${shippedDir}`,
    );
  }
  const registry = await AvatarRegistry.load({
    config: { ...config, avatars: new Map(shipped) },
    env: { modelsDir, bundleDirs },
    packs: () => Promise.resolve(pack),
  });
  const avatars: ShippedAvatar[] = [];
  for (const [id] of shipped) {
    const ready = registry.get(id);
    const stillAsset = { ...ready.asset, idle: 'none' as const };
    avatars.push({
      id,
      avatar: await openAvatar(ready.asset, pack),
      still: await openAvatar(stillAsset, pack),
      speech: clipOf(ready),
      box: ready.asset.track.boxes.slice(0, 4),
    });
  }
  const { silence_dbfs: silenceDbfs, fade_ms: fadeMs } = config.service;
  return { avatars, settings: { silenceDbfs, fadeMs } };
}

function clipOf({ id, manifest, directory }: ReadyAvatar): Int16Array {
  const [clip] = manifest.clips;
  if (!clip) throw new AvatarError('CLIP_NOT_FOUND', `${id} has no sample clip to speak`);
  const path = join(directory, clip.file);
  const { samples, sampleRateHz } = parseWav(readFileSync(path), path);
  return toPcm16(resample(samples, sampleRateHz, MODEL_SAMPLE_RATE_HZ));
}
