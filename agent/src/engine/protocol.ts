/**
 * The wire between a thin job process and the engine: a Unix-domain socket, one connection = one session.
 * Every message is [u32 length][u8 type][payload], little-endian; `length` counts type + payload.
 * JSON payloads are UTF-8 and validated by zod on arrival; media payloads are fixed binary layouts.
 * A peer that breaks the protocol is disconnected (PROTOCOL_VIOLATION); other sessions go on.
 */
import { z } from 'zod';
import { jobLatencyDeltasSchema } from '../observability/job-latencies.ts';
import { SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';

/** Bytes before the payload: u32 length + u8 type. */
export const MESSAGE_HEADER_BYTES = 5;
/** Largest message the engine accepts from a job. */
export const MAX_JOB_MESSAGE_BYTES = 64 * 1024;
/** Largest message a job accepts from the engine (one 1280×1280 I420 frame, or 60 s of clip audio at 48 kHz). */
export const MAX_ENGINE_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Message types, job → engine. */
export const JobMessage = {
  /** JSON OpenSession: first message on a connection. */
  open: 1,
  /** u32 epoch, u32 chunkIndex, then SAMPLES_PER_CHUNK × i16 PCM (16 kHz mono). chunkIndex rises by one; frame i needs chunks 2i, 2i+1. */
  audio: 2,
  /** JSON SelectAvatar: switch the avatar from the next frame on. Answered by reply. */
  select: 3,
  /** JSON Interrupt: raise the epoch; frames from `fromFrame` on are rendered anew as silence. */
  interrupt: 4,
  /** JSON RequestClip: answered by clip, or by reply with an error. */
  clip: 5,
  /** JSON SessionStats: once a second; the engine keeps the latest for /status and /metrics. */
  stats: 6,
  /** JSON RequestList: answered by reply with the avatars. */
  list: 7,
  /** JSON Goodbye: the last message; a connection that ends without it was lost. */
  goodbye: 8,
} as const;

/** Message types, engine → job. */
export const EngineMessage = {
  /** JSON SessionOpened: answer to open. */
  opened: 64,
  /** FRAME_HEADER_BYTES of header (see writeFrameHeader), then the I420 planes. */
  frame: 65,
  /** JSON Reply: answer to select and list, or an error to open and clip. */
  reply: 66,
  /** u32 requestId, u32 sampleRateHz, then i16 PCM mono. Answer to clip. */
  clip: 67,
} as const;

/** Numbers that also travel in binary messages, as u32. */
const u32Schema = z.int().min(0).max(0xffff_ffff);

export const openSessionSchema = z.strictObject({
  avatarId: z.string().min(1).max(64),
  /** Free text for logs: the job id. */
  sessionId: z.string().min(1).max(128),
});
export const selectAvatarSchema = z.strictObject({
  requestId: u32Schema,
  avatarId: z.string().min(1).max(64),
});
export const interruptSchema = z.strictObject({
  epoch: u32Schema,
  /** First frame index the job has not shown yet. */
  fromFrame: u32Schema,
});
export const requestClipSchema = z.strictObject({
  requestId: u32Schema,
  name: z.string().min(1).max(128),
});
export const requestListSchema = z.strictObject({ requestId: u32Schema });
export const sessionStatsSchema = z.strictObject({
  /** Frames shown in the last second. */
  shownFps: z.number(),
  /** Frames that arrived too late to be shown, since the start. */
  lateFrames: z.int().nonnegative(),
  /** Input chunks replaced by silence, since the start. */
  inputUnderruns: z.int().nonnegative(),
  /** Input chunks dropped because of backlog, since the start. */
  inputDropped: z.int().nonnegative(),
  /** Time from audio chunk in to its frame captured, last second's median, ms. */
  pipelineMs: z.number(),
  rssMb: z.number(),
  /** Frames overtaken by a newer one before they were shown, since the start. */
  framesOvertaken: z.int().nonnegative(),
  /** Frames of before an interruption, since the start. */
  framesOutdated: z.int().nonnegative(),
  /** Frame times in which the picture before stayed on screen, since the start. */
  framesRepeated: z.int().nonnegative(),
  /** Picture shown − middle of its sound leaving, last second's mean, ms; positive = picture after sound. */
  avSkewMs: z.number(),
  /** What waits now: microphone and sound not sent yet in 20 ms chunks, frames waiting for their time. */
  waiting: z.strictObject({ microphone: z.number(), sound: z.number(), show: z.int() }),
  /** What was measured since the last message. */
  latencies: jobLatencyDeltasSchema,
});
export const goodbyeSchema = z.strictObject({ outcome: z.enum(['completed', 'failed']) });
export const sessionOpenedSchema = z.strictObject({
  width: z.int(),
  height: z.int(),
  avatarId: z.string(),
  avatarName: z.string(),
  clips: z.array(z.string()),
  /** Look-ahead of the avatar's pack, ms. */
  lookAheadMs: z.number(),
  /** How the job publishes: service.video_codec, service.video_bitrate_kbps, service.playout_delay_ms. */
  videoCodec: z.enum(['vp8', 'h264']).default('vp8'),
  videoBitrateKbps: z.int().default(1500),
  playoutDelayMs: z.int().default(80),
});
export const replySchema = z.strictObject({
  requestId: z.int().nonnegative(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  /** select: SessionOpened of the new avatar; list: AvatarSummary[]. */
  result: z.unknown().optional(),
});

export type OpenSession = z.infer<typeof openSessionSchema>;
export type SelectAvatar = z.infer<typeof selectAvatarSchema>;
export type Interrupt = z.infer<typeof interruptSchema>;
export type RequestClip = z.infer<typeof requestClipSchema>;
export type SessionStats = z.infer<typeof sessionStatsSchema>;
export type Goodbye = z.infer<typeof goodbyeSchema>;
export type SessionOpened = z.infer<typeof sessionOpenedSchema>;
export type Reply = z.infer<typeof replySchema>;

/** Bytes of an audio message's payload. */
export const AUDIO_PAYLOAD_BYTES = 8 + SAMPLES_PER_CHUNK * 2;

/** Header of a frame message: epoch, frameIndex, width, height (u32 each), then 4 × f32: speechRatio, featuresMs, mouthMs, compositingMs. */
export const FRAME_HEADER_BYTES = 32;

/** What a frame message says about its frame. */
export type FrameHeader = {
  epoch: number;
  frameIndex: number;
  width: number;
  height: number;
  /** 0 = idle frame, 1 = fully speaking. */
  speechRatio: number;
  featuresMs: number;
  mouthMs: number;
  compositingMs: number;
};

/** A header to fill in. */
export const emptyFrameHeader = (): FrameHeader => ({
  epoch: 0,
  frameIndex: 0,
  width: 0,
  height: 0,
  speechRatio: 0,
  featuresMs: 0,
  mouthMs: 0,
  compositingMs: 0,
});

/** Write `header` at `offset` of `view`. */
export function writeFrameHeader(view: DataView, offset: number, header: FrameHeader): void {
  view.setUint32(offset, header.epoch, true);
  view.setUint32(offset + 4, header.frameIndex, true);
  view.setUint32(offset + 8, header.width, true);
  view.setUint32(offset + 12, header.height, true);
  view.setFloat32(offset + 16, header.speechRatio, true);
  view.setFloat32(offset + 20, header.featuresMs, true);
  view.setFloat32(offset + 24, header.mouthMs, true);
  view.setFloat32(offset + 28, header.compositingMs, true);
}

/** Read a frame header at `offset` into `into` (reused, no allocation). */
export function readFrameHeader(view: DataView, offset: number, into: FrameHeader): FrameHeader {
  into.epoch = view.getUint32(offset, true);
  into.frameIndex = view.getUint32(offset + 4, true);
  into.width = view.getUint32(offset + 8, true);
  into.height = view.getUint32(offset + 12, true);
  into.speechRatio = view.getFloat32(offset + 16, true);
  into.featuresMs = view.getFloat32(offset + 20, true);
  into.mouthMs = view.getFloat32(offset + 24, true);
  into.compositingMs = view.getFloat32(offset + 28, true);
  return into;
}
