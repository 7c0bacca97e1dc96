/** Finds the code and the folder of a model pack by its name in configs/realtime.yaml. */
import { join } from 'node:path';
import type { MusetalkConfig } from '../config/schema.ts';
import { AvatarError } from '../errors.ts';
import type { ModelPack } from '../pipeline/model-pack.ts';
import { ProbePack } from './probe/probe-pack.ts';

/** Whether a pack wants all its sessions in one thread: its weights are large and its frames are made in batches. */
export const runsInOneThread = (model: string): boolean => model === 'musetalk-v15';

/** What a pack is loaded for. */
export type PackUse = {
  /** `live`: what is late may be replaced by what is quicker; `offline` (default): the same input gives the same bytes. */
  readonly use?: 'live' | 'offline';
  /** service.musetalk; default: its defaults. */
  readonly musetalk?: MusetalkConfig | undefined;
};

/**
 * Load the pack `model` from `modelsDir`/`model`. Verifies its files and warms up.
 * @throws AvatarError MODEL_PACK_MISSING | MODEL_PACK_CORRUPT
 */
export async function loadPack(
  model: string,
  modelsDir: string,
  { use = 'offline', musetalk: settings }: PackUse = {},
): Promise<ModelPack> {
  switch (model) {
    case 'lite': {
      // Loaded when it is used: onnxruntime is 20 MB of native code that `probe` does not need.
      const { loadLitePack } = await import('./lite/lite-pack.ts');
      return loadLitePack(join(modelsDir, 'lite'));
    }
    case 'probe':
      return new ProbePack();
    case 'musetalk-v15': {
      const { loadMusetalkPack } = await import('./musetalk/musetalk-pack.ts');
      const { graphOptionsOf } = await import('./musetalk/graph-options.ts');
      const { musetalkSchema } = await import('../config/schema.ts');
      const { FallbackPack } = await import('./musetalk/fallback-pack.ts');
      const { loadLitePack } = await import('./lite/lite-pack.ts');
      const config = settings ?? musetalkSchema.parse({});
      const musetalk = await loadMusetalkPack(
        join(modelsDir, 'musetalk-v15'),
        graphOptionsOf(config),
      );
      const lite = await loadLitePack(join(modelsDir, 'lite'));
      const isWatched = use === 'live' && config.fallback === 'lite';
      const now = isWatched ? (): number => performance.now() : undefined;
      return new FallbackPack(musetalk, lite, { now });
    }
    default:
      throw new AvatarError(
        'MODEL_PACK_MISSING',
        `there is no model pack named "${model}"; choose lite or musetalk-v15 (or probe, for measurements)`,
      );
  }
}
