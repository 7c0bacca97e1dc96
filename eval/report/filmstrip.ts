/** Pictures of an avatar speaking one utterance: the lower face every 80 ms, as JPEG data URIs. */
import sharp from 'sharp';
import { toPcm16 } from '../../agent/src/audio/wav-file.ts';
import { renderOffline } from '../../agent/src/engine/offline-render.ts';
import { i420ToRgb } from '../../agent/src/engine/png-writer.ts';
import type { SessionSettings } from '../../agent/src/engine/render-session.ts';
import { FRAME_MS } from '../../agent/src/pipeline/timeline.ts';
import type { ShippedAvatar } from '../shipped-avatars.ts';

/** Every second frame: 80 ms, about one phoneme. */
const FRAMES_APART = 2;
const PICTURE_PX = 144;
const JPEG_QUALITY = 72;

export type FilmFrame = { readonly timeMs: number; readonly dataUri: string };

/** One strip. Time between pictures: STRIP_STEP_MS. */
export const STRIP_STEP_MS = FRAMES_APART * FRAME_MS;

/** @param samples 16 kHz, −1…1 */
export async function filmstrip(
  { avatar, box }: ShippedAvatar,
  samples: Float32Array,
  settings: SessionSettings,
): Promise<FilmFrame[]> {
  const { width, height } = avatar;
  const crop = lowerFace(box, width, height);
  const rgb = new Uint8Array(width * height * 3);
  const frames: FilmFrame[] = [];
  for await (const { planes, header } of renderOffline(avatar, toPcm16(samples), settings)) {
    if (header.frameIndex % FRAMES_APART !== 0) continue;
    i420ToRgb(planes, width, height, rgb);
    const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .extract(crop)
      .resize(PICTURE_PX, PICTURE_PX)
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
    frames.push({
      timeMs: header.frameIndex * FRAME_MS,
      dataUri: `data:image/jpeg;base64,${jpeg.toString('base64')}`,
    });
  }
  return frames;
}

/** Square around mouth and chin, from the face box. */
function lowerFace(
  box: Float32Array,
  frameWidth: number,
  frameHeight: number,
): { left: number; top: number; width: number; height: number } {
  const [x = 0, y = 0, width = frameWidth, height = frameHeight] = box;
  const side = Math.min(frameWidth, frameHeight, Math.round(0.72 * Math.max(width, height)));
  const within = (at: number, limit: number): number =>
    Math.round(Math.min(limit - side, Math.max(0, at)));
  return {
    left: within(x + width / 2 - side / 2, frameWidth),
    top: within(y + height - 0.82 * side, frameHeight),
    width: side,
    height: side,
  };
}
