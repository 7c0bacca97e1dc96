/**
 * Makes a bundle from an avatar's source: frames at 25 fps → face track → smoothed landmarks and boxes → the pack's
 * own data → thumbnail and clips → folder on disk.
 */
import sharp from 'sharp';
import type { AvatarConfig, ServiceConfig } from '../config/schema.ts';
import { AvatarError, toAvatarError } from '../errors.ts';
import type { FaceModels } from '../face/face-models.ts';
import { createFaceTracker, type FaceTrackResult } from '../face/face-tracker.ts';
import type { FaceTrack, ModelPack, PackAvatarSettings } from '../pipeline/model-pack.ts';
import { openSource, type AvatarSource } from './avatar-source.ts';
import { bundleKey, digestInputs, type AvatarInputs, type BundleParameters } from './bundle-key.ts';
import { BUNDLE_FORMAT, type BundleManifest } from './bundle-types.ts';
import { BundleWriter } from './bundle-writer.ts';
import { convertClip } from './clips.ts';
import { completeTrack, MAX_GAP_FRAMES } from './face-track.ts';
import { frameFile, loadFrameStore } from './frame-store.ts';
import { assertFrameMemory, BUNDLE_FILES } from './open-bundle.ts';
import { makeThumbnail } from './thumbnail.ts';
import type { VideoPrograms } from './video-file.ts';

/** What one preparation needs. */
export type PrepareRequest = {
  readonly id: string;
  readonly config: AvatarConfig;
  readonly service: ServiceConfig;
  readonly pack: ModelPack;
  /** The face networks, loaded when first asked for. */
  readonly faceModels: () => Promise<FaceModels>;
  /** Folder of the bundle; replaced when it exists. */
  readonly outDir: string;
  /** Memory the frames may take, bytes. Default: service.frame_memory_mb. */
  readonly maxFrameBytes?: number;
  /** 0–1. */
  readonly onProgress?: (ratio: number) => void;
  readonly programs?: VideoPrograms;
  /** Stops the preparation between two frames; nothing is left on disk. */
  readonly signal?: AbortSignal;
};

const JPEG = { quality: 95, chromaSubsampling: '4:4:4' } as const;
/** Share of the progress that reading and tracking frames takes; the rest is the pack's work. */
const TRACKING_SHARE = 0.85;

/**
 * Prepare one avatar. A failure leaves no trace on disk.
 * @throws AvatarError SOURCE_* | FACE_NOT_FOUND | DEPENDENCY_MISSING | MODEL_PACK_* | BUNDLE_NOT_WRITTEN,
 *   with the avatar's id in front of the message
 */
export async function prepareAvatar(request: PrepareRequest): Promise<BundleManifest> {
  try {
    const inputs = await digestInputs(request.config);
    const key = bundleKey(inputs, bundleParameters(request));
    const limits = {
      maxPx: request.service.video_max_px,
      maxSeconds: request.service.source_max_s,
    };
    const source = await openSource(request.config.video_path, limits, request.programs);
    const writer = await BundleWriter.create(request.outDir);
    try {
      return await writeBundle(writer, source, { request, inputs, key });
    } finally {
      await writer.discard();
    }
  } catch (thrown) {
    const error = toAvatarError(thrown);
    throw new AvatarError(error.code, `${request.id}: ${error.message}`, { cause: error });
  }
}

/** What a pack may honour of an avatar's settings. */
export function packSettings({ bbox_shift, strength, mouth }: AvatarConfig): PackAvatarSettings {
  return {
    bboxShiftPx: bbox_shift,
    strengthRatio: strength,
    smileRatio: mouth?.smile,
    teethOffsetMm: mouth?.teeth_offset_mm,
    teethColour: mouth?.teeth_colour,
  };
}

/**
 * What besides the inputs goes into a bundle's key. Of the pack's settings only those that change prepared bytes:
 * bbox_shift (strength works while rendering).
 */
export function bundleParameters({
  config,
  service,
  pack,
}: Pick<PrepareRequest, 'config' | 'service' | 'pack'>): BundleParameters {
  return { bboxShiftPx: config.bbox_shift, maxPx: service.video_max_px, pack: pack.facts };
}

