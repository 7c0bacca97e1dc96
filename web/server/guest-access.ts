/**
 * Guests in mode `passcode`: who opened an invitation may see the avatars to pick one, and join that room. A cookie
 * says so to the pictures of the gallery, which cannot send anything else; the token stays out of every address.
 */
import type { Access } from './access-settings.ts';
import { cookieValue } from './cookies.ts';
import { verifyInvitation } from './invitation-token.ts';
import type { Settings } from './settings.ts';

const COOKIE = 'avatar_invitation';

/** A Set-Cookie value that keeps an invitation of ours as long as it is valid. `secure`: the page is served over https. */
export function guestCookie(
  invitation: string,
  expiresAtS: number,
  secure: boolean,
  nowMs = Date.now(),
): string {
  const maxAgeS = Math.max(0, expiresAtS - Math.floor(nowMs / 1000));
  const attributes = ['Path=/api', `Max-Age=${maxAgeS}`, 'HttpOnly', 'SameSite=Lax'];
  return [`${COOKIE}=${invitation}`, ...attributes, ...(secure ? ['Secure'] : [])].join('; ');
}

/** Whether an invitation stands in for access: never where a proxy, an API key or the machine itself decides. */
export function admitsGuests({ mode }: Access): boolean {
  return mode === 'passcode';
}

/** Whether a request comes from a guest with an invitation that has not expired. */
export async function isGuest(
  settings: Pick<Settings, 'apiSecret'>,
  headers: Headers,
): Promise<boolean> {
  const invitation = cookieValue(headers.get('cookie') ?? '', COOKIE);
  if (invitation === undefined) return false;
  return verifyInvitation(settings, invitation).then(
    () => true,
    () => false,
  );
}
