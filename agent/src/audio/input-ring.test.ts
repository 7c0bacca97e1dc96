import { describe, expect, it } from 'vitest';
import { InputRing } from './input-ring.ts';

const CHUNK = 960;
const makeRing = () =>
  new InputRing({
    chunkSamples: CHUNK,
    maxBacklogSamples: 3 * CHUNK,
    keepBacklogSamples: 2 * CHUNK,
  });
const chunkOf = (value: number) => new Int16Array(CHUNK).fill(value);

describe('InputRing', () => {
  it('gives samples back in order across its own edge', () => {
    const ring = makeRing();
    const output = new Int16Array(CHUNK);
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 50; round++) {
      const odd = new Int16Array(round % 2 === 0 ? 700 : 1220);
      for (let i = 0; i < odd.length; i++) odd[i] = next++ % 30_000;
      ring.push(odd);
      if (!ring.pull(output)) continue;
      for (const sample of output) expect(sample).toBe(expected++ % 30_000);
    }
    expect(expected).toBeGreaterThan(40 * CHUNK);
    expect(ring.droppedChunks).toBe(0);
  });

  it('answers silence when it is empty', () => {
    const ring = makeRing();
    const output = chunkOf(7);
    expect(ring.pull(output)).toBe(false);
    expect(output.every((sample) => sample === 0)).toBe(true);
  });

  it('drops the oldest audio over the limit and counts it', () => {
    const ring = makeRing();
    for (const value of [1, 2, 3, 4]) ring.push(chunkOf(value * 1000));
    expect(ring.backlogSamples).toBe(2 * CHUNK);
    expect(ring.droppedChunks).toBe(2);
    const output = new Int16Array(CHUNK);
    ring.pull(output);
    expect(output[0]).toBe(3000);
  });

  it('keeps only the newest part of one huge push', () => {
    const ring = makeRing();
    const huge = Int16Array.from({ length: 48_000 }, (_, i) => i % 30_000);
    ring.push(huge);
    expect(ring.backlogSamples).toBe(2 * CHUNK);
    const output = new Int16Array(CHUNK);
    ring.pull(output);
    expect(output[0]).toBe((48_000 - 2 * CHUNK) % 30_000);
  });

  it('shortens a backlog that nothing needed for two seconds, in a quiet moment', () => {
    const ring = makeRing();
    const output = new Int16Array(CHUNK);
    ring.push(chunkOf(0));
    for (let i = 0; i < 150; i++) {
      ring.push(chunkOf(i % 10 === 0 ? 10 : 0));
      ring.pull(output);
    }
    expect(ring.trimmedChunks).toBe(1);
    expect(ring.backlogSamples).toBe(0);
    expect(ring.droppedChunks).toBe(0);
  });

  it('never shortens speech', () => {
    const ring = makeRing();
    const output = new Int16Array(CHUNK);
    ring.push(chunkOf(5000));
    for (let i = 0; i < 300; i++) {
      ring.push(chunkOf(5000));
      ring.pull(output);
    }
    expect(ring.trimmedChunks).toBe(0);
  });
});
