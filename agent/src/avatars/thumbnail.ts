import sharp from 'sharp';
import type { Size } from './output-size.ts';

const THUMBNAIL_PX = 320;
/** Side of the cut-out in face heights: head, hair and shoulders' edge. */
const FACE_HEIGHTS = 2.1;

/**
 * A square JPEG around the face.
 * @param rgb width × height × 3 bytes
 * @param box x, y, width, height of the face, px
 */
export async function makeThumbnail(
  rgb: Uint8Array,
  { width, height }: Size,
  box: ArrayLike<number>,
): Promise<Buffer> {
  const [faceX = 0, faceY = 0, faceWidth = 0, faceHeight = 0] = Array.from(box);
  const wanted = Math.round(Math.max(faceWidth, faceHeight) * FACE_HEIGHTS);
  const side = Math.max(16, Math.min(width, height, wanted));
  const place = (centre: number, limit: number): number =>
    Math.round(Math.max(0, Math.min(limit - side, centre - side / 2)));
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .extract({
      left: place(faceX + faceWidth / 2, width),
      top: place(faceY + faceHeight / 2, height),
      width: side,
      height: side,
    })
    .resize(THUMBNAIL_PX, THUMBNAIL_PX, { kernel: 'lanczos3' })
    .jpeg({ quality: 88 })
    .toBuffer();
}
