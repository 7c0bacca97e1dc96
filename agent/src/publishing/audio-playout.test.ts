import { describe, expect, it } from 'vitest';
import { AudioPlayout } from './audio-playout.ts';
import { PlayoutDelay } from './playout-delay.ts';

const SAMPLES = 960;
const chunkOf = (value: number) => new Int16Array(SAMPLES).fill(value);

/** A sink that records the first sample of each chunk; its queue is set by the test. */
class RecordingSink {
  queuedMs = 0;
  readonly values: number[] = [];
  cleared = 0;
  push(chunk: Int16Array): void {
    this.values.push(chunk[0]!);
  }
  clear(): void {
    this.cleared += 1;
  }
}

function makePlayout(baseChunks = 3) {
  const sink = new RecordingSink();
  const delay = new PlayoutDelay({ baseChunks, maxChunks: 20 });
  const heard = new Map<number, number>();
  const playout = new AudioPlayout({
    chunkSamples: SAMPLES,
    maxDelayChunks: 20,
    delay,
    sink,
    noteAudio: (chunkIndex, playAtMs) => heard.set(chunkIndex, playAtMs),
  });
  return { sink, delay, heard, playout };
}

describe('AudioPlayout', () => {
  it('lets every chunk out after the delay and says when it is heard', () => {
    const { sink, heard, playout } = makePlayout();
    sink.queuedMs = 10;
    for (let i = 0; i < 6; i++) playout.tick(i, chunkOf(1000 + i), 20 * i);
    expect(sink.values).toEqual([0, 0, 0, 1000, 1001, 1002]);
    expect([...heard]).toEqual([
      [0, 70],
      [1, 90],
      [2, 110],
    ]);
  });

  it('inserts one silent chunk when the delay grows and loses none', () => {
    const { sink, delay, playout } = makePlayout();
    for (let i = 0; i < 4; i++) playout.tick(i, chunkOf(10 + i), 20 * i);
    for (let i = 0; i < 5; i++) delay.noteLate();
    delay.secondElapsed();
    for (let i = 4; i < 8; i++) playout.tick(i, chunkOf(10 + i), 20 * i);
    expect(sink.values).toEqual([0, 0, 0, 10, 0, 11, 12, 13]);
    expect(delay.chunks).toBe(4);
  });

  it('drops and counts what a full sink cannot take', () => {
    const { sink, playout } = makePlayout(0);
    sink.queuedMs = 100;
    playout.tick(0, chunkOf(500), 0);
    expect(sink.values).toEqual([]);
    expect(playout.droppedChunks).toBe(1);
  });

  it('leaves out one quiet chunk when the sink stayed needlessly full', () => {
    const { sink, playout } = makePlayout(0);
    sink.queuedMs = 50;
    for (let i = 0; i < 100; i++) playout.tick(i, chunkOf(9000), 20 * i);
    const before = sink.values.length;
    playout.tick(100, chunkOf(9000), 2000);
    playout.tick(101, chunkOf(3), 2020);
    playout.tick(102, chunkOf(3), 2040);
    expect(sink.values.length).toBe(before + 2);
    expect(playout.droppedChunks).toBe(0);
  });

  it('silences delayed audio and the sink on an interruption', () => {
    const { sink, playout } = makePlayout();
    for (let i = 0; i < 4; i++) playout.tick(i, chunkOf(700), 20 * i);
    playout.clear();
    for (let i = 4; i < 8; i++) playout.tick(i, chunkOf(900), 20 * i);
    expect(sink.cleared).toBe(1);
    expect(sink.values).toEqual([0, 0, 0, 700, 0, 0, 0, 900]);
  });
});
