/** Decodes a bundle's JPEG frames into one shared buffer of I420 frames. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { FrameStore } from '../pipeline/model-pack.ts';
import { rgbToI420 } from './rgb-to-i420.ts';

/** Frames decoded at the same time; more than this only costs memory. */
const PARALLEL_FRAMES = 4;

/** Name of frame `index` inside a bundle. */
export function frameFile(index: number): string {
  return `frames/${String(index).padStart(6, '0')}.jpg`;
}

/** Bytes of a store's frames. */
export function frameStoreBytes(width: number, height: number, frameCount: number): number {
  return (width * height * 3 * frameCount) / 2;
}

/**
 * Decode all frames of `directory`.
 * @param check called with name and bytes of each file before it is decoded; throws when they are wrong
 * @throws Error when a file is missing, is no JPEG, or has another size
 */
export async function loadFrameStore(
  directory: string,
  { width, height, frameCount }: Omit<FrameStore, 'i420'>,
  check: (name: string, bytes: Uint8Array) => void,
): Promise<FrameStore> {
  const frameBytes = frameStoreBytes(width, height, 1);
  const i420 = new Uint8Array(new SharedArrayBuffer(frameBytes * frameCount));
  let next = 0;
  const decodeFrames = async (): Promise<void> => {
    while (next < frameCount) {
      const index = next;
      next += 1;
      const name = frameFile(index);
      const jpeg = await readFile(join(directory, name));
      check(name, jpeg);
      const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
      if (info.width !== width || info.height !== height || info.channels !== 3) {
        throw new Error(`${name} is ${info.width}×${info.height}, must be ${width}×${height}`);
      }
      rgbToI420(data, width, height, i420, index * frameBytes);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: PARALLEL_FRAMES }, decodeFrames));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason as Error;
  return { width, height, frameCount, i420 };
}
