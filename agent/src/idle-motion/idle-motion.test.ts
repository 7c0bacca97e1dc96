/** The shipped avatars as people see them: real pictures, real landmarks, and the real face mesh as the judge. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../avatars/open-bundle.ts';
import { createFaceTracker } from '../face/face-tracker.ts';
import { loadFaceModels } from '../face/face-models.node.ts';
import type { FaceModels } from '../face/face-models.ts';
import type { IdleLevel } from '../pipeline/idle-level.ts';
import type { FaceTrack, FrameStore } from '../pipeline/model-pack.ts';
import { lidClosureAt } from './blink-schedule.ts';
import { emptyEyeShape, EYES, measureEye } from './eye-shape.ts';
import { IdleMotion } from './idle-motion.ts';
import { seedOf } from './smooth-noise.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BORDER_PX = 16;

type Subject = { id: string; frames: FrameStore; track: FaceTrack };
const load = async (id: string): Promise<Subject> => {
  const { frames, track } = await openBundle(join(ROOT, 'avatars', id, 'bundle'));
  return { id, frames, track };
};

function open(subject: Subject, level: IdleLevel = 'subtle'): IdleMotion {
  const motion = IdleMotion.open({ ...subject, level });
  if (motion === undefined) throw new Error(`${subject.id} does not move`);
  return motion;
}

/** One output frame of a silent avatar. */
function shown(motion: IdleMotion, { frames }: Subject, frameIndex: number): Uint8Array {
  const target = new Uint8Array(motion.canvas.length);
  motion.show(frames.i420, target, 0, frameIndex);
  return target;
}

