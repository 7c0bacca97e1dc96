import { describe, expect, it } from 'vitest';
import { neededDelayMs, PlayoutDelay } from './playout-delay.ts';

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

  it('goes to the base of another pack without a pause between steps, and back', () => {
    const delay = new PlayoutDelay({ baseChunks: 4, maxChunks: 20 });
    delay.rebase(11);
    expect(delay.step(false)).toBe('keep');
    for (let i = 0; i < 7; i++) expect(delay.step(true)).toBe('insert');
    expect(delay.step(true)).toBe('keep');
    expect(delay.chunks).toBe(11);
    delay.rebase(4);
    for (let i = 0; i < 7; i++) expect(delay.step(true)).toBe('skip');
    expect(delay.step(true)).toBe('keep');
    expect(delay.chunks).toBe(4);
  });

  it('does not wait for ever on the way up', () => {
    const delay = new PlayoutDelay({ baseChunks: 4, maxChunks: 20 });
    delay.rebase(6);
    for (let i = 0; i < 4; i++) second(delay, 25);
    expect([delay.step(false), delay.step(false), delay.step(false)]).toEqual([
      'insert',
      'insert',
      'keep',
    ]);
  });
});

describe('the delay a pack needs', () => {
  it('is within what everybody has for lite, and 220 ms for musetalk-v15', () => {
    expect(neededDelayMs({ lookAheadMs: 72.5 })).toBe(60);
    expect(neededDelayMs({ lookAheadMs: 172.5, makingMs: 60 })).toBe(220);
    expect(neededDelayMs({ lookAheadMs: 0 })).toBe(0);
  });
});
