/** Reads a prepared bundle back, checking every byte of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AvatarError } from '../errors.ts';
import { LANDMARK_COUNT, type FaceTrack, type FrameStore } from '../pipeline/model-pack.ts';
import { sha256 } from './bundle-key.ts';
import { bundleManifestSchema, type BundleManifest } from './bundle-types.ts';
import { frameStoreBytes, loadFrameStore } from './frame-store.ts';

/** Names of the fixed files of a bundle. */
export const BUNDLE_FILES = {
  manifest: 'bundle.json',
  landmarks: 'landmarks.bin',
  boxes: 'boxes.bin',
  interpolated: 'interpolated.bin',
  pack: 'pack.bin',
  thumbnail: 'thumbnail.jpg',
} as const;

/** A bundle in memory. All arrays are shared, read-only. */
export type LoadedBundle = {
  readonly directory: string;
  readonly manifest: BundleManifest;
  readonly frames: FrameStore;
  readonly track: FaceTrack;
  readonly packData: Uint8Array;
  readonly thumbnail: Buffer;
};

/**
 * The manifest alone; null when there is no bundle (or one of another format).
 * @throws AvatarError BUNDLE_INVALID when it is damaged
 */
export async function readManifest(directory: string): Promise<BundleManifest | null> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(directory, BUNDLE_FILES.manifest), 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw invalid(directory, `its ${BUNDLE_FILES.manifest} cannot be read`, cause);
  }
  const parsed = bundleManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && parsed.error.issues.some(({ path }) => path[0] === 'format')) {
    return null;
  }
  throw invalid(directory, `its ${BUNDLE_FILES.manifest} is wrong`, parsed.error);
}

/**
 * Read a whole bundle.
 * @param maxFrameBytes memory its frames may take
 * @throws AvatarError BUNDLE_INVALID naming the file | SOURCE_TOO_LARGE
 */
export async function openBundle(
  directory: string,
  maxFrameBytes = Number.POSITIVE_INFINITY,
): Promise<LoadedBundle> {
  const manifest = await readManifest(directory);
  if (!manifest) throw invalid(directory, `it has no ${BUNDLE_FILES.manifest} of this version`);
  assertFrameMemory(manifest, maxFrameBytes, `avatar ${manifest.id}`);
  try {
    const { frameCount } = manifest;
    const landmarks = await readChecked(directory, manifest, BUNDLE_FILES.landmarks);
    const boxes = await readChecked(directory, manifest, BUNDLE_FILES.boxes);
    const track: FaceTrack = {
      landmarks: new Float32Array(shared(landmarks, frameCount * LANDMARK_COUNT * 3 * 4)),
      boxes: new Float32Array(shared(boxes, frameCount * 4 * 4)),
      interpolated: new Uint8Array(
        shared(await readChecked(directory, manifest, BUNDLE_FILES.interpolated), frameCount),
      ),
    };
    const packData = await readChecked(directory, manifest, BUNDLE_FILES.pack);
    const thumbnail = await readChecked(directory, manifest, BUNDLE_FILES.thumbnail);
    for (const { file } of manifest.clips) await readChecked(directory, manifest, file);
    const frames = await loadFrameStore(directory, manifest, (name, bytes) =>
      checkHash(manifest, name, bytes),
    );
    return {
      directory,
      manifest,
      frames,
      track,
      packData: new Uint8Array(shared(packData, packData.length)),
      thumbnail,
    };
  } catch (cause) {
    if (cause instanceof AvatarError) throw cause;
    throw invalid(directory, (cause as Error).message, cause);
  }
}

/** @throws AvatarError SOURCE_TOO_LARGE when the frames need more than `maxFrameBytes`. */
export function assertFrameMemory(
  { width, height, frameCount }: { width: number; height: number; frameCount: number },
  maxFrameBytes: number,
  name: string,
): void {
  const bytes = frameStoreBytes(width, height, frameCount);
  if (bytes <= maxFrameBytes) return;
  const inMb = (value: number): string => (value / 1e6).toFixed(0);
  throw new AvatarError(
    'SOURCE_TOO_LARGE',
    `the ${frameCount} frames of ${name} need ${inMb(bytes)} MB, ${inMb(maxFrameBytes)} MB are left; ` +
      'raise service.frame_memory_mb, lower service.video_max_px, or use a shorter source',
  );
}

async function readChecked(
  directory: string,
  manifest: BundleManifest,
  name: string,
): Promise<Buffer> {
  if (name.includes('..')) throw new Error(`${name} is outside the bundle`);
  const bytes = await readFile(join(directory, name));
  checkHash(manifest, name, bytes);
  return bytes;
}

function checkHash(manifest: BundleManifest, name: string, bytes: Uint8Array): void {
  if (manifest.files[name] !== sha256(bytes)) throw new Error(`${name} has the wrong sha256`);
}

/** A shared copy of `bytes`, which must have the given length. */
function shared(bytes: Uint8Array, expectedLength: number): SharedArrayBuffer {
  if (bytes.length !== expectedLength) {
    throw new Error(`a list has ${bytes.length} bytes, must have ${expectedLength}`);
  }
  const copy = new SharedArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

function invalid(directory: string, what: string, cause?: unknown): AvatarError {
  return new AvatarError(
    'BUNDLE_INVALID',
    `bundle ${directory} is damaged: ${what}; delete the folder to prepare the avatar anew`,
    { cause },
  );
}
