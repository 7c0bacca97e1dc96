/**
 * One session in a render thread (and the offline path): audio chunks in, finished I420 frames out, in order.
 * Owns no buffers of frames and no threads: the caller gives the target of each frame and asks `hasWork` first.
 * Calls never overlap: while `renderNext` is pending the caller holds back chunks, interruptions and selections.
 */
import { isDrawable } from '../compositing/blend-patch.ts';
import { IdleGate } from '../compositing/idle-gate.ts';
import type { IdleMotion } from '../idle-motion/idle-motion.ts';
import {
  parameterCountOf,
  type Cue,
  type ModelPack,
  type PackAvatar,
  type Patch,
} from '../pipeline/model-pack.ts';
import { FRAME_RATE_FPS } from '../pipeline/timeline.ts';
import { sourceFrameAt } from '../pipeline/source-frame.ts';
import { composeFrame } from './compose-frame.ts';
import { FrameHistory } from './frame-history.ts';
import type { FrameHeader } from './protocol.ts';
import { RestingPicture } from './resting-picture.ts';
import { count, Counter, setLevel, type SessionCounters } from './session-counters.ts';
import { SessionTimeline } from './session-timeline.ts';

/** An avatar opened in this thread. */
export type OpenAvatar = {
  readonly id: string;
  readonly pack: ModelPack;
  readonly rendering: PackAvatar;
  readonly width: number;
  readonly height: number;
  /** One view per source frame, made once. */
  readonly sourceFrames: readonly Uint8Array[];
  /** Moves every finished frame; undefined = frames stay as they are. */
  readonly motion: IdleMotion | undefined;
};

/** Settings of every session. */
export type SessionSettings = {
  /** service.silence_dbfs */
  readonly silenceDbfs: number;
  /** service.fade_ms */
  readonly fadeMs: number;
};

/** What renderNext has to say about a frame beside its header. */
export type FrameOutcome = {
  /** Parameters of the frame's cue when it spoke. Valid until the next call. */
  parameters: Float32Array | undefined;
  /** Why the frame shows the source instead of speech, when it failed. */
  failure: Error | undefined;
  /** True on the frame after which the session rests for a second because of failures in a row. */
  isGivingUp: boolean;
};

/** Ready frames that may wait, 500 ms; the oldest are skipped beyond that. */
export const MAX_WAITING_FRAMES = 12;
/** Frames rendered anew at most after an interruption, 2 s. */
const MAX_CLOSING_FRAMES = 50;
/** Failures in a row after which a session rests, and for how long. */
const MAX_FAILURES_IN_A_ROW = 10;
const REST_FRAMES = FRAME_RATE_FPS;

