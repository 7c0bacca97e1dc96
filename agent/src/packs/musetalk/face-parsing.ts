/** The face-parsing network, when the user has one: a square of the frame → its class per pixel, 512 × 512. */
import { AvatarError } from '../../errors.ts';
import type { InferenceModel } from '../../models/inference-session.ts';
import { PARSING_SIZE } from './jaw-mask.ts';

const PIXELS = PARSING_SIZE * PARSING_SIZE;

/**
 * Classes of `picture` (512 × 512 RGB bytes; blend-mask.ts makes it). @throws AvatarError INFERENCE_FAILED
 */
export async function parseFace(model: InferenceModel, picture: Uint8Array): Promise<Uint8Array> {
  const dims = [1, PARSING_SIZE, PARSING_SIZE, 3];
  const { classes } = await model.runTyped({ picture: { type: 'uint8', data: picture, dims } });
  if (classes?.type !== 'uint8' || classes.data.length !== PIXELS) {
    throw new AvatarError('INFERENCE_FAILED', 'the face-parsing network gave no 512 × 512 classes');
  }
  return classes.data;
}
