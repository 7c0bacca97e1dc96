/** Finds or makes the bundle of each avatar; holds what several avatars share while they are loaded. */
import { join } from 'node:path';
import type { AvatarConfig, Config } from '../config/schema.ts';
import { toAvatarError } from '../errors.ts';
import { loadFaceModels } from '../face/face-models.node.ts';
import type { FaceModels } from '../face/face-models.ts';
import type { ModelPack } from '../pipeline/model-pack.ts';
import { digestInputs, isBundleCurrent } from './bundle-key.ts';
import { openBundle, readManifest, type LoadedBundle } from './open-bundle.ts';
import { bundleParameters, prepareAvatar } from './prepare-avatar.ts';
import type { VideoPrograms } from './video-file.ts';

/** What a registry needs. */
export type RegistryOptions = {
  readonly config: Config;
  readonly env: {
    /** Folder of model packs; the face pack is its subfolder `face`. */
    readonly modelsDir: string;
    /** Searched in order for `<id>/bundle`; the last one is written to. */
    readonly bundleDirs: readonly string[];
  };
  /** A loaded pack by name; asked for once per name, the caller closes it. */
  readonly packs: (model: string) => Promise<ModelPack>;
  /** 0–1 while an avatar is being prepared. */
  readonly onProgress?: (id: string, ratio: number) => void;
  /** An avatar is ready, after so many seconds, or has failed (undefined). */
  readonly onLoaded?: (id: string, seconds: number | undefined) => void;
  /** One line of text about something that was mended by itself, e.g. a damaged bundle prepared anew. */
  readonly onNotice?: (message: string) => void;
  readonly programs?: VideoPrograms;
  /** Stops a preparation that is under way; its avatar and the rest count as failed. */
  readonly signal?: AbortSignal;
};

/** Which avatar to load, with which pack. */
export type LoadSubject = {
  readonly id: string;
  readonly model: string;
  readonly config: AvatarConfig;
};

/** See the head of this file. `close` ends it. */
export class AvatarLoader {
  readonly #options: RegistryOptions;
  readonly #packs = new Map<string, Promise<ModelPack>>();
  #faceModels: Promise<FaceModels> | undefined;
  #frameBytesLeft: number;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#frameBytesLeft = options.config.service.frame_memory_mb * 1e6;
  }

  /** @throws AvatarError whatever keeps this avatar from being used */
  async load(entry: LoadSubject, onProgress: (ratio: number) => void): Promise<LoadedBundle> {
    this.#options.signal?.throwIfAborted();
    const { config } = entry;
    const pack = await this.#pack(entry.model);
    const bundle =
      (config.preparation ? null : await this.#findBundle(entry, pack)) ??
      (await this.#makeBundle(entry, pack, onProgress));
    this.#frameBytesLeft -= bundle.frames.i420.length;
    return bundle;
  }

  async close(): Promise<void> {
    const faceModels = await this.#faceModels?.catch(() => undefined);
    await faceModels?.release();
  }

  async #findBundle(entry: LoadSubject, pack: ModelPack): Promise<LoadedBundle | null> {
    const { service } = this.#options.config;
    const inputs = await digestInputs(entry.config);
    const parameters = bundleParameters({ config: entry.config, service, pack });
    for (const bundleDir of this.#options.env.bundleDirs) {
      const directory = bundlePath(bundleDir, entry.id);
      try {
        const manifest = await readManifest(directory);
        if (!manifest || !isBundleCurrent(manifest, inputs, parameters)) continue;
        return await openBundle(directory, this.#frameBytesLeft);
      } catch (thrown) {
        const error = toAvatarError(thrown);
        if (error.code !== 'BUNDLE_INVALID') throw error;
        // Without its source a damaged bundle cannot be mended: then this is the reason to show.
        if (inputs.video.sha256 === null) throw error;
        this.#options.onNotice?.(`${entry.id}: ${error.message}; preparing it anew`);
      }
    }
    return null;
  }

  async #makeBundle(
    { id, config }: LoadSubject,
    pack: ModelPack,
    onProgress: (ratio: number) => void,
  ): Promise<LoadedBundle> {
    const { config: whole, env, programs, signal } = this.#options;
    const outDir = bundlePath(env.bundleDirs.at(-1) ?? '.cache/avatars', id);
    await prepareAvatar({
      id,
      config,
      service: whole.service,
      pack,
      faceModels: () => (this.#faceModels ??= loadFaceModels(join(env.modelsDir, 'face'))),
      outDir,
      maxFrameBytes: this.#frameBytesLeft,
      onProgress,
      ...(programs && { programs }),
      ...(signal && { signal }),
    });
    return openBundle(outDir, this.#frameBytesLeft);
  }

  #pack(model: string): Promise<ModelPack> {
    const pack = this.#packs.get(model) ?? this.#options.packs(model);
    this.#packs.set(model, pack);
    return pack;
  }
}

/** Folder of an avatar's bundle below a bundle folder. */
export function bundlePath(bundleDir: string, id: string): string {
  return join(bundleDir, id, 'bundle');
}
