/**
 * A prepared avatar on disk: the folder `<bundle folder>/<avatar id>/bundle`.
 *
 *   bundle.json            BundleManifest
 *   frames/000000.jpg …    frames at 25 fps, already at output size, 4:4:4 JPEG (inspectable; decoded once at load)
 *   landmarks.bin          Float32 LE, frameCount × 478 × 3
 *   boxes.bin              Float32 LE, frameCount × 4
 *   interpolated.bin       u8, frameCount
 *   pack.bin               what ModelPack.prepare returned
 *   thumbnail.jpg          320 px square
 *   clips/NAME.wav         PCM16 mono (copied or converted from audio_clips)
 */
import { z } from 'zod';
import { avatarIdSchema } from '../api/contract.ts';

/** Version of the folder layout; other versions are prepared anew. */
export const BUNDLE_FORMAT = 1;

const bundleInputSchema = z.strictObject({ path: z.string(), sha256: z.string() });

export const bundleManifestSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  id: avatarIdSchema,
  /** sha256 over source bytes + preparation parameters + pack name and version + BUNDLE_FORMAT. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  model: z.string(),
  packVersion: z.string(),
  width: z.int(),
  height: z.int(),
  fps: z.literal(25),
  frameCount: z.int().min(1),
  /** What the bundle was made from. A file that is gone later is taken as unchanged when its path is the same. */
  inputs: z.strictObject({
    video: bundleInputSchema,
    clips: z.record(z.string(), bundleInputSchema),
  }),
  clips: z.array(z.strictObject({ name: z.string(), file: z.string(), durationMs: z.number() })),
  /** sha256 of every other file of the folder, by relative path. */
  files: z.record(z.string(), z.string()),
});
export type BundleManifest = z.infer<typeof bundleManifestSchema>;
