/** The VAE's encoder as exported: crop [batch, 256, 256, 3] BGR bytes → latents [batch, 8, 32, 32], masked | whole. */
import { AvatarError } from '../../errors.ts';
import type { InferenceModel } from '../../models/inference-session.ts';
import { toHalves, fromHalves } from './float16.ts';
import { FACE_SIZE } from './mouth-patch.ts';
import type { LatentFormat } from './prepared-avatar.ts';

/** Latents of one 256 × 256 BGR crop, in the painting network's number format. @throws AvatarError INFERENCE_FAILED */
export async function encodeCrop(
  model: InferenceModel,
  crop: Uint8Array,
  format: LatentFormat,
): Promise<Float32Array | Uint16Array> {
  const dims = [1, FACE_SIZE, FACE_SIZE, 3];
  const { latents } = await model.runTyped({ crop: { type: 'uint8', data: crop, dims } });
  if (latents?.data.length !== format.length || latents.type === 'uint8') {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `the crop encoder gave ${latents?.data.length ?? 0} numbers, the painting network takes ${format.length}; export the pack again`,
    );
  }
  if (latents.type === format.type) return latents.data;
  if (latents.type === 'float32') {
    const halves = new Uint16Array(format.length);
    toHalves(latents.data, halves);
    return halves;
  }
  const values = new Float32Array(format.length);
  fromHalves(latents.data, values);
  return values;
}
