/**
 * The contract between the service and a model pack: the interface, not tensor shapes.
 * `lite` and `musetalk-v15` (and the calibration pack `probe`) implement it.
 *
 *   prepare(frames, faces, settings)  → bytes the pack stores per avatar (cached in the bundle)
 *   openAvatar(avatar)                → an avatar ready to render
 *   openStream()                      → audio(pcm) → one cue per 40 ms frame
 *   render(frame, cue)                → a patch in frame space
 */

import type { IdleLevel } from './idle-level.ts';

/** Face track of an avatar source: one entry per frame, all arrays of equal length. */
export type FaceTrack = {
  /** frameCount × 478 × 3 landmarks: x, y in frame px, z in px at the same scale (smaller = nearer), MediaPipe order. */
  readonly landmarks: Float32Array;
  /** frameCount × 4 face boxes: x, y, width, height in frame px, zero-phase smoothed. */
  readonly boxes: Float32Array;
  /** 1 where the face of this frame was interpolated from its neighbours, else 0. */
  readonly interpolated: Uint8Array;
};

/** Number of landmarks per frame (MediaPipe attention mesh). */
export const LANDMARK_COUNT = 478;

/** Planar 4:2:0 frames of an avatar in one shared buffer, frame after frame: Y (w·h), U (w/2·h/2), V. Width and height are even. */
export type FrameStore = {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  /** frameCount × width × height × 3 / 2 bytes, BT.601 limited range (what WebRTC's I420 means). Read-only for packs. */
  readonly i420: Uint8Array<SharedArrayBuffer>;
};

/** Per-avatar settings a pack may honour (from configs/realtime.yaml). */
export type PackAvatarSettings = {
  /** MuseTalk's vertical box shift, px; `lite` ignores it. */
  readonly bboxShiftPx: number;
  /** Multiplies mouth movement; 1 = as the network says. 0.5–1.5. */
  readonly strengthRatio: number;
  /** Smile while speaking, −0.3 (corners down) … 0.5; default 0. */
  readonly smileRatio?: number | undefined;
  /** Moves the teeth behind the lips, mm on an average face: up is positive; −5 … 5, default 0. */
  readonly teethOffsetMm?: number | undefined;
  /** Colour of the teeth, `#rrggbb`; default: the pack's own. */
  readonly teethColour?: string | undefined;
};

/** Everything a pack gets to open an avatar. The typed arrays are shared, read-only. */
export type AvatarAsset = {
  readonly id: string;
  readonly frames: FrameStore;
  readonly track: FaceTrack;
  /** What `prepare` returned when the bundle was made. */
  readonly packData: Uint8Array;
  readonly settings: PackAvatarSettings;
  /** How much the avatar moves by itself. The engine's matter, packs do not look at it. Default: none. */
  readonly idle?: IdleLevel;
};

/** A rectangle of pixels to blend over an avatar frame. Buffers belong to the pack and are valid until its next call. */
export type Patch = {
  /** Left edge in frame px, even. */
  x: number;
  /** Top edge in frame px, even. */
  y: number;
  /** Width in px, even; x + width ≤ frame width. */
  width: number;
  /** Height in px, even. */
  height: number;
  /** width × height × 3 bytes RGB; the buffer may be longer. */
  readonly rgb: Uint8Array;
  /** width × height bytes, 0 = keep the avatar frame, 255 = patch; the buffer may be longer. */
  readonly alpha: Uint8Array;
};

/** One cue: what the mouth does during one 40 ms frame. `parameters` has a length fixed by the pack. */
export type Cue = {
  /** Pack-defined numbers (for `lite`: 12 mouth parameters, 0–1, named by `ModelPack.parameterNames`). Valid until the stream's next call. */
  readonly parameters: Float32Array;
};

/** Audio state of one session. One thread owns it; calls never overlap. */
export interface AudioStream {
  /**
   * Take the next SAMPLES_PER_CHUNK samples (PCM, −1…1, 16 kHz mono). Cheap: features only, no network.
   * The caller may reuse the array after the call.
   */
  push(samples: Float32Array): void;
  /** Whether frame `frameIndex` can be computed now, i.e. its look-ahead has been pushed. */
  isReady(frameIndex: number): boolean;
  /**
   * Compute the cue of `frameIndex` (called at most once per frame, in rising order; frames may be skipped, which
   * costs nothing: silent frames are not inferred). @throws AvatarError INFERENCE_FAILED
   */
  cue(frameIndex: number): Promise<Cue>;
  /** Forget pending audio after an interruption; the timeline goes on (push continues where it was). */
  clearBuffer(): void;
}

/** An avatar opened by a pack, in one thread. */
export interface PackAvatar {
  /**
   * Render the mouth of avatar frame `sourceFrame` (0 … frameCount−1) for a cue, scaled by `speechRatio`
   * (0 = the mouth at rest, 1 = fully driven). Returns null where the pack has nothing to draw
   * (broken crop, ratio 0): the caller shows the source frame and counts it.
   */
  render(sourceFrame: number, cue: Cue, speechRatio: number): Promise<Patch | null>;
  /**
   * The mouth of `sourceFrame` while nobody speaks, where the source's own will not do (it is open); null = it will.
   * What `render` comes to as the speech ratio goes to 0. Same input, same bytes. Default: null everywhere.
   */
  resting?(sourceFrame: number): Patch | null;
  close(): Promise<void>;
}

/** Numbers a pack states about itself. */
export type PackFacts = {
  readonly name: string;
  readonly version: string;
  /** Audio needed beyond the end of a frame before its cue can be computed, ms. */
  readonly lookAheadMs: number;
  /** How long making a frame may take once its look-ahead is there, ms: the playout delay allows for it. Default 0. */
  readonly makingMs?: number;
  /** Names of Cue.parameters, in order; empty where they have no meaning of their own. */
  readonly parameterNames: readonly string[];
  /** Length of Cue.parameters. Default: the number of names. */
  readonly parameterCount?: number;
  /** Speaking frames per second that the pack makes on this machine, measured when it was loaded. */
  readonly framesPerSecond?: number;
  /** False when not even one session gets its frames in time. Default true. */
  readonly isRealTime?: boolean;
  /** Sessions that speed is enough for; the engine refuses more. Default: no limit of its own. */
  readonly maxSessions?: number;
  /**
   * Frames made in one go when sessions ask at the same time: `cue` and `render` of different sessions may then
   * overlap (never those of one session). Default 1: one call at a time in a thread.
   */
  readonly maxBatch?: number;
  /** One sentence for the log when the pack works here, but not well. */
  readonly notice?: string;
};

/** Length of a pack's Cue.parameters. */
export const parameterCountOf = ({ parameterCount, parameterNames }: PackFacts): number =>
  parameterCount ?? parameterNames.length;

/** A loaded model pack in one thread. Loading verifies files and shapes and warms up. */
export interface ModelPack {
  /** What depends on this machine (speed, notice) may only be known once an avatar is open. */
  readonly facts: PackFacts;
  /**
   * Bytes the pack stores in an avatar's bundle. Deterministic. Settings that change them are part of the bundle's key
   * (avatars/bundle-key.ts). @throws AvatarError FACE_NOT_FOUND when unusable.
   */
  prepare(frames: FrameStore, track: FaceTrack, settings: PackAvatarSettings): Promise<Uint8Array>;
  openAvatar(asset: AvatarAsset): Promise<PackAvatar>;
  /** Only after an avatar was opened. A new audio stream whose first pushed sample is sample 0 of frame 0. */
  openStream(): AudioStream;
  close(): Promise<void>;
}
