/** Wraps API routes: who may call, how often, and one shape for every error. */
import { requireAccess, type Caller } from './access.ts';
import { admitsGuests, isGuest } from './guest-access.ts';
import { clientAddress } from './peer-address.ts';
import type { Counted } from './request-limits.ts';
import { handled } from './respond.ts';
import { readAccess, readSettings, readTrustedProxies } from './settings.ts';

/** Whom a request counts for, without asking whether it may come in. */
export function countedAddress(headers: Headers): Counted {
  return { address: clientAddress(headers, readTrustedProxies()) };
}

/**
 * A route for those who may use the service (ACCESS_MODE). Every route is wrapped in this, except the ones
 * listed with their reason in guard.test.ts.
 */
export function guarded<Args extends unknown[]>(
  handler: (request: Request, counted: Counted, ...args: Args) => Promise<Response>,
): (request: Request, ...args: Args) => Promise<Response> {
  return handled(async (request: Request, ...args: Args) => {
    const { address } = countedAddress(request.headers);
    const { subject }: Caller = await requireAccess(readAccess(), request.headers, address);
    return handler(request, { address, subject }, ...args);
  });
}

/** Who calls a route that guests may use too. */
export type Visitor = Counted & {
  /** Came by an invitation, without the passcode. */
  readonly isGuest: boolean;
};

/** As `guarded`, and open to guests who were invited into a room, in the access mode that admits them. */
export function guardedForGuests<Args extends unknown[]>(
  handler: (request: Request, visitor: Visitor, ...args: Args) => Promise<Response>,
): (request: Request, ...args: Args) => Promise<Response> {
  return handled(async (request: Request, ...args: Args) => {
    const { address } = countedAddress(request.headers);
    const access = readAccess();
    let visitor: Visitor;
    try {
      const { subject } = await requireAccess(access, request.headers, address);
      visitor = { address, subject, isGuest: false };
    } catch (denied) {
      if (!admitsGuests(access) || !(await isGuest(readSettings(), request.headers))) throw denied;
      visitor = { address, isGuest: true };
    }
    return handler(request, visitor, ...args);
  });
}
