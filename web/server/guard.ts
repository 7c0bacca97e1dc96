/** Wraps API routes: who may call, how often, and one shape for every error. */
import { requireAccess, type Caller } from './access.ts';
import { clientAddress } from './peer-address.ts';
import type { Counted } from './request-limits.ts';
import { handled } from './respond.ts';
import { readAccess, readTrustedProxies } from './settings.ts';

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
