import { describe, expect, it } from 'vitest';
import { AvatarError } from '../errors.ts';
import type { FaceTrackResult } from '../face/face-tracker.ts';
import { completeTrack, smoothOverTime } from './face-track.ts';

/** A face whose landmarks and box all stand at `x`. */
const faceAt = (x: number): FaceTrackResult => ({
  landmarks: new Float32Array(478 * 3).fill(x),
  score: 1,
  box: { x, y: x, width: x, height: x },
});

/** Frames 0 … count−1 with the face at its frame number, none in `missing`. */
const frames = (count: number, missing: number[] = []): (FaceTrackResult | null)[] =>
  Array.from({ length: count }, (_, i) => (missing.includes(i) ? null : faceAt(i)));

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('completeTrack', () => {
  it('gives lists of equal length', () => {
    const track = completeTrack(frames(5), 'v.mp4');
    expect(track.landmarks.length).toBe(5 * 478 * 3);
    expect(track.boxes.length).toBe(5 * 4);
    expect([...track.interpolated]).toEqual([0, 0, 0, 0, 0]);
  });

  it('bridges a gap of 12 frames linearly and marks it', () => {
    const track = completeTrack(frames(40, range(10, 21)), 'v.mp4');
    for (const frame of range(5, 30)) expect(track.boxes[frame * 4]).toBeCloseTo(frame, 4);
    expect(track.landmarks[15 * 478 * 3 + 700]).toBeCloseTo(15, 4);
    expect(range(0, 39).filter((frame) => track.interpolated[frame])).toEqual(range(10, 21));
  });

  it('holds the nearest face where the start or the end has none', () => {
    const track = completeTrack(frames(30, [0, 1, 2, 28, 29]), 'v.mp4');
    expect(track.boxes[0]).toBeCloseTo(3, 4);
    expect(track.boxes[29 * 4]).toBeCloseTo(27, 4);
  });

  it('refuses longer gaps with every range and the cure', () => {
    const found = frames(120, [...range(40, 79), ...range(90, 91), ...range(100, 119)]);
    let error: unknown;
    try {
      completeTrack(found, 'data/video/person1.mp4');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(AvatarError);
    expect((error as AvatarError).code).toBe('FACE_NOT_FOUND');
    expect((error as AvatarError).message).toBe(
      'no face in data/video/person1.mp4, frames 40–79, 100–119; use a clip in which the face is visible throughout, or cut it',
    );
  });

  it('refuses a short source without any face', () => {
    expect(() => completeTrack(frames(5, range(0, 4)), 'v.mp4')).toThrow(/frames 0–4/);
    expect(() => completeTrack([null], 'p.png')).toThrow(/no face in p\.png; use a picture/);
  });
});

describe('smoothOverTime', () => {
  it('spreads an impulse as [1 4 6 4 1]/16, without delay', () => {
    const values = new Float32Array(9);
    values[4] = 16;
    expect([...smoothOverTime(values, 1)]).toEqual([0, 0, 1, 4, 6, 4, 1, 0, 0]);
  });

  it('keeps a straight line, also when values are interleaved', () => {
    const values = Float32Array.from({ length: 20 }, (_, i) => (i % 2 ? -(i >> 1) : i >> 1));
    const smooth = smoothOverTime(values, 2);
    for (let i = 4; i < 16; i += 1) expect(smooth[i]).toBeCloseTo(values[i]!, 5);
  });

  it('mirrors the ends at the end frame', () => {
    expect([...smoothOverTime(Float32Array.of(0, 8, 0, 8, 0), 1)]).toEqual([4, 4, 4, 4, 4]);
    expect([...smoothOverTime(Float32Array.of(5), 1)]).toEqual([5]);
  });
});
