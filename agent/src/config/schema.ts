/**
 * The only list of settings. configs/realtime.yaml is MuseTalk's own form: top-level keys are avatar ids; the one
 * reserved key is `service`. Unknown keys fail (load.ts adds file and line). Keys keep the file's spelling in code.
 */
import { z } from 'zod';
import { avatarIdSchema, privacySchema } from '../api/contract.ts';
import { IDLE_LEVELS } from '../pipeline/idle-level.ts';

/** How the pack `musetalk-v15` runs; the other packs do not look at it. */
export const musetalkSchema = z.strictObject({
  /** Processors in the order they are tried. Without `cpu` the pack fails where no GPU can be used. */
  providers: z
    .array(z.enum(['tensorrt', 'cuda', 'cpu']))
    .min(1)
    .default(['cuda', 'cpu']),
  /** Number of the GPU, as `nvidia-smi` counts. */
  gpu: z.int().min(0).max(63).default(0),
  /** Who paints: as pack.yaml says, the VAE's decoder, or the small one. */
  decoder: z.enum(['pack', 'vae', 'taesd']).default('pack'),
  /** Who speaks in a live session while the GPU is gone or late, or where the pack is too slow: `lite`, or nobody. */
  fallback: z.enum(['lite', 'none']).default('lite'),
  /** Frames per run of the sound encoder: more = less work, and 40 ms more delay each. */
  hop_frames: z.int().min(1).max(8).default(2),
  /** Sound before a hop that the encoder hears, ms. */
  left_context_ms: z.int().min(200).max(20_000).default(2000),
  /** Sound after a hop that the encoder hears beyond the least it needs, ms: all of it is delay. */
  right_context_ms: z.int().min(0).max(500).default(40),
});
export type MusetalkConfig = z.infer<typeof musetalkSchema>;

/** Settings of the whole service; every key has a default, shown with its unit in configs/realtime.yaml. */
export const serviceSchema = z.strictObject({
  /** Name under which the worker registers; the page dispatches to it. */
  agent_name: z.string().min(1).max(64).default('avatar'),
  /** Sessions admitted at once by one worker, 1–256. */
  max_sessions: z.int().min(1).max(256).default(4),
  /** Default model pack of avatars that name none. */
  model: z.enum(['lite', 'musetalk-v15']).default('lite'),
  /** Threads that render frames; 0 = cores − 1, at least 1, at most 4. */
  render_threads: z.int().min(0).max(64).default(0),
  /** Longest side of the published picture, px; larger sources are scaled down. 256–1280. */
  video_max_px: z.int().min(256).max(1280).default(512),
  /** Longest source used, s; longer videos are refused. */
  source_max_s: z.number().min(1).max(600).default(30),
  /** Memory for all avatars' frames, MB. */
  frame_memory_mb: z.int().min(16).max(65_536).default(1024),
  /** Codec of the published video. */
  video_codec: z.enum(['vp8', 'h264']).default('vp8'),
  /** Target bitrate of the published video, kbit/s. */
  video_bitrate_kbps: z.int().min(100).max(10_000).default(1500),
  /** Level under which the gate calls the input silent, dBFS (the gate also follows the noise floor). */
  silence_dbfs: z.number().min(-90).max(-10).default(-50),
  /** Fade between idle and speaking mouth, ms. */
  fade_ms: z.int().min(0).max(1000).default(120),
  /**
   * Least delay between hearing audio and showing its frame, ms. A pack that needs more gets it (musetalk-v15: 220), and
   * it rises by itself when frames are late.
   */
  playout_delay_ms: z.int().min(60).max(1000).default(80),
  /** On SIGTERM, how long running sessions may go on before they are closed, s. Raise it behind a rolling update. */
  drain_s: z.number().min(0).max(3600).default(2),
  /** Who may receive a person's own voice: only the avatar they drive, or everyone in the room. */
  privacy: privacySchema.default('avatar-only'),
  /** How the pack `musetalk-v15` runs. */
  musetalk: musetalkSchema.prefault({}),
});
export type ServiceConfig = z.infer<typeof serviceSchema>;

/** Looks of an avatar's mouth; pack `lite` honours them. */
export const mouthSchema = z.strictObject({
  /** Smile while speaking; negative lowers the corners of the mouth. −0.3–0.5. */
  smile: z.number().min(-0.3).max(0.5).default(0),
  /** Moves the teeth behind the lips, mm on an average face; up is positive. −5–5. */
  teeth_offset_mm: z.number().min(-5).max(5).default(0),
  /** Colour of the teeth in full light, `#rrggbb`; default: the pack's own, about #e2d8c6. */
  teeth_colour: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, "write a colour as '#e2d8c6' (in quotes)")
    .optional(),
});

/** One avatar, in MuseTalk's keys plus optional ones of ours. */
export const avatarSchema = z.strictObject({
  /** true: prepare anew at every start; false: reuse a valid bundle, prepare when there is none. */
  preparation: z.boolean().default(false),
  /** MuseTalk's vertical shift of the face box, px. */
  bbox_shift: z.number().min(-200).max(200).default(0),
  /** Video file, folder of images, or one image; relative to the working directory. */
  video_path: z.string().min(1),
  /** Sample clips: name → wav file. */
  audio_clips: z
    .record(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/), z.string().min(1))
    .nullable()
    .default({}),
  /** Shown name; default: the id. */
  name: z.string().min(1).max(64).optional(),
  /** Model pack; default: service.model. `probe` is the calibration pack of the benchmark. */
  model: z.enum(['lite', 'musetalk-v15', 'probe']).optional(),
  /** Multiplies mouth movement, 0.5–1.5. */
  strength: z.number().min(0.5).max(1.5).default(1),
  /** Looks of the mouth; default: those of the schema. */
  mouth: mouthSchema.optional(),
  /** How much the avatar moves by itself; default: subtle for one picture, none for a video. */
  idle: z.enum(IDLE_LEVELS).optional(),
  /** Licence of the likeness, free text, shown in lists. */
  licence: z.string().max(200).optional(),
  /** Statement of the person's consent, free text. */
  consent: z.string().max(400).optional(),
});
export type AvatarConfig = z.infer<typeof avatarSchema>;

/** The reserved top-level key. */
export const RESERVED_KEY = 'service';

/** The whole file after validation: frozen, complete, defaults filled in. */
export type Config = {
  readonly service: ServiceConfig;
  /** In file order. */
  readonly avatars: ReadonlyMap<string, AvatarConfig>;
  /** Path the file was read from, for messages. */
  readonly path: string;
};

export { avatarIdSchema };
