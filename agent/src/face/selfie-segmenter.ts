import type { FaceModels } from './face-models.ts';
import { assertPicture, type Picture } from './picture.ts';
import { resampleRegion } from './resample.ts';

/** Side of the person mask, in cells. */
export const PERSON_MASK_SIZE = 256;

/**
 * How much each part of the picture belongs to a person.
 *
 * @returns 256 × 256 values 0–1, rows from the top. The mask covers the whole picture: cell (i, j) is the part around
 *   x = (i + 0.5) · width / 256, y = (j + 0.5) · height / 256. Calls may overlap.
 * @throws AvatarError INTERNAL on an impossible picture, INFERENCE_FAILED
 */
export async function segmentPerson(models: FaceModels, picture: Picture): Promise<Float32Array> {
  assertPicture(picture);
  const input = new Float32Array(PERSON_MASK_SIZE ** 2 * 3);
  const region = { x: 0, y: 0, width: picture.width, height: picture.height };
  const size = { width: PERSON_MASK_SIZE, height: PERSON_MASK_SIZE };
  resampleRegion(picture, region, size, { low: 0, high: 1 }, input);
  const outputs = await models.run('selfie-segmentation', input, [
    1,
    PERSON_MASK_SIZE,
    PERSON_MASK_SIZE,
    3,
  ]);
  return outputs['person']!;
}
