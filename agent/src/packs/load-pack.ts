/** Finds the code and the folder of a model pack by its name in configs/realtime.yaml. */
import { join } from 'node:path';
import { AvatarError } from '../errors.ts';
import type { ModelPack } from '../pipeline/model-pack.ts';
import { ProbePack } from './probe/probe-pack.ts';

/**
 * Load the pack `model` from `modelsDir`/`model`. Verifies its files and warms up.
 * @throws AvatarError MODEL_PACK_MISSING | MODEL_PACK_CORRUPT
 */
export async function loadPack(model: string, modelsDir: string): Promise<ModelPack> {
  switch (model) {
    case 'lite': {
      // Loaded when it is used: onnxruntime is 20 MB of native code that `probe` does not need.
      const { loadLitePack } = await import('./lite/lite-pack.ts');
      return loadLitePack(join(modelsDir, 'lite'));
    }
    case 'probe':
      return new ProbePack();
    case 'musetalk-v15':
      throw new AvatarError(
        'MODEL_PACK_MISSING',
        'model pack musetalk-v15 comes with a later version; set `model: lite` for this avatar or in `service`',
      );
    default:
      throw new AvatarError(
        'MODEL_PACK_MISSING',
        `there is no model pack named "${model}"; choose lite (or probe, for measurements)`,
      );
  }
}
