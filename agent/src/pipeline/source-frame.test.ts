import { describe, expect, it } from 'vitest';
import { sourceFrameAt } from './source-frame.ts';

describe('sourceFrameAt', () => {
  it('runs forwards and backwards, the turning frames once', () => {
    expect(Array.from({ length: 10 }, (_, i) => sourceFrameAt(i, 4))).toEqual([
      0, 1, 2, 3, 2, 1, 0, 1, 2, 3,
    ]);
  });

  it('stands on the only frame of a still', () => {
    expect([0, 1, 999].map((i) => sourceFrameAt(i, 1))).toEqual([0, 0, 0]);
  });

  it('never moves by more than one frame, also after hours', () => {
    for (let i = 1_000_000; i < 1_000_600; i += 1) {
      expect(Math.abs(sourceFrameAt(i + 1, 97) - sourceFrameAt(i, 97))).toBe(1);
    }
  });
});
