import { expect, test } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';

test('a burst passes, the next call waits for its token', () => {
  const limiter = new RateLimiter({ burst: 3, perSecond: 2 });
  expect([0, 0, 0].map(() => limiter.take('a', 1000))).toEqual([0, 0, 0]);
  expect(limiter.take('a', 1000)).toBe(500);
});

test('tokens come back with time, never more than the burst', () => {
  const limiter = new RateLimiter({ burst: 2, perSecond: 1 });
  limiter.take('a', 0);
  limiter.take('a', 0);
  expect(limiter.take('a', 999)).toBeGreaterThan(0);
  expect(limiter.take('a', 1000)).toBe(0);
  expect([1, 2, 3].map(() => limiter.take('a', 60_000) === 0)).toEqual([true, true, false]);
});

test('keys do not share their tokens', () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 1 });
  expect(limiter.take('a', 0)).toBe(0);
  expect(limiter.take('b', 0)).toBe(0);
  expect(limiter.take('a', 0)).toBeGreaterThan(0);
});

test('memory is bounded: the key idle longest is forgotten', () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 0.001, maxKeys: 2 });
  limiter.take('a', 0);
  limiter.take('b', 0);
  limiter.take('a', 1);
  limiter.take('c', 2);
  expect(limiter.size).toBe(2);
  expect(limiter.take('a', 3)).toBeGreaterThan(0);
  expect(limiter.take('b', 4)).toBe(0);
});

test('a clock that jumps back neither grants nor takes', () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 1 });
  limiter.take('a', 10_000);
  expect(limiter.take('a', 0)).toBe(1000);
});

test('wrong options are refused with their values', () => {
  expect(() => new RateLimiter({ burst: 0, perSecond: 1 })).toThrow(/got 0 and 1/);
  expect(() => new RateLimiter({ burst: 1, perSecond: Number.NaN })).toThrow(RangeError);
});