/** The first frame in which the eyes of an avatar are shut, and one before it in which they are open. */
function blinkOf(id: string): { shut: number; open: number } {
  const closures = Array.from({ length: 500 }, (_, i) => lidClosureAt(seedOf(id), i));
  return { shut: closures.indexOf(1), open: closures.indexOf(0) };
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Largest luma difference of two square pictures over the wanted pixels. */
const difference = (
  a: Uint8Array,
  b: Uint8Array,
  at: (x: number, y: number) => boolean,
  width: number,
) => {
  let largest = 0;
  for (let i = 0; i < width * width; i += 1) {
    if (at(i % width, Math.floor(i / width))) {
      largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
    }
  }
  return largest;
};

describe.each(['ava', 'leo'])('%s at rest', (id) => {
  let subject: Subject;
  let motion: IdleMotion;
  beforeAll(async () => {
    subject = await load(id);
    motion = open(subject);
  });

  it('moves from frame to frame and differs from the source', () => {
    const { width } = subject.frames;
    const [one, two] = [shown(motion, subject, 40), shown(motion, subject, 80)];
    expect(difference(one, two, () => true, width)).toBeGreaterThan(20);
    expect(difference(one, subject.frames.i420, () => true, width)).toBeGreaterThan(20);
  });

  it('gives the same bytes for the same frame, whatever was shown before', () => {
    const before = shown(motion, subject, 100);
    shown(motion, subject, blinkOf(id).shut);
    expect(isSame(shown(motion, subject, 100), before)).toBe(true);
    expect(isSame(shown(open(subject), subject, 100), before)).toBe(true);
  });

  it('never moves the outermost 16 px, in either mood', () => {
    const { width, height } = subject.frames;
    const isBorder = (x: number, y: number): boolean =>
      x < BORDER_PX || y < BORDER_PX || x >= width - BORDER_PX || y >= height - BORDER_PX;
    for (const level of ['subtle', 'lively'] as const) {
      const moving = open(subject, level);
      for (let frame = 0; frame < 1500; frame += 50) {
        const picture = shown(moving, subject, frame);
        expect(difference(picture, subject.frames.i420, isBorder, width)).toBe(0);
      }
    }
  });

  it('is as sharp in every frame: the mean gradient varies by less than 5 %', () => {
    const { width, height } = subject.frames;
    const gradients = Array.from({ length: 30 }, (_, i) => {
      const planes = shown(motion, subject, i * 17);
      let sum = 0;
      for (let at = 0; at < width * (height - 1); at += 1) {
        sum += Math.hypot(planes[at + 1]! - planes[at]!, planes[at + width]! - planes[at]!);
      }
      return sum;
    });
    expect(Math.min(...gradients) / Math.max(...gradients)).toBeGreaterThan(0.95);
  });

  it('does not change the source', () => {
    const copy = subject.frames.i420.slice();
    shown(motion, subject, blinkOf(id).shut);
    expect(isSame(subject.frames.i420, copy)).toBe(true);
  });
});

describe.each(['ava', 'leo'])('a blink of %s, seen by the face mesh', (id) => {
  let models: FaceModels;
  beforeAll(async () => {
    models = await loadFaceModels(join(ROOT, 'models/face'));
  });
  afterAll(() => models.release());

  /** Opening of both eyes as share of their length. */
  async function opening(planes: Uint8Array, width: number, height: number): Promise<number> {
    const face = await createFaceTracker(models).track(rgbOf(planes, width, height));
    if (face === null) throw new Error('the face is gone');
    const shape = emptyEyeShape();
    let sum = 0;
    for (const indices of EYES) {
      measureEye(face.landmarks, 0, indices, shape);
      sum += shape.openPx / shape.lengthPx;
    }
    return sum / 2;
  }

  it('closes the lids to less than a quarter and opens them again', async () => {
    const subject = await load(id);
    const motion = open(subject);
    const { width, height } = subject.frames;
    const { shut, open: before } = blinkOf(id);
    const openRatio = await opening(shown(motion, subject, before), width, height);
    const shutRatio = await opening(shown(motion, subject, shut), width, height);
    const afterRatio = await opening(shown(motion, subject, shut + 6), width, height);
    console.log({ id, openRatio, shutRatio, afterRatio });
    expect(shutRatio).toBeLessThan(0.25 * openRatio);
    expect(afterRatio).toBeGreaterThan(0.9 * openRatio);
  });
});

describe('who does not move or blink', () => {
  it('stays as it is with `idle: none`, and without a face track', async () => {
    const subject = await load('ava');
    expect(IdleMotion.open({ ...subject, level: 'none' })).toBeUndefined();
    const track = { ...subject.track, landmarks: new Float32Array(0) };
    expect(IdleMotion.open({ ...subject, track, level: 'subtle' })).toBeUndefined();
  });

  it('keeps eyes that are closed, turned away or tiny as they are', async () => {
    const subject = await load('ava');
    const withLandmarks = (change: (landmarks: Float32Array) => void): boolean => {
      const landmarks = subject.track.landmarks.slice();
      change(landmarks);
      return open({ ...subject, track: { ...subject.track, landmarks } }).blinks;
    };
    expect(withLandmarks(() => undefined)).toBe(true);
    const closed = withLandmarks((landmarks) => {
      for (const { upper, lower } of EYES) {
        upper.forEach((i, k) => (landmarks[i * 3 + 1] = landmarks[lower[k]! * 3 + 1]! - 1));
      }
    });
    const turned = withLandmarks((landmarks) => {
      const angle = (30 * Math.PI) / 180;
      for (let i = 0; i < landmarks.length; i += 3) {
        const [x, z] = [landmarks[i]! - 256, landmarks[i + 2]!];
        landmarks[i] = 256 + x * Math.cos(angle) + z * Math.sin(angle);
        landmarks[i + 2] = z * Math.cos(angle) - x * Math.sin(angle);
      }
    });
    const tiny = withLandmarks((landmarks) => {
      for (let i = 0; i < landmarks.length; i += 1) {
        landmarks[i] = i % 3 === 2 ? landmarks[i]! * 0.25 : 256 + (landmarks[i]! - 256) * 0.25;
      }
    });
    expect([closed, turned, tiny]).toEqual([false, false, false]);
  });

  it('keeps eyes behind a glare, and with glasses so low that no lid could fall, as they are', async () => {
    const subject = await load('leo');
    const painted = (from: number, to: number, luma: number): boolean => {
      const i420 = new Uint8Array(new SharedArrayBuffer(subject.frames.i420.length));
      i420.set(subject.frames.i420);
      const shape = emptyEyeShape();
      for (const indices of EYES) {
        measureEye(subject.track.landmarks, 0, indices, shape);
        for (
          let y = Math.round(shape.y + from * shape.openPx);
          y < shape.y + to * shape.openPx;
          y += 1
        ) {
          const start = y * subject.frames.width + Math.round(shape.x);
          i420.fill(luma, start, start + Math.round(shape.lengthPx));
        }
      }
      return open({ ...subject, frames: { ...subject.frames, i420 } }).blinks;
    };
    expect(painted(-0.6, 0.5, 235)).toBe(false);
    expect(painted(-1, -0.85, 20)).toBe(false);
    expect(painted(-1.7, -1.5, 20)).toBe(true);
  });
});

describe('a video that asks to move', () => {
  it('blinks when the person in it never does, and not on top of blinks of its own', async () => {
    const { id, frames, track } = await load('ava');
    const frameCount = 3;
    const i420 = new Uint8Array(new SharedArrayBuffer(frames.i420.length * frameCount));
    const landmarks = new Float32Array(track.landmarks.length * frameCount);
    for (let i = 0; i < frameCount; i += 1) {
      i420.set(frames.i420, i * frames.i420.length);
      landmarks.set(track.landmarks, i * track.landmarks.length);
    }
    const video = { id, frames: { ...frames, frameCount, i420 }, track: { ...track, landmarks } };
    expect(open(video).blinks).toBe(true);
    const middle = track.landmarks.length;
    for (const { upper, lower } of EYES) {
      upper.forEach((point, k) => {
        const at = middle + point * 3 + 1;
        landmarks[at]! += 0.55 * (landmarks[middle + lower[k]! * 3 + 1]! - landmarks[at]!);
      });
    }
    expect(open(video).blinks).toBe(false);
  });
});

/** I420 (BT.601 limited range) → RGB, as the face tracker takes it. */
function rgbOf(planes: Uint8Array, width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  const chroma = width >> 1;
  for (let i = 0; i < width * height; i += 1) {
    const at = width * height + (Math.floor(i / width) >> 1) * chroma + ((i % width) >> 1);
    const y = 1.164 * (planes[i]! - 16);
    const u = planes[at]! - 128;
    const v = planes[at + chroma * (height >> 1)]! - 128;
    const rgb = [y + 1.596 * v, y - 0.813 * v - 0.392 * u, y + 2.017 * u];
    data.set(
      rgb.map((value) => Math.min(255, Math.max(0, Math.round(value)))),
      i * 3,
    );
  }
  return { data, width, height, channels: 3 as const };
}
