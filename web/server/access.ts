/** Decides whether a request may use the API, and as whom. One function for every route and for the page itself. */
import { AvatarError } from '@live-avatar/agent/errors';
import { createHash } from 'node:crypto';
import type { Access } from './access-settings.ts';
import { isLoopbackAddress, isLoopbackHost } from './address-set.ts';
import { bearerToken, findApiKey } from './api-keys.ts';
import { hasAccessCookie, isPasscode } from './passcode.ts';
import { forwardedHops, peerAddress } from './peer-address.ts';
import { FAILED_ACCESS_LIMITS, takeOrRefuse, type Limits } from './request-limits.ts';
import { HttpError } from './respond.ts';

/** Who a request comes from, for rate limits only: key, user or nobody in particular. Never shown, never logged. */
export type Caller = { readonly subject: string | undefined };

const ANYBODY: Caller = { subject: undefined };

const denied = (
  message: string,
  { status = 401, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): HttpError => new HttpError(new AvatarError('ACCESS_DENIED', message), { status, headers });

/**
 * Let a request in. `address`: the client's, for counting wrong keys.
 * @throws HttpError ACCESS_DENIED: 401 without or with wrong credentials, 403 from where nobody may come; 429 RATE_LIMITED.
 */
export async function requireAccess(
  access: Access,
  headers: Headers,
  address: string,
  limits: Limits = FAILED_ACCESS_LIMITS,
): Promise<Caller> {
  switch (access.mode) {
    case 'open':
      requireOwnMachine(headers, access.checkPeer);
      return ANYBODY;
    case 'passcode':
      if (await hasAccessCookie(access, headers)) return ANYBODY;
      throw denied('This service asks for a passcode. Reload the page and enter it.');
    case 'api-key':
      return requireApiKey(access, headers, address, limits);
    case 'proxy':
      return requireProxyUser(access, headers);
  }
}

/**
 * Compare a passcode that somebody typed. Wrong ones are counted, right ones are not.
 * @throws HttpError ACCESS_DENIED (401) when wrong, RATE_LIMITED (429) when too many were.
 */
export function checkPasscode(
  access: Extract<Access, { mode: 'passcode' }>,
  given: string,
  address: string,
  limits: Limits = FAILED_ACCESS_LIMITS,
): void {
  const giveBack = takeOrRefuse(limits, { address });
  if (!isPasscode(access.passcode, given)) throw denied('This passcode is wrong.');
  giveBack();
}

/**
 * Only this machine: the connection, every hop it names, and the name it was opened with. The name stops pages of
 * other sites that point their own name at 127.0.0.1, and tunnels nobody thought of.
 */
function requireOwnMachine(headers: Headers, checkPeer: boolean): void {
  const peer = peerAddress(headers);
  const isOwn = (hop: string): boolean => isLoopbackAddress(hop) || (!checkPeer && hop === peer);
  const host = headers.get('x-forwarded-host') ?? headers.get('host') ?? '';
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (
    (checkPeer && (peer === undefined || !isLoopbackAddress(peer))) ||
    !forwardedHops(headers).every(isOwn) ||
    !isLoopbackHost(url?.hostname ?? '')
  ) {
    throw denied(
      'This service is open to its own machine only (ACCESS_MODE=open). Open it as http://localhost, or set ACCESS_MODE=passcode.',
      { status: 403 },
    );
  }
}

function requireApiKey(
  { keys }: Extract<Access, { mode: 'api-key' }>,
  headers: Headers,
  address: string,
  limits: Limits,
): Caller {
  const challenge = { headers: { 'WWW-Authenticate': 'Bearer' } };
  const presented = bearerToken(headers);
  if (presented === undefined) {
    throw denied('Send an API key: Authorization: Bearer ….', challenge);
  }
  const giveBack = takeOrRefuse(limits, { address });
  const key = findApiKey(keys, presented);
  if (key === undefined) throw denied('This API key is not known here.', challenge);
  giveBack();
  return { subject: `key:${key.name}` };
}

function requireProxyUser(
  { userHeader, trusted }: Extract<Access, { mode: 'proxy' }>,
  headers: Headers,
): Caller {
  const peer = peerAddress(headers);
  if (peer === undefined || !trusted.has(peer)) {
    throw denied(
      'This service is reached through its sign-in proxy only. Open its public address (operators: TRUSTED_PROXIES).',
      { status: 403 },
    );
  }
  const user = headers.get(userHeader)?.trim() ?? '';
  if (user === '') {
    throw denied('The sign-in proxy named no user. Sign in again (operators: ACCESS_USER_HEADER).');
  }
  // A hash: the limiter's memory needs no names.
  return { subject: `user:${createHash('sha256').update(user).digest('base64url')}` };
}
