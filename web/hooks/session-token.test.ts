import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RENEW_EVERY_MS, SessionToken } from './session-token.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a token is renewed with the one before it, well within its 15 minutes, until the session ends', async () => {
  const life = new AbortController();
  const asked: string[] = [];
  const renew = (token: string): Promise<string> => {
    asked.push(token);
    return Promise.resolve(`token ${asked.length}`);
  };
  const token = new SessionToken('token 0', renew, life.signal);
  expect(token.value).toBe('token 0');
  await vi.advanceTimersByTimeAsync(2 * RENEW_EVERY_MS);
  expect(asked).toEqual(['token 0', 'token 1']);
  expect(token.value).toBe('token 2');
  expect(RENEW_EVERY_MS).toBeLessThanOrEqual((15 * 60_000) / 3);
  life.abort();
  await vi.advanceTimersByTimeAsync(10 * RENEW_EVERY_MS);
  expect(asked).toHaveLength(2);
});

test('a server that is away for once does not lose the token', async () => {
  const life = new AbortController();
  let isAway = true;
  const renew = (): Promise<string> =>
    isAway ? Promise.reject(new Error('away')) : Promise.resolve('fresh');
  const token = new SessionToken('first', renew, life.signal);
  await vi.advanceTimersByTimeAsync(RENEW_EVERY_MS);
  expect(token.value).toBe('first');
  isAway = false;
  await vi.advanceTimersByTimeAsync(RENEW_EVERY_MS);
  expect(token.value).toBe('fresh');
  life.abort();
});
