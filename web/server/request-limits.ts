/** The limits of the page's server: by address, by key or user, and in all. */
import { AvatarError } from '@live-avatar/agent/errors';
import { plainAddress } from './address-set.ts';
import { RateLimiter } from './rate-limiter.ts';
import { HttpError } from './respond.ts';

/** Whom a call is counted for. */
export type Counted = {
  /** Address of the client (peer-address.ts). */
  readonly address: string;
  /** Key or user, where the access mode knows one; it is counted instead of the address. */
  readonly subject?: string | undefined;
};

/** Levels of one kind of call. `inAll` protects what lies behind when a flood has many addresses. */
export type Limits = {
  readonly perAddress: RateLimiter;
  readonly perSubject?: RateLimiter;
  readonly inAll: RateLimiter;
};

/** New sessions. An office or a school may share one address, so that the limit only stops floods. */
export const SESSION_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 30, perSecond: 0.5 }),
  // A key stands for a service with many people behind it.
  perSubject: new RateLimiter({ burst: 60, perSecond: 2 }),
  inAll: new RateLimiter({ burst: 120, perSecond: 10 }),
};

/** Re-dispatches: the page asks every 2 s while it waits, in each of its tabs. */
export const REDISPATCH_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 20, perSecond: 1 }),
  inAll: new RateLimiter({ burst: 100, perSecond: 20 }),
};

/** Making and opening invitations: a click each; the page that is opened reloads now and then. */
export const INVITATION_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 30, perSecond: 0.5 }),
  inAll: new RateLimiter({ burst: 120, perSecond: 10 }),
};

/**
 * Wrong passcodes and keys. In all: 43,200 a day at most from however many addresses, which a passcode of eight
 * random letters outlives by thousands of years.
 */
export const FAILED_ACCESS_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 5, perSecond: 0.1 }),
  inAll: new RateLimiter({ burst: 50, perSecond: 0.5 }),
};

/**
 * Webhooks that are not LiveKit's; its own are not counted, and many of them may be on the way in at once. Checking one
 * costs a fraction of a millisecond.
 */
export const FAILED_WEBHOOK_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 60, perSecond: 1 }),
  inAll: new RateLimiter({ burst: 600, perSecond: 50 }),
};

/** Count one call. @throws HttpError RATE_LIMITED (429) with Retry-After in seconds. */
export function enforceLimits(limits: Limits, counted: Counted, nowMs = Date.now()): void {
  takeOrRefuse(limits, counted, nowMs);
}

/**
 * Count one call; the function returned uncounts it.
 * @throws HttpError RATE_LIMITED (429) with Retry-After in seconds.
 */
export function takeOrRefuse(
  limits: Limits,
  { address, subject }: Counted,
  nowMs = Date.now(),
): () => void {
  const [own, key] =
    subject !== undefined && limits.perSubject !== undefined
      ? [limits.perSubject, subject]
      : [limits.perAddress, addressKey(address)];
  const waitMs = own.take(key, nowMs) || limits.inAll.take('all', nowMs);
  if (waitMs > 0) {
    const seconds = Math.ceil(waitMs / 1000);
    throw new HttpError(
      new AvatarError('RATE_LIMITED', `Too many requests. Try again in ${seconds} s.`),
      { headers: { 'Retry-After': String(seconds) } },
    );
  }
  return () => {
    own.giveBack(key);
    limits.inAll.giveBack('all');
  };
}

/** Key of an address. IPv6 addresses count by their /64 network, which one household or phone owns whole. */
export function addressKey(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain.slice(0, 64);
  const [head = ''] = plain.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  return `${groups.slice(0, 4).join(':')}::/64`;
}
