/**
 * Opens what `video_path` names: a video, a folder of pictures, or one picture. All three become RGB frames of one
 * size at 25 fps.
 */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AvatarError } from '../errors.ts';
import { FRAME_RATE_FPS } from '../pipeline/timeline.ts';
import { readPicture, readPictureSize } from './picture-file.ts';
import { outputSize, type Size } from './output-size.ts';
import { openVideo, type VideoPrograms } from './video-file.ts';

/** Limits of a source, from the service's settings. */
export type SourceLimits = {
  /** Longest side of a frame, px. */
  readonly maxPx: number;
  /** Longest source, s. */
  readonly maxSeconds: number;
};

/** A source ready to be read once, frame by frame. */
export type AvatarSource = {
  readonly size: Size;
  /** Exact for pictures, an estimate for videos: for progress. */
  readonly expectedFrameCount: number;
  /** Frames as width × height × 3 bytes RGB; each is valid until the next one is asked for. */
  readonly frames: () => AsyncIterable<Uint8Array>;
};

const PICTURE_ENDINGS: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg', '.webp']);

/**
 * Open a source.
 * @throws AvatarError SOURCE_MISSING | SOURCE_UNREADABLE | SOURCE_TOO_LARGE | DEPENDENCY_MISSING
 */
export async function openSource(
  path: string,
  limits: SourceLimits,
  programs?: VideoPrograms,
): Promise<AvatarSource> {
  const pictures = await listPictures(path);
  if (pictures === null) return openVideo(path, limits, programs);
  return openPictures(path, pictures, limits);
}

/**
 * The pictures a source consists of, in order; null for a video.
 * @throws AvatarError SOURCE_MISSING | SOURCE_UNREADABLE (a folder without pictures)
 */
export async function listPictures(path: string): Promise<readonly string[] | null> {
  const entry = await stat(path).catch(() => null);
  if (!entry) {
    throw new AvatarError(
      'SOURCE_MISSING',
      `${path} does not exist; correct video_path, or put the file there`,
    );
  }
  if (!entry.isDirectory()) return isPicture(path) ? [path] : null;
  // Numbers compare as numbers, so that frame2.png comes before frame10.png.
  const order = new Intl.Collator('en', { numeric: true });
  const names = (await readdir(path))
    .filter((name) => isPicture(name) && !name.startsWith('.'))
    .sort((one, other) => order.compare(one, other));
  if (names.length === 0) {
    throw new AvatarError(
      'SOURCE_UNREADABLE',
      `folder ${path} holds no pictures; put PNG, JPEG or WebP files there, one per frame, 25 per second`,
    );
  }
  return names.map((name) => join(path, name));
}

async function openPictures(
  path: string,
  pictures: readonly string[],
  { maxPx, maxSeconds }: SourceLimits,
): Promise<AvatarSource> {
  if (pictures.length > maxSeconds * FRAME_RATE_FPS) {
    throw new AvatarError(
      'SOURCE_TOO_LARGE',
      `${path} holds ${pictures.length} pictures (${(pictures.length / FRAME_RATE_FPS).toFixed(1)} s at 25 fps), ` +
        `at most ${maxSeconds} s are used; remove some, or raise service.source_max_s`,
    );
  }
  const first = pictures[0] ?? path;
  const sourceSize = await readPictureSize(first);
  const size = outputSize(sourceSize, maxPx, first);
  async function* frames(): AsyncGenerator<Uint8Array> {
    for (const picture of pictures) {
      const { width, height } = await readPictureSize(picture);
      if (width !== sourceSize.width || height !== sourceSize.height) {
        throw new AvatarError(
          'SOURCE_UNREADABLE',
          `${picture} is ${width}×${height} px, but ${first} is ${sourceSize.width}×${sourceSize.height}; ` +
            'all pictures of a folder must have one size',
        );
      }
      yield await readPicture(picture, size);
    }
  }
  return { size, expectedFrameCount: pictures.length, frames };
}

function isPicture(name: string): boolean {
  return PICTURE_ENDINGS.has(extname(name).toLowerCase());
}
