/** What the engine needs to know about avatars; the registry of avatars/ satisfies it. */
import type { AvatarSummary } from '../api/contract.ts';
import type { AvatarAsset } from '../pipeline/model-pack.ts';

/** One prepared avatar. */
export type CatalogueAvatar = {
  readonly asset: AvatarAsset;
  /** Shown name. */
  readonly name: string;
  /** Model pack: lite, musetalk-v15, probe. */
  readonly model: string;
  /** Names of sample clips. */
  readonly clips: readonly string[];
};

/** One sample clip, decoded. */
export type CatalogueClip = {
  readonly sampleRateHz: number;
  /** PCM16 mono. */
  readonly samples: Int16Array;
};

/** Read side of the avatar registry. */
export interface AvatarCatalogue {
  /** All avatars in file order, whatever their status. */
  list(): readonly AvatarSummary[];
  /** @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY */
  get(id: string): CatalogueAvatar;
  /** @throws AvatarError AVATAR_NOT_FOUND | CLIP_NOT_FOUND | SOURCE_UNREADABLE */
  clip(id: string, name: string): Promise<CatalogueClip>;
}
