import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InferenceModel } from '../../models/inference-session.ts';
import { MusetalkAudioStream } from './musetalk-audio-stream.ts';
import { SoundBatcher } from './sound-batcher.ts';
import { SoundEncoder } from './sound-encoder.ts';
import { goldenSound, openGolden, TINY_PACK } from './tiny-pack.fixture.ts';

const SETTINGS = { leftContextMs: 400, rightContextMs: 40, hopFrames: 2 };

/** The tiny encoder; notes the batch sizes of its runs. */
class CountingEncoder extends SoundEncoder {
  readonly batches: number[] = [];
  fails = false;

  override run(mel: Float32Array, frames: number, batch = 1): Promise<Float32Array> {
    this.batches.push(batch);
    if (this.fails) return Promise.reject(new Error('CUDA error'));
    return super.run(mel, frames, batch);
  }
}

let encoder: CountingEncoder;
let sound: Float32Array;
beforeAll(async () => {
  const path = `${TINY_PACK}/whisper-encoder.onnx`;
  encoder = new CountingEncoder(await InferenceModel.load(path), path);
  sound = await goldenSound(await openGolden());
});
afterAll(() => encoder.release());

/** Streams that have heard different parts of the sound. */
const streamsOn = (batcher: SoundBatcher, count: number): MusetalkAudioStream[] =>
  Array.from({ length: count }, (_, i) => {
    const stream = new MusetalkAudioStream(batcher, SETTINGS);
    stream.push(sound.subarray(i * 4000, i * 4000 + 16_000));
    return stream;
  });

async function windowsOf(streams: readonly MusetalkAudioStream[]): Promise<Float32Array[]> {
  return Promise.all(streams.map(async (stream) => (await stream.cue(14)).parameters.slice()));
}

describe('sound of several sessions', () => {
  it('asked for in one turn is encoded in one run, each as if it were alone', async () => {
    const alone = await windowsOf(streamsOn(new SoundBatcher(encoder, [1]), 3));
    encoder.batches.length = 0;
    const together = await windowsOf(streamsOn(new SoundBatcher(encoder, [1, 4, 8]), 3));
    expect(encoder.batches).toEqual([4]);
    together.forEach((window, i) => {
      const most = window.reduce(
        (max, value, k) => Math.max(max, Math.abs(value - alone[i]![k]!)),
        0,
      );
      expect(most).toBeLessThan(1e-4);
      expect(window.some((value) => value !== 0)).toBe(true);
    });
    expect(together[0]).not.toEqual(together[1]);
  });

  it('is split where it is more than the largest size; a hop that is alone runs alone', async () => {
    const batcher = new SoundBatcher(encoder, [1, 4]);
    encoder.batches.length = 0;
    await windowsOf(streamsOn(batcher, 5));
    await windowsOf(streamsOn(batcher, 1));
    expect(encoder.batches).toEqual([4, 1, 1]);
  });

  it('tells every session when a run fails, and goes on with the next', async () => {
    const batcher = new SoundBatcher(encoder, [1, 4]);
    encoder.fails = true;
    const results = await Promise.allSettled(streamsOn(batcher, 2).map((one) => one.cue(14)));
    encoder.fails = false;
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await windowsOf(streamsOn(batcher, 2))).toHaveLength(2);
  });
});