async function writeBundle(
  writer: BundleWriter,
  source: AvatarSource,
  { request, inputs, key }: { request: PrepareRequest; inputs: AvatarInputs; key: string },
): Promise<BundleManifest> {
  const { id, config, pack, onProgress } = request;
  // Clips first: a wrong one is cheap to find, the frames are not.
  const clips: BundleManifest['clips'] = [];
  for (const [name, path] of Object.entries(config.audio_clips ?? {})) {
    const clip = await convertClip(path);
    const file = `clips/${name}.wav`;
    await writer.write(file, clip.bytes);
    clips.push({ name, file, durationMs: clip.durationMs });
  }
  const { track, frameCount, firstFrame } = await writeFrames(writer, source, request);
  await writer.write(BUNDLE_FILES.landmarks, bytesOf(track.landmarks));
  await writer.write(BUNDLE_FILES.boxes, bytesOf(track.boxes));
  await writer.write(BUNDLE_FILES.interpolated, track.interpolated);
  const thumbnail = await makeThumbnail(firstFrame, source.size, track.boxes.subarray(0, 4));
  await writer.write(BUNDLE_FILES.thumbnail, thumbnail);
  // The pack sees the frames as they will be played: decoded from the JPEGs.
  const frames = await loadFrameStore(writer.directory, { ...source.size, frameCount }, () => {});
  onProgress?.((1 + TRACKING_SHARE) / 2);
  const packData = await pack.prepare(frames, track, packSettings(config));
  await writer.write(BUNDLE_FILES.pack, packData);
  const manifest: BundleManifest = {
    format: BUNDLE_FORMAT,
    id,
    key,
    model: pack.facts.name,
    packVersion: pack.facts.version,
    ...source.size,
    fps: 25,
    frameCount,
    inputs: inputs as BundleManifest['inputs'],
    clips,
    files: writer.files,
  };
  await writer.publish(manifest);
  onProgress?.(1);
  return manifest;
}

async function writeFrames(
  writer: BundleWriter,
  source: AvatarSource,
  { config, service, faceModels, onProgress, ...request }: PrepareRequest,
): Promise<{ track: FaceTrack; frameCount: number; firstFrame: Uint8Array }> {
  const { width, height } = source.size;
  const maxFrameBytes = request.maxFrameBytes ?? service.frame_memory_mb * 1e6;
  const models = await faceModels();
  let tracker = createFaceTracker(models);
  let framesWithoutFace = 0;
  const found: (FaceTrackResult | null)[] = [];
  let firstFrame: Uint8Array | undefined;
  for await (const rgb of source.frames()) {
    request.signal?.throwIfAborted();
    const index = found.length;
    assertFrameMemory({ width, height, frameCount: index + 1 }, maxFrameBytes, config.video_path);
    firstFrame ??= rgb.slice();
    const encode = async (): Promise<void> => {
      const raw = { width, height, channels: 3 } as const;
      await writer.write(frameFile(index), await sharp(rgb, { raw }).jpeg(JPEG).toBuffer());
    };
    // Both must be done before the next frame: the source reuses its buffer.
    const [face] = await Promise.all([
      tracker.track({ data: rgb, width, height, channels: 3 }),
      encode(),
    ]);
    found.push(face);
    framesWithoutFace = face ? 0 : framesWithoutFace + 1;
    if (framesWithoutFace === MAX_GAP_FRAMES + 1) {
      // The source is refused now; the rest is only read to name all its gaps, so the slow search ends.
      tracker = createFaceTracker(models, { searchTiles: false });
    }
    onProgress?.(Math.min(1, found.length / source.expectedFrameCount) * TRACKING_SHARE);
  }
  if (!firstFrame) {
    throw new AvatarError('SOURCE_UNREADABLE', `${config.video_path} holds no frames; use another`);
  }
  const track = completeTrack(found, config.video_path);
  return { track, frameCount: found.length, firstFrame };
}

function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
