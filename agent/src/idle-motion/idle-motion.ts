/**
 * Makes an avatar made from a still live: it blinks, breathes and sways. Works on finished frames: the mouth is drawn on
 * the source first, then lids and motion move the whole picture, so head and mouth move together. What a frame shows
 * depends on the avatar's id and the frame's index only.
 */
import type { IdleLevel } from '../pipeline/idle-level.ts';
import { LANDMARK_COUNT, type FaceTrack, type FrameStore } from '../pipeline/model-pack.ts';
import { lidClosureAt } from './blink-schedule.ts';
import { canBlink } from './eye-checks.ts';
import { Eyelids } from './eyelids.ts';
import { withoutFlatCells } from './flat-cells.ts';
import { FrameWarp } from './frame-warp.ts';
import { measureHead } from './head-geometry.ts';
import { poseAt, poseLimits, restingPose, type IdlePose, type PoseLimits } from './idle-pose.ts';
import { MotionGrid } from './motion-grid.ts';
import { createMotionWeights } from './motion-weights.ts';
import { seedOf } from './smooth-noise.ts';

/** What a motion is made from. */
export type IdleSubject = {
  /** Seeds the motion: two avatars do not nod in step. */
  readonly id: string;
  readonly frames: FrameStore;
  readonly track: FaceTrack;
  readonly level: IdleLevel;
};

/** Motion of one avatar. Shared by its sessions in one thread: `show` does its work in one go. */
export class IdleMotion {
  readonly #seed: number;
  readonly #limits: PoseLimits;
  readonly #grid: MotionGrid;
  readonly #warp: FrameWarp;
  readonly #lids: Eyelids | undefined;
  readonly #pose: IdlePose = restingPose();

  private constructor({ id, frames, track, level }: IdleSubject & { level: MovingLevel }) {
    const { width, height, frameCount } = frames;
    this.#seed = seedOf(id);
    this.#limits = poseLimits(level);
    const landmarks = meanLandmarks(track.landmarks, frameCount);
    const geometry = measureHead(landmarks);
    const weights = createMotionWeights(width, height, landmarks, geometry);
    const isMoving = frameCount === 1 ? withoutFlatCells(weights, frames) : weights.isMoving;
    this.#grid = new MotionGrid(weights, geometry, this.#limits, isMoving);
    this.#warp = new FrameWarp(width, height, this.#grid);
    this.#lids = canBlink(frames, track) ? new Eyelids(frames, track) : undefined;
  }

  /** undefined when the avatar is to stay as it is, or has no face track to move it by. */
  static open(subject: IdleSubject): IdleMotion | undefined {
    const { level, frames, track } = subject;
    const { frameCount } = frames;
    if (level === 'none' || track.landmarks.length < frameCount * LANDMARK_COUNT * 3) {
      return undefined;
    }
    return new IdleMotion({ ...subject, level });
  }

  /** A frame to draw the mouth on before it is shown. */
  get canvas(): Uint8Array {
    return this.#warp.canvas;
  }

  /** Whether this avatar blinks (see eye-checks.ts). */
  get blinks(): boolean {
    return this.#lids !== undefined;
  }

  /**
   * Output frame whose picture is shown in silent frame `frameIndex`: at rest the pose changes in even frames only. The
   * motion is slow (below a pixel in 80 ms), and every other frame costs nothing. Blinks keep their 25 frames a second.
   */
  restingFrame(frameIndex: number): number {
    const isHeld = frameIndex % 2 === 1 && this.#closureAt(frameIndex) === 0;
    return isHeld && this.#closureAt(frameIndex - 1) === 0 ? frameIndex - 1 : frameIndex;
  }

  /**
   * Write the finished frame `picture` (I420: `canvas`, or the source frame itself, which stays as it is), moved as in
   * output frame `frameIndex`, to `target`. `sourceFrame`: the frame of the source that it was drawn on.
   */
  show(picture: Uint8Array, target: Uint8Array, sourceFrame: number, frameIndex: number): void {
    const closure = this.#closureAt(frameIndex);
    let moved = picture;
    if (closure > 0) {
      if (picture !== this.#warp.canvas) this.#warp.canvas.set(picture);
      moved = this.#warp.canvas;
      this.#lids?.close(moved, sourceFrame, closure);
    }
    poseAt(this.#seed, frameIndex, this.#limits, this.#pose);
    this.#grid.moveTo(this.#pose);
    this.#warp.apply(moved, target);
  }

  #closureAt(frameIndex: number): number {
    return this.#lids === undefined ? 0 : lidClosureAt(this.#seed, frameIndex);
  }
}

type MovingLevel = Exclude<IdleLevel, 'none'>;

function meanLandmarks(landmarks: Float32Array, frameCount: number): Float32Array {
  const mean = new Float32Array(LANDMARK_COUNT * 3);
  for (let i = 0; i < mean.length * frameCount; i += 1) {
    mean[i % mean.length]! += landmarks[i]! / frameCount;
  }
  return mean;
}
