/** Reads one picture file with sharp: EXIF orientation applied, transparency laid on light grey, 8-bit RGB. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { AvatarError } from '../errors.ts';
import { MAX_SOURCE_AREA_PX, type Size } from './output-size.ts';

const BACKDROP = '#dcdcdc';

/**
 * Size of a picture as it is meant to be seen (after EXIF orientation), without decoding it.
 * @throws AvatarError SOURCE_UNREADABLE
 */
export async function readPictureSize(path: string): Promise<Size> {
  try {
    // The limit is off only here: the header is read, and a size over our limit gets our own message.
    const { autoOrient } = await sharp(await readPictureBytes(path), {
      limitInputPixels: false,
    }).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * Decode a picture, scaled to exactly `size`.
 * @returns width × height × 3 bytes RGB
 * @throws AvatarError SOURCE_UNREADABLE
 */
export async function readPicture(path: string, { width, height }: Size): Promise<Uint8Array> {
  try {
    const bytes = await readPictureBytes(path);
    const rgb = await sharp(bytes, { limitInputPixels: MAX_SOURCE_AREA_PX, failOn: 'error' })
      .autoOrient()
      .flatten({ background: BACKDROP })
      .toColourspace('srgb')
      .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (rgb.info.channels !== 3) throw new Error(`it has ${rgb.info.channels} channels`);
    return rgb.data;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * sharp reads whatever it knows, whatever the file's name: an SVG would be rendered, with what it refers to.
 * @throws Error unless it is one of the three formats that are offered
 */
async function readPictureBytes(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  const head = bytes.toString('latin1', 0, 12);
  if (!/^(\x89PNG\r\n|\xff\xd8\xff|RIFF[^]{4}WEBP)/.test(head))
    throw new Error('it is no PNG, JPEG or WebP');
  return bytes;
}

function unreadable(path: string, cause: unknown): AvatarError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AvatarError(
    'SOURCE_UNREADABLE',
    `${path} cannot be read as a picture (${reason.split('\n')[0] ?? ''}); save it again as PNG or JPEG`,
    { cause },
  );
}
