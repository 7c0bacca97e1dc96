import { expect, test } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';
import { addressKey, enforceLimits, takeOrRefuse } from './request-limits.ts';
import { respondError } from './respond.ts';

const limits = () => ({
  perAddress: new RateLimiter({ burst: 2, perSecond: 0.1 }),
  perSubject: new RateLimiter({ burst: 1, perSecond: 0.5 }),
  inAll: new RateLimiter({ burst: 3, perSecond: 1 }),
});
const answerTo = (call: () => void): Response | undefined => {
  try {
    call();
    return undefined;
  } catch (thrown) {
    return respondError(thrown);
  }
};

test('the third call of one address is refused with 429 and Retry-After in seconds', async () => {
  const some = limits();
  enforceLimits(some, { address: '192.0.2.1' }, 0);
  enforceLimits(some, { address: '192.0.2.1' }, 0);
  const answer = answerTo(() => enforceLimits(some, { address: '192.0.2.1' }, 0));
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

test('a key is counted wherever it is used from', () => {
  const some = limits();
  enforceLimits(some, { address: '192.0.2.1', subject: 'key:shop' }, 0);
  const again = answerTo(() =>
    enforceLimits(some, { address: '192.0.2.2', subject: 'key:shop' }, 0),
  );
  expect([again?.status, again?.headers.get('retry-after')]).toEqual([429, '2']);
  enforceLimits(some, { address: '192.0.2.1', subject: 'key:other' }, 0);
});

test('many addresses still share the limit for all', () => {
  const some = limits();
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) enforceLimits(some, { address }, 0);
  expect(() => enforceLimits(some, { address: '10.0.0.4' }, 0)).toThrow(/Too many requests/);
});

test('a call that is given back was never counted', () => {
  const some = limits();
  for (let call = 0; call < 10; call += 1) takeOrRefuse(some, { address: '192.0.2.1' }, 0)();
  enforceLimits(some, { address: '192.0.2.1' }, 0);
  enforceLimits(some, { address: '192.0.2.1' }, 0);
  expect(() => enforceLimits(some, { address: '192.0.2.1' }, 0)).toThrow(/Too many requests/);
});

test('an IPv6 network counts as one, and an IPv4 address in IPv6 clothes as itself', () => {
  expect(addressKey('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(addressKey('2001:db8:1:2:aaaa::1')).toBe(addressKey('2001:db8:1:2:bbbb::9'));
  expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
});
