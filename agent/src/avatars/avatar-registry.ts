/**
 * All avatars of the service: opens their bundles, prepares the missing ones, and keeps what went wrong with each.
 * One broken avatar does not stop the others.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AvatarSummary } from '../api/contract.ts';
import type { AvatarConfig } from '../config/schema.ts';
import { AvatarError, toAvatarError } from '../errors.ts';
import type { IdleLevel } from '../pipeline/idle-level.ts';
import type { AvatarAsset } from '../pipeline/model-pack.ts';
import { PUBLISH_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import { AvatarLoader, type RegistryOptions } from './avatar-loader.ts';
import type { BundleManifest } from './bundle-types.ts';
import { clipAtPublishRate } from './clips.ts';
import type { LoadedBundle } from './open-bundle.ts';
import { packSettings } from './prepare-avatar.ts';

/** An avatar that sessions can use. */
export type ReadyAvatar = {
  readonly id: string;
  readonly name: string;
  /** Name of its model pack. */
  readonly model: string;
  readonly asset: AvatarAsset;
  /** Names of its sample clips. */
  readonly clips: readonly string[];
  readonly manifest: BundleManifest;
  /** Folder of its bundle. */
  readonly directory: string;
};

type Entry = {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly config: AvatarConfig;
  state:
    | { status: 'preparing'; progressRatio: number }
    | { status: 'failed'; error: AvatarError }
    | { status: 'ready'; avatar: ReadyAvatar; thumbnail: Buffer };
};

/** Path of an avatar's thumbnail below the agent's HTTP origin. */
export function thumbnailPath(id: string): string {
  return `/avatars/${id}/thumbnail`;
}

/** The avatars of one service, by id, in the order of the file. */
export class AvatarRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #options: RegistryOptions;

  /** All avatars start as `preparing`; `load` opens them. Lists can be read meanwhile. */
  constructor(options: RegistryOptions) {
    this.#options = options;
    for (const [id, config] of options.config.avatars) {
      this.#entries.set(id, {
        id,
        name: config.name ?? id,
        model: config.model ?? options.config.service.model,
        config,
        state: { status: 'preparing', progressRatio: 0 },
      });
    }
  }

  /** A registry with every avatar either ready or failed. */
  static async load(options: RegistryOptions): Promise<AvatarRegistry> {
    const registry = new AvatarRegistry(options);
    await registry.load();
    return registry;
  }

  /** Open or prepare all avatars, one after the other. Never throws for an avatar. */
  async load(): Promise<void> {
    const loader = new AvatarLoader(this.#options);
    try {
      for (const entry of this.#entries.values()) {
        const startedMs = performance.now();
        try {
          const onProgress = (progressRatio: number): void => {
            entry.state = { status: 'preparing', progressRatio };
            this.#options.onProgress?.(entry.id, progressRatio);
          };
          const bundle = await loader.load(entry, onProgress);
          entry.state = {
            status: 'ready',
            avatar: toReadyAvatar(entry, bundle),
            thumbnail: bundle.thumbnail,
          };
          this.#options.onLoaded?.(entry.id, (performance.now() - startedMs) / 1000);
        } catch (thrown) {
          entry.state = { status: 'failed', error: withId(entry.id, toAvatarError(thrown)) };
          this.#options.onLoaded?.(entry.id, undefined);
        }
      }
    } finally {
      await loader.close();
    }
  }

  list(): AvatarSummary[] {
    return [...this.#entries.values()].map(({ id, name, model, state }) => {
      const summary = { id, name, model, status: state.status, clips: [] as string[] };
      switch (state.status) {
        case 'preparing':
          return { ...summary, progressRatio: state.progressRatio };
        case 'failed':
          return { ...summary, reason: state.error.message };
        case 'ready':
          return {
            ...summary,
            thumbnail: thumbnailPath(id),
            clips: [...state.avatar.clips],
          };
      }
    });
  }

  /** @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY with the reason */
  get(id: string): ReadyAvatar {
    return this.#ready(id).avatar;
  }

  /** 320 px square JPEG. @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY */
  thumbnail(id: string): Buffer {
    return this.#ready(id).thumbnail;
  }

  /** A sample clip as 48 kHz mono PCM. @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY | CLIP_NOT_FOUND */
  async clip(
    id: string,
    name: string,
  ): Promise<{ samples: Int16Array; sampleRateHz: typeof PUBLISH_SAMPLE_RATE_HZ }> {
    const { manifest, directory, clips } = this.get(id);
    const clip = manifest.clips.find((candidate) => candidate.name === name);
    if (!clip) {
      const known = clips.join(', ') || 'none';
      throw new AvatarError(
        'CLIP_NOT_FOUND',
        `avatar ${id} has no clip "${name}" (it has: ${known})`,
      );
    }
    const bytes = await readFile(join(directory, clip.file));
    return { samples: clipAtPublishRate(bytes, clip.file), sampleRateHz: PUBLISH_SAMPLE_RATE_HZ };
  }

  #ready(id: string): Extract<Entry['state'], { status: 'ready' }> {
    const state = this.#entries.get(id)?.state;
    if (!state) {
      const known = [...this.#entries.keys()].join(', ');
      throw new AvatarError('AVATAR_NOT_FOUND', `no avatar "${id}" (there are: ${known})`);
    }
    if (state.status === 'ready') return state;
    const reason =
      state.status === 'failed'
        ? `failed: ${state.error.message}`
        : `is still being prepared (${Math.round(state.progressRatio * 100)} %)`;
    throw new AvatarError('AVATAR_NOT_READY', `avatar ${id} ${reason}`);
  }
}

/** Every reason starts with the avatar's id, wherever it comes from. */
function withId(id: string, error: AvatarError): AvatarError {
  if (error.message.startsWith(`${id}: `)) return error;
  return new AvatarError(error.code, `${id}: ${error.message}`, { cause: error });
}

/** One picture comes to life; a video moves by itself, and the calibration pack must stand still. */
const defaultIdleLevel = (model: string, frameCount: number): IdleLevel =>
  frameCount === 1 && model !== 'probe' ? 'subtle' : 'none';

function toReadyAvatar({ id, name, model, config }: Entry, bundle: LoadedBundle): ReadyAvatar {
  return {
    id,
    name,
    model,
    asset: {
      id,
      frames: bundle.frames,
      track: bundle.track,
      packData: bundle.packData,
      settings: packSettings(config),
      idle: config.idle ?? defaultIdleLevel(model, bundle.frames.frameCount),
    },
    clips: bundle.manifest.clips.map((clip) => clip.name),
    manifest: bundle.manifest,
    directory: bundle.directory,
  };
}
