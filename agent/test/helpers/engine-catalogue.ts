/** Avatars made of numbers, for tests of the engine: real assets in shared memory, no files. */
import type { AvatarSummary } from '../../src/api/contract.ts';
import { serviceSchema, type Config, type ServiceConfig } from '../../src/config/schema.ts';
import type {
  AvatarCatalogue,
  CatalogueAvatar,
  CatalogueClip,
} from '../../src/engine/avatar-catalogue.ts';
import { AvatarError } from '../../src/errors.ts';
import { LANDMARK_COUNT } from '../../src/pipeline/model-pack.ts';

/** Box of every frame of a number avatar: x, y, width, height in px. */
export const BOX = { x: 32, y: 24, width: 48, height: 40 };

/** An avatar whose source frames all differ in every pixel. */
export function numberAvatar(
  id: string,
  model: string,
  { width = 128, height = 96, frameCount = 7 } = {},
): CatalogueAvatar {
  const frameBytes = (width * height * 3) / 2;
  const i420 = new Uint8Array(new SharedArrayBuffer(frameCount * frameBytes));
  for (let i = 0; i < i420.length; i += 1) {
    i420[i] = 40 + ((i * 7 + Math.floor(i / frameBytes) * 13) % 150);
  }
  const boxes = new Float32Array(new SharedArrayBuffer(frameCount * 16));
  for (let i = 0; i < frameCount; i += 1) boxes.set([BOX.x, BOX.y, BOX.width, BOX.height], i * 4);
  return {
    asset: {
      id,
      frames: { width, height, frameCount, i420 },
      track: {
        landmarks: new Float32Array(new SharedArrayBuffer(frameCount * LANDMARK_COUNT * 12)),
        boxes,
        interpolated: new Uint8Array(new SharedArrayBuffer(frameCount)),
      },
      packData: new Uint8Array(0),
      settings: { bboxShiftPx: 0, strengthRatio: 1 },
    },
    name: `Avatar ${id}`,
    model,
    clips: ['beep'],
  };
}

/** A catalogue of number avatars. */
export class NumberCatalogue implements AvatarCatalogue {
  readonly #avatars: Map<string, CatalogueAvatar>;

  constructor(avatars: CatalogueAvatar[]) {
    this.#avatars = new Map(avatars.map((avatar) => [avatar.asset.id, avatar]));
  }

  list(): AvatarSummary[] {
    return [...this.#avatars.values()].map(({ asset, name, model, clips }) => ({
      id: asset.id,
      name,
      model,
      status: 'ready' as const,
      clips: [...clips],
    }));
  }

  get(id: string): CatalogueAvatar {
    const avatar = this.#avatars.get(id);
    if (avatar === undefined) throw new AvatarError('AVATAR_NOT_FOUND', `no avatar "${id}"`);
    return avatar;
  }

  clip(id: string, name: string): Promise<CatalogueClip> {
    if (name !== 'beep') throw new AvatarError('CLIP_NOT_FOUND', `${id} has no clip "${name}"`);
    return Promise.resolve({ sampleRateHz: 48_000, samples: Int16Array.of(1, -2, 3) });
  }
}

/** A whole configuration with some service settings. */
export function configWith(service: Partial<ServiceConfig>): Config {
  return { service: { ...serviceSchema.parse({}), ...service }, avatars: new Map(), path: 'test' };
}
