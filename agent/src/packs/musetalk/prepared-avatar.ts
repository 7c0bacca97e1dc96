/**
 * What the pack stores per avatar (pack.bin): per frame where the made face goes, its mask, and the latents of masked
 * and whole crop in the network's own number format (half floats for the published weights: 16 KiB a frame).
 *
 *   head      8 × i32: magic, version, frame count, width, height, latent numbers per frame, latent bytes each, 0
 *   frames    10 × i32 each: box x0 y0 x1 y1, region x0 y0 x1 y1, first byte of alpha, 1 = usable
 *   latents   frame count × latent numbers
 *   alphas    one byte per pixel of each region
 */
import { AvatarError } from '../../errors.ts';
import type { FrameStore } from '../../pipeline/model-pack.ts';
import type { PatchPlace } from './mouth-patch.ts';

const MAGIC = 0x3531544d; // "MT15"
const VERSION = 1;
const HEAD = 8;
const ENTRY = 10;

/** One usable frame. */
export type PreparedFrame = PatchPlace & { readonly latents: Float32Array | Uint16Array };

/** All frames; undefined where the pack has nothing to draw. */
export type PreparedAvatar = {
  readonly frames: readonly (PreparedFrame | undefined)[];
  /** Pixels of the largest region. */
  readonly maxRegionPixels: number;
};

/** Number format of latents. */
export type LatentFormat = { readonly type: 'float32' | 'float16'; readonly length: number };

/** Bytes of an avatar. All latents are of one type and length. */
export function encodePrepared(
  frames: readonly (PreparedFrame | undefined)[],
  size: { readonly width: number; readonly height: number },
): Uint8Array {
  const latents = frames.find((frame) => frame !== undefined)?.latents ?? new Uint16Array(0);
  const format = { length: latents.length };
  const latentBytes = latents.BYTES_PER_ELEMENT;
  const latentsAt = (HEAD + frames.length * ENTRY) * 4;
  const alphasAt = latentsAt + frames.length * format.length * latentBytes;
  const alphaBytes = frames.reduce((sum, frame) => sum + (frame?.alpha.length ?? 0), 0);
  const out = new Uint8Array(alphasAt + alphaBytes);
  const numbers = new Int32Array(out.buffer, 0, latentsAt / 4);
  numbers.set([
    MAGIC,
    VERSION,
    frames.length,
    size.width,
    size.height,
    format.length,
    latentBytes,
    0,
  ]);
  let alphaAt = alphasAt;
  frames.forEach((frame, index) => {
    if (!frame) return;
    const { box, region, alpha, latents } = frame;
    numbers.set(
      [
        ...[box.x0, box.y0, box.x1, box.y1],
        ...[region.x0, region.y0, region.x1, region.y1],
        alphaAt,
        1,
      ],
      HEAD + index * ENTRY,
    );
    const bytes = new Uint8Array(latents.buffer, latents.byteOffset, latents.byteLength);
    out.set(bytes, latentsAt + index * format.length * latentBytes);
    out.set(alpha, alphaAt);
    alphaAt += alpha.length;
  });
  return out;
}

/** Read what `encodePrepared` wrote. @throws AvatarError BUNDLE_INVALID when it belongs to other frames or weights */
export function decodePrepared(
  bytes: Uint8Array,
  { frameCount, width, height }: FrameStore,
  format: LatentFormat,
): PreparedAvatar {
  const latentBytes = format.type === 'float16' ? 2 : 4;
  const latentsAt = (HEAD + frameCount * ENTRY) * 4;
  const alphasAt = latentsAt + frameCount * format.length * latentBytes;
  // Views of 2 and 4 bytes need an aligned start.
  const data = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const head =
    data.length >= alphasAt ? new Int32Array(data.buffer, data.byteOffset, latentsAt / 4) : null;
  const expected = [MAGIC, VERSION, frameCount, width, height, format.length, latentBytes];
  if (head === null || expected.some((value, i) => head[i] !== value)) {
    throw new AvatarError(
      'BUNDLE_INVALID',
      `the musetalk-v15 data (${bytes.length} bytes) does not fit ${frameCount} frames of ${width}×${height} and ${format.type} latents; prepare the avatar again`,
    );
  }
  let maxRegionPixels = 0;
  const frames = Array.from({ length: frameCount }, (_, index): PreparedFrame | undefined => {
    const entry = head.subarray(HEAD + index * ENTRY, HEAD + (index + 1) * ENTRY);
    if (entry[9] !== 1) return undefined;
    const [box, region] = [rectAt(entry, 0), rectAt(entry, 4)];
    const pixels = (region.x1 - region.x0) * (region.y1 - region.y0);
    const alphaAt = entry[8]!; // ENTRY numbers
    if (alphaAt < alphasAt || alphaAt + pixels > data.length) {
      throw new AvatarError(
        'BUNDLE_INVALID',
        `the musetalk-v15 data of frame ${index} is cut off; prepare the avatar again`,
      );
    }
    maxRegionPixels = Math.max(maxRegionPixels, pixels);
    const start = data.byteOffset + latentsAt + index * format.length * latentBytes;
    return {
      box,
      region,
      alpha: data.subarray(alphaAt, alphaAt + pixels),
      latents:
        format.type === 'float16'
          ? new Uint16Array(data.buffer, start, format.length)
          : new Float32Array(data.buffer, start, format.length),
    };
  });
  return { frames, maxRegionPixels };
}

function rectAt(entry: Int32Array, at: number): { x0: number; y0: number; x1: number; y1: number } {
  return { x0: entry[at]!, y0: entry[at + 1]!, x1: entry[at + 2]!, y1: entry[at + 3]! };
}
