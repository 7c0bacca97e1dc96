import { expect, test } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';
import { addressKey, enforceLimits } from './request-limits.ts';
import { respondError } from './respond.ts';

const from = (address: string): Headers => new Headers({ 'x-forwarded-for': address });
const limits = () => ({
  perAddress: new RateLimiter({ burst: 2, perSecond: 0.1 }),
  inAll: new RateLimiter({ burst: 3, perSecond: 1 }),
});

test('the third call of one address is refused with 429 and Retry-After in seconds', async () => {
  const some = limits();
  enforceLimits(some, from('192.0.2.1'), 0);
  enforceLimits(some, from('192.0.2.1'), 0);
  let answer: Response | undefined;
  try {
    enforceLimits(some, from('192.0.2.1'), 0);
  } catch (thrown) {
    answer = respondError(thrown);
  }
  expect(answer?.status).toBe(429);
  expect(answer?.headers.get('retry-after')).toBe('10');
  expect(await answer?.json()).toEqual({
    error: {
      code: 'RATE_LIMITED',
      message: 'Too many requests. Try again in 10 s.',
      retryable: true,
    },
  });
});

test('made-up addresses still share the limit for all', () => {
  const some = limits();
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) enforceLimits(some, from(address), 0);
  expect(() => enforceLimits(some, from('10.0.0.4'), 0)).toThrow(/Too many requests/);
});

test('the nearest hop counts, and an IPv6 network counts as one', () => {
  expect(addressKey(from('203.0.113.9, 192.0.2.7'))).toBe('192.0.2.7');
  expect(addressKey(from('::ffff:192.0.2.7'))).toBe('192.0.2.7');
  expect(addressKey(from('2001:db8:1:2:aaaa::1'))).toBe(addressKey(from('2001:db8:1:2:bbbb::9')));
  expect(addressKey(from('2001:db8:1:3::1'))).not.toBe(addressKey(from('2001:db8:1:2::1')));
  expect(addressKey(new Headers())).toBe('unknown');
});
