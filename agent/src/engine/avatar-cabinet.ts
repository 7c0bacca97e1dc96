/** Packs and avatars opened in one render thread. Avatars share their pack; sessions share their avatar. */
import type { MusetalkConfig } from '../config/schema.ts';
import { AvatarError } from '../errors.ts';
import { IdleMotion } from '../idle-motion/idle-motion.ts';
import { loadPack } from '../packs/load-pack.ts';
import type { AvatarAsset, ModelPack } from '../pipeline/model-pack.ts';
import { MODEL_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import { renderOffline } from './offline-render.ts';
import type { OpenAvatar } from './render-session.ts';

/** Open an asset with a loaded pack; views of its frames are made once, here. */
export async function openAvatar(asset: AvatarAsset, pack: ModelPack): Promise<OpenAvatar> {
  const { width, height, frameCount, i420 } = asset.frames;
  const frameBytes = (width * height * 3) / 2;
  if (
    frameCount < 1 ||
    width % 2 !== 0 ||
    height % 2 !== 0 ||
    i420.length < frameCount * frameBytes
  ) {
    throw new AvatarError(
      'BUNDLE_INVALID',
      `${asset.id}: ${frameCount} frames of ${width}×${height} px do not fit its ${i420.length} bytes; prepare it again`,
    );
  }
  return {
    id: asset.id,
    pack,
    rendering: await pack.openAvatar(asset),
    width,
    height,
    sourceFrames: Array.from({ length: frameCount }, (_, i) =>
      i420.subarray(i * frameBytes, (i + 1) * frameBytes),
    ),
    motion: IdleMotion.open({
      id: asset.id,
      frames: asset.frames,
      track: asset.track,
      level: asset.idle ?? 'none',
    }),
  };
}

/** Speech a thread renders before its first session, s: enough for the compiler to have seen the hot loops. */
const WARM_UP_S = 1.2;

/** Run every stage on a tone, so that the first words of the first session are not late. Failures show up later. */
async function warmUp(avatar: OpenAvatar): Promise<void> {
  const tone = new Int16Array(WARM_UP_S * MODEL_SAMPLE_RATE_HZ);
  for (let i = 0; i < tone.length; i += 1) tone[i] = 8000 * Math.sin(i / 10);
  const frames = renderOffline(avatar, tone, { silenceDbfs: -50, fadeMs: 0 });
  for await (const frame of frames) if (frame.failure !== undefined) return;
}

type Entry = { readonly opening: Promise<OpenAvatar>; users: number; isReplaced: boolean };

/** Everything one thread has opened. */
export class AvatarCabinet {
  readonly #modelsDir: string;
  readonly #musetalk: MusetalkConfig;
  readonly #packs = new Map<string, Promise<ModelPack>>();
  readonly #entries = new Map<string, Entry>();
  readonly #entryOf = new Map<OpenAvatar, Entry>();

  constructor(modelsDir: string, musetalk: MusetalkConfig) {
    this.#modelsDir = modelsDir;
    this.#musetalk = musetalk;
  }

  /** Open an avatar; one of the same id is replaced and closed after its last session. @throws AvatarError */
  async add(asset: AvatarAsset, model: string): Promise<OpenAvatar> {
    const previous = this.#entries.get(asset.id);
    const entry: Entry = { opening: this.#open(asset, model), users: 0, isReplaced: false };
    this.#entries.set(asset.id, entry);
    const avatar = await entry.opening;
    this.#entryOf.set(avatar, entry);
    if (previous !== undefined) {
      previous.isReplaced = true;
      await this.#closeIfUnused(previous);
    }
    return avatar;
  }

  /** Take an avatar for a session. @throws AvatarError AVATAR_NOT_FOUND, or why it could not be opened. */
  async acquire(id: string): Promise<OpenAvatar> {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      throw new AvatarError('AVATAR_NOT_FOUND', `no avatar has the id "${id}"`);
    }
    const avatar = await entry.opening;
    entry.users += 1;
    return avatar;
  }

  /** Give an avatar back. */
  async release(avatar: OpenAvatar): Promise<void> {
    const entry = this.#entryOf.get(avatar);
    if (entry === undefined) return;
    entry.users -= 1;
    await this.#closeIfUnused(entry);
  }

  async #open(asset: AvatarAsset, model: string): Promise<OpenAvatar> {
    let loading = this.#packs.get(model);
    const isFirst = loading === undefined;
    if (loading === undefined) {
      loading = loadPack(model, this.#modelsDir, { use: 'live', musetalk: this.#musetalk });
      this.#packs.set(model, loading);
      // A pack that could not be loaded is tried again with the next avatar: its files may have been mended.
      loading.catch(() => this.#packs.delete(model));
    }
    const avatar = await openAvatar(asset, await loading);
    // Where frames take longer than they last, thirty of them would only hold up the start.
    if (isFirst && avatar.pack.facts.isRealTime !== false) await warmUp(avatar);
    return avatar;
  }

  async #closeIfUnused(entry: Entry): Promise<void> {
    if (!entry.isReplaced || entry.users > 0) return;
    const avatar = await entry.opening.catch(() => undefined); // a failed opening has nothing to close
    if (avatar === undefined || !this.#entryOf.delete(avatar)) return;
    await avatar.rendering.close();
  }
}
