import { describe, expect, it } from 'vitest';
import { MediaClock } from './media-clock.ts';
import type { TimeSource } from './media-clock.ts';

/** Time that moves only when told; `lateMs` delays timers as a busy event loop does. */
class FakeTime implements TimeSource {
  lateMs = 0;
  #now = 1000;
  #timer: { at: number; callback: () => void } | undefined;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback };
    this.#timer = timer;
    return () => {
      if (this.#timer === timer) this.#timer = undefined;
    };
  }

  runUntil(endMs: number): void {
    while (this.#timer && this.#timer.at + this.lateMs <= endMs) {
      const timer = this.#timer;
      this.#timer = undefined;
      this.#now = Math.max(this.#now, timer.at + this.lateMs);
      timer.callback();
    }
    this.#now = endMs;
  }
}

describe('MediaClock', () => {
  it('ticks every period from the start, with rising indices', () => {
    const time = new FakeTime();
    const ticks: number[] = [];
    const clock = new MediaClock({ periodMs: 20, onTick: (index) => ticks.push(index), time });
    clock.start();
    time.runUntil(1100);
    expect(ticks).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('keeps its average rate when every timer is late', () => {
    const time = new FakeTime();
    time.lateMs = 13;
    let count = 0;
    const clock = new MediaClock({ periodMs: 20, onTick: () => count++, time });
    clock.start();
    time.runUntil(11_000);
    expect(count).toBeGreaterThanOrEqual(499);
    expect(count).toBeLessThanOrEqual(501);
    expect(clock.skippedTicks).toBe(0);
  });

  it('runs missed ticks after a short stall and gives up those of a long one', () => {
    const time = new FakeTime();
    let count = 0;
    const clock = new MediaClock({ periodMs: 20, onTick: () => count++, time });
    clock.start();
    time.runUntil(1100);
    time.lateMs = 200;
    time.runUntil(1330);
    time.lateMs = 0;
    time.runUntil(1500);
    expect(count).toBe(26);
    time.lateMs = 2000;
    time.runUntil(3530);
    time.lateMs = 0;
    time.runUntil(3600);
    expect(clock.skippedTicks).toBe(100);
    expect(count).toBe(26 + 5);
  });

  it('stops for good, also from within a tick', () => {
    const time = new FakeTime();
    let count = 0;
    const clock = new MediaClock({
      periodMs: 20,
      onTick: () => {
        count += 1;
        if (count === 3) clock.stop();
      },
      time,
    });
    clock.start();
    time.runUntil(2000);
    expect(count).toBe(3);
  });
});
