import { describe, expect, it } from 'vitest';
import { PlayoutDelay } from './playout-delay.ts';

const second = (delay: PlayoutDelay, lateFrames: number) => {
  for (let i = 0; i < lateFrames; i++) delay.noteLate();
  delay.secondElapsed();
};

describe('PlayoutDelay', () => {
  it('stays where it is while one frame of a second is late', () => {
    const delay = new PlayoutDelay({ baseChunks: 6, maxChunks: 20 });
    for (let i = 0; i < 20; i++) second(delay, 1);
    expect(delay.step(true)).toBe('keep');
    expect(delay.chunks).toBe(6);
  });

  it('grows by one chunk in the first quiet moment after a second with more late frames', () => {
    const delay = new PlayoutDelay({ baseChunks: 6, maxChunks: 20 });
    second(delay, 2);
    expect(delay.step(false)).toBe('keep');
    expect(delay.step(true)).toBe('insert');
    expect(delay.step(true)).toBe('keep');
    expect(delay.chunks).toBe(7);
  });

  it('does not wait for ever for a quiet moment', () => {
    const delay = new PlayoutDelay({ baseChunks: 6, maxChunks: 20 });
    for (let i = 0; i < 5; i++) second(delay, 10);
    expect(delay.step(false)).toBe('insert');
  });

  it('never exceeds its maximum', () => {
    const delay = new PlayoutDelay({ baseChunks: 6, maxChunks: 8 });
    for (let i = 0; i < 10; i++) {
      second(delay, 25);
      delay.step(true);
    }
    expect(delay.chunks).toBe(8);
  });

  it('returns to its base, one chunk per calm half minute', () => {
    const delay = new PlayoutDelay({ baseChunks: 6, maxChunks: 20 });
    for (let i = 0; i < 2; i++) {
      second(delay, 25);
      delay.step(true);
    }
    expect(delay.chunks).toBe(8);
    for (let i = 0; i < 200; i++) {
      second(delay, 0);
      delay.step(true);
    }
    expect(delay.chunks).toBe(6);
  });
});