/** See the head of this file. */
export class RenderSession {
  readonly #counters: SessionCounters;
  readonly #timeline: SessionTimeline;
  readonly #gate: IdleGate;
  readonly #restingPicture = new RestingPicture();
  readonly #outcome: FrameOutcome = {
    parameters: undefined,
    failure: undefined,
    isGivingUp: false,
  };
  #history: FrameHistory;
  #held: Cue;
  #avatar: OpenAvatar;
  #epoch = 0;
  #nextFrame = -1;
  #closedUntilFrame = 0;
  #restUntilFrame = 0;
  #failuresInARow = 0;
  #inputMs = 0;

  constructor(avatar: OpenAvatar, settings: SessionSettings, counters: SessionCounters) {
    this.#avatar = avatar;
    this.#counters = counters;
    this.#timeline = new SessionTimeline(avatar.pack, settings.silenceDbfs, counters);
    this.#gate = new IdleGate(settings);
    this.#held = restingCue(avatar.pack);
    this.#history = new FrameHistory(this.#held.parameters.length);
  }

  get avatar(): OpenAvatar {
    return this.#avatar;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Bytes renderNext writes. */
  get frameBytes(): number {
    return (this.#avatar.width * this.#avatar.height * 3) / 2;
  }

  /** Set the epoch of a session that goes on after its thread was lost. */
  resume(epoch: number): void {
    this.#epoch = epoch;
  }

  /** Take one chunk of SAMPLES_PER_CHUNK samples. Audio of an older epoch counts as silence. */
  pushChunk(epoch: number, chunkIndex: number, pcm: Int16Array): void {
    const startedMs = performance.now();
    const isNewTimeline = this.#timeline.take(chunkIndex, epoch < this.#epoch ? undefined : pcm);
    if (isNewTimeline) {
      this.#nextFrame = this.#timeline.firstFrame;
      this.#gate.resumeFrom(0);
    }
    this.#inputMs += performance.now() - startedMs;
    if (this.#nextFrame < 0) return;
    this.#skipLateFrames();
    const waiting = Math.max(0, this.#timeline.receivedFrames - this.#nextFrame);
    setLevel(this.#counters, Counter.waitingFrames, waiting);
  }

  /** Whether a frame can be rendered now. */
  hasWork(): boolean {
    return (
      this.#nextFrame >= 0 && (this.#isResting(this.#nextFrame) || this.#isReady(this.#nextFrame))
    );
  }

  /**
   * Render the next frame into `target` (frameBytes) and fill `header`. Never throws: a frame that fails shows the
   * source. The answer is reused by the next call.
   */
  async renderNext(target: Uint8Array, header: FrameHeader): Promise<Readonly<FrameOutcome>> {
    const frame = this.#nextFrame;
    const { width, height, sourceFrames } = this.#avatar;
    const sourceFrame = sourceFrameAt(frame, sourceFrames.length);
    header.epoch = this.#epoch;
    header.frameIndex = frame;
    header.width = width;
    header.height = height;
    header.featuresMs = this.#inputMs;
    header.mouthMs = 0;
    header.compositingMs = 0;
    header.speechRatio = this.#advanceGate(frame);
    this.#inputMs = 0;
    const outcome = this.#outcome;
    outcome.parameters = undefined;
    outcome.failure = undefined;
    outcome.isGivingUp = false;
    this.#nextFrame += 1;
    if (header.speechRatio === 0) {
      this.#showResting(target, sourceFrame, header);
      this.#history.record(frame, 0);
      count(this.#counters, Counter.idle);
      return outcome;
    }
    try {
      await this.#renderMouth(target, sourceFrame, header);
      this.#failuresInARow = 0;
      count(this.#counters, Counter.rendered);
    } catch (thrown) {
      this.#noteFailure(frame, thrown instanceof Error ? thrown : new Error(String(thrown)));
      header.speechRatio = 0;
      this.#showResting(target, sourceFrame, header);
    }
    return outcome;
  }

  /**
   * Stop speaking: frames from `fromFrame` on come anew with the new epoch and a closing mouth, as far as audio has
   * been received; that audio counts as silence. An epoch that is not higher is ignored.
   */
  interrupt(epoch: number, fromFrame: number): void {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    if (this.#nextFrame < 0) return;
    const received = this.#timeline.receivedFrames;
    const oldest = Math.max(this.#timeline.firstFrame, received - MAX_CLOSING_FRAMES);
    const from = Math.min(received, Math.max(oldest, fromFrame));
    if (from > this.#nextFrame) count(this.#counters, Counter.dropped, from - this.#nextFrame);
    const lastShown = Math.min(from, this.#nextFrame) - 1;
    this.#gate.resumeFrom(this.#history.recall(lastShown, this.#held.parameters));
    this.#nextFrame = from;
    this.#closedUntilFrame = received;
    this.#timeline.clear();
  }

  /** Show another avatar from the next frame on. */
  select(avatar: OpenAvatar): void {
    this.#avatar = avatar;
    if (!this.#timeline.usePack(avatar.pack)) return;
    this.#gate.resumeFrom(0);
    this.#held = restingCue(avatar.pack);
    this.#history = new FrameHistory(this.#held.parameters.length);
  }

  /** The avatar with its mouth at rest. */
  #showResting(target: Uint8Array, sourceFrame: number, header: FrameHeader): void {
    const startedMs = performance.now();
    const avatar = this.#avatar;
    const frameIndex = avatar.motion?.restingFrame(header.frameIndex) ?? header.frameIndex;
    if (this.#restingPicture.show(target, avatar, sourceFrame, frameIndex)) {
      header.compositingMs += performance.now() - startedMs;
      return;
    }
    const patch = this.#restingPatch(sourceFrame);
    const renderedMs = performance.now();
    composeFrame(avatar, target, { sourceFrame, frameIndex, patch });
    if (avatar.motion?.restingFrame(frameIndex + 1) === frameIndex) {
      this.#restingPicture.keep(target, avatar, sourceFrame, frameIndex);
    }
    header.mouthMs += renderedMs - startedMs;
    header.compositingMs += performance.now() - renderedMs;
  }

  /** Null shows the source's own mouth: where it is at rest by itself, and where the pack fails to shut it. */
  #restingPatch(sourceFrame: number): Patch | null {
    const { rendering, width, height } = this.#avatar;
    try {
      const patch = rendering.resting?.(sourceFrame) ?? null;
      if (patch === null || isDrawable(patch, width, height)) return patch;
      throw new Error('the pack drew outside the frame');
    } catch (thrown) {
      this.#outcome.failure ??= thrown instanceof Error ? thrown : new Error(String(thrown));
      return null;
    }
  }

  async #renderMouth(target: Uint8Array, sourceFrame: number, header: FrameHeader): Promise<void> {
    const { rendering, width, height } = this.#avatar;
    const { frameIndex, speechRatio } = header;
    const startedMs = performance.now();
    const cue = this.#isResting(frameIndex)
      ? this.#held
      : await this.#timeline.stream.cue(frameIndex - this.#timeline.streamBase);
    checkParameters(cue.parameters, this.#held.parameters.length);
    const cueMs = performance.now();
    const patch = await rendering.render(sourceFrame, cue, speechRatio);
    const renderedMs = performance.now();
    if (patch === null) throw new Error(`the pack has no mouth for source frame ${sourceFrame}`);
    if (!isDrawable(patch, width, height)) throw new Error('the pack drew outside the frame');
    composeFrame(this.#avatar, target, { sourceFrame, frameIndex, patch });
    header.featuresMs += cueMs - startedMs;
    header.mouthMs = renderedMs - cueMs;
    header.compositingMs += performance.now() - renderedMs;
    this.#history.record(frameIndex, speechRatio, cue.parameters);
    this.#outcome.parameters = cue.parameters;
  }

  #noteFailure(frame: number, failure: Error): void {
    this.#history.record(frame, 0);
    count(this.#counters, Counter.broken);
    this.#failuresInARow += 1;
    this.#outcome.failure = failure;
    if (this.#failuresInARow < MAX_FAILURES_IN_A_ROW) return;
    this.#failuresInARow = 0;
    this.#outcome.isGivingUp = true;
    this.#restUntilFrame = frame + 1 + REST_FRAMES;
    this.#gate.resumeFrom(0);
  }

  /** Frames that need no audio: closing after an interruption, or before the audio of a new pack. */
  #isResting(frame: number): boolean {
    return frame < this.#closedUntilFrame || this.#isBeforePack(frame);
  }

  #isBeforePack(frame: number): boolean {
    return frame < this.#timeline.streamBase && frame < this.#timeline.receivedFrames;
  }

  #isReady(frame: number): boolean {
    return frame >= this.#timeline.streamBase && this.#timeline.isReady(frame);
  }

  #advanceGate(frame: number): number {
    if (this.#isResting(frame)) return this.#gate.nextClosing();
    return this.#gate.next(frame >= this.#restUntilFrame && this.#timeline.isSpeech(frame));
  }

  /** Late work is dropped: keep at most MAX_WAITING_FRAMES frames that could be rendered now. */
  #skipLateFrames(): void {
    while (this.#isReady(this.#nextFrame + MAX_WAITING_FRAMES)) {
      const ratio = this.#advanceGate(this.#nextFrame);
      this.#history.record(this.#nextFrame, ratio);
      this.#nextFrame += 1;
      count(this.#counters, Counter.dropped);
    }
  }
}

const restingCue = (pack: ModelPack): Cue => ({
  parameters: new Float32Array(parameterCountOf(pack.facts)),
});

function checkParameters(parameters: Float32Array, length: number): void {
  if (parameters.length !== length) {
    throw new Error(`the pack gave ${parameters.length} parameters instead of ${length}`);
  }
  for (const value of parameters) {
    if (!Number.isFinite(value)) throw new Error('the pack gave a parameter that is not a number');
  }
}
