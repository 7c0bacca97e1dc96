import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InferenceModel } from '../../models/inference-session.ts';
import {
  DEFAULT_STREAMING,
  lookAheadMsOf,
  MusetalkAudioStream,
  type StreamingSettings,
} from './musetalk-audio-stream.ts';
import { offlineFeatures, offlineWindow } from './offline-windows.ts';
import { SoundEncoder } from './sound-encoder.ts';
import { goldenSound, openGolden, TINY_PACK } from './tiny-pack.fixture.ts';

let encoder: SoundEncoder;
let sound: Float32Array;
/** Short context, to be quick. */
const SETTINGS: StreamingSettings = { leftContextMs: 400, rightContextMs: 40, hopFrames: 2 };
const CHUNK = 320;

beforeAll(async () => {
  const path = `${TINY_PACK}/whisper-encoder.onnx`;
  encoder = new SoundEncoder(await InferenceModel.load(path), path);
  sound = await goldenSound(await openGolden());
});
afterAll(() => encoder.release());

/** Windows of frames as a session gets them; `only` skips the others. */
async function windowsOf(
  settings: StreamingSettings,
  samples: Float32Array,
  only?: ReadonlySet<number>,
): Promise<Float32Array[]> {
  const stream = new MusetalkAudioStream(encoder, settings);
  const windows: Float32Array[] = [];
  let frame = 0;
  for (let at = 0; at < samples.length; at += CHUNK) {
    stream.push(samples.subarray(at, at + CHUNK));
    for (; stream.isReady(frame); frame += 1) {
      if (!only || only.has(frame)) windows[frame] = (await stream.cue(frame)).parameters.slice();
    }
  }
  return windows;
}

function maxDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}

describe('sound windows of a live stream', () => {
  it('need 92.5 ms beyond a frame, what attention is granted, and the rest of the hop', () => {
    expect(lookAheadMsOf({ ...SETTINGS, rightContextMs: 0, hopFrames: 1 })).toBe(92.5);
    expect(lookAheadMsOf({ ...SETTINGS, rightContextMs: 60, hopFrames: 3 })).toBe(232.5);
    expect(lookAheadMsOf(DEFAULT_STREAMING)).toBe(172.5);
  });

  it('are ready as soon as the sound they state is there', () => {
    const stream = new MusetalkAudioStream(encoder, SETTINGS);
    const needed = ((40 + lookAheadMsOf(SETTINGS)) * 16_000) / 1000;
    stream.push(new Float32Array(needed - 1));
    expect(stream.isReady(0)).toBe(false);
    stream.push(new Float32Array(1));
    expect(stream.isReady(0)).toBe(true);
    expect(stream.isReady(1)).toBe(true);
    expect(stream.isReady(2)).toBe(false);
  });

  it('equal those of the whole recording when the encoder is granted all of it', async () => {
    // One hop over all 74 frames; left and right context fill a segment of 3000 mel frames.
    const all = { leftContextMs: 20, rightContextMs: 26_850, hopFrames: 74 };
    const padded = new Float32Array(480_000);
    padded.set(sound);
    const only = new Set([30, 42, 73]);
    const live = await windowsOf(all, padded, only);
    const features = await offlineFeatures(encoder, sound);
    for (const frame of only) {
      const whole = offlineWindow(features, encoder.featureLength, frame);
      // Features beyond the recording are zeros in MuseTalk and silence in a stream.
      const known = whole.length - (frame === 73 ? 4 * encoder.featureLength : 0);
      const difference = maxDifference(live[frame]!.subarray(0, known), whole.subarray(0, known));
      // The first two mel frames differ: the reference mirrors the sound before its start, a stream has silence there.
      expect(difference).toBeLessThan(5e-3);
    }
  }, 60_000);

  it('share the features of frames in one hop', async () => {
    const windows = await windowsOf(SETTINGS, sound.subarray(0, 24_000));
    const shift = 2 * encoder.featureLength;
    for (let frame = 5; frame < 20; frame += 2) {
      const kept = windows[frame]!.subarray(0, windows[frame]!.length - shift);
      expect(kept).toEqual(windows[frame - 1]!.subarray(shift));
    }
  });

  it('do not depend on how the sound is cut, and start with zeros', async () => {
    const part = sound.subarray(0, 9600);
    const [first] = await windowsOf(SETTINGS, part);
    const stream = new MusetalkAudioStream(encoder, SETTINGS);
    stream.push(part);
    const { parameters } = await stream.cue(0);
    expect(parameters).toEqual(first);
    const before = 4 * encoder.featureLength;
    expect(parameters.subarray(0, before).every((value) => value === 0)).toBe(true);
    expect(parameters.subarray(before).some((value) => value !== 0)).toBe(true);
  });

  it('are the same bits when frames in between are skipped', async () => {
    const part = sound.subarray(0, 24_000);
    const all = await windowsOf(SETTINGS, part);
    const some = await windowsOf(SETTINGS, part, new Set([3, 20, 27]));
    for (const frame of [3, 20, 27]) expect(some[frame]).toEqual(all[frame]);
  });

  it('forget what was heard when the buffer is cleared', async () => {
    const stream = new MusetalkAudioStream(encoder, SETTINGS);
    stream.push(sound.subarray(0, 24_000));
    stream.clearBuffer();
    const { parameters } = await stream.cue(24);
    const silent = new MusetalkAudioStream(encoder, SETTINGS);
    silent.push(new Float32Array(24_000));
    expect(parameters).toEqual((await silent.cue(24)).parameters);
  });
});
