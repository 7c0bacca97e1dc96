/** The limits of the page's two writing routes, by address and in all. */
import { AvatarError } from '@live-avatar/agent/errors';
import { RateLimiter } from './rate-limiter.ts';
import { HttpError } from './respond.ts';

/** Two levels: X-Forwarded-For can be forged where no proxy overwrites it, so all addresses share a limit too. */
type Limits = { readonly perAddress: RateLimiter; readonly inAll: RateLimiter };

/** New sessions. An office or a school may share one address, so that the limit only stops floods. */
export const SESSION_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 30, perSecond: 0.5 }),
  inAll: new RateLimiter({ burst: 120, perSecond: 10 }),
};

/** Re-dispatches: the page asks every 2–5 s while it waits, in each of its tabs. */
export const REDISPATCH_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 20, perSecond: 1 }),
  inAll: new RateLimiter({ burst: 100, perSecond: 20 }),
};

/**
 * Count one call. @throws HttpError RATE_LIMITED (429) with Retry-After in seconds.
 */
export function enforceLimits(limits: Limits, headers: Headers, nowMs = Date.now()): void {
  const waitMs =
    limits.perAddress.take(addressKey(headers), nowMs) || limits.inAll.take('all', nowMs);
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  throw new HttpError(
    new AvatarError('RATE_LIMITED', `Too many requests. Try again in ${seconds} s.`),
    { headers: { 'Retry-After': String(seconds) } },
  );
}

/**
 * Key of the client's address: the nearest hop of X-Forwarded-For (the server adds the socket's address when
 * there is no proxy). IPv6 addresses count by their /64 network, which one household or phone owns whole.
 */
export function addressKey(headers: Headers): string {
  const address = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address.slice(0, 64);
  const [head = ''] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  return `${groups.slice(0, 4).join(':')}::/64`;
}
