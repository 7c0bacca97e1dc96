/** The VAE's encoder as exported: crop [batch, 256, 256, 3] BGR bytes → latents [batch, 8, 32, 32], masked | whole. */
import { AvatarError } from '../../errors.ts';
import type { InferenceModel } from '../../models/inference-session.ts';
import { FACE_SIZE } from './mouth-patch.ts';

/** Latents of one 256 × 256 BGR crop, in the pack's own number format. @throws AvatarError INFERENCE_FAILED */
export async function encodeCrop(
  model: InferenceModel,
  crop: Uint8Array,
): Promise<Float32Array | Uint16Array> {
  const dims = [1, FACE_SIZE, FACE_SIZE, 3];
  const { latents } = await model.runTyped({ crop: { type: 'uint8', data: crop, dims } });
  if (latents !== undefined && latents.type !== 'uint8') return latents.data;
  throw new AvatarError('INFERENCE_FAILED', 'the crop encoder gave no latents');
}
