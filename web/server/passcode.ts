/** Mode `passcode`: one word for everybody, remembered by a signed cookie. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SignJWT, jwtVerify } from 'jose';
import { cookieValue } from './cookies.ts';

/** How long a browser is remembered, seconds. */
export const ACCESS_COOKIE_TTL_S = 7 * 24 * 3600;
/** Shortest passcode the server accepts as a setting. */
export const MIN_PASSCODE_LENGTH = 8;
const COOKIE = 'avatar_access';
const AUDIENCE = 'avatar-access';

/** What signs and checks the cookie. A new passcode is a new key: everyone is asked again. */
export type PasscodeSettings = {
  readonly passcode: string;
  /** 32 bytes, from cookieKey(). */
  readonly key: Uint8Array;
};

/** Key of the cookie's signature, bound to the passcode and to a secret that never leaves the server. */
export function cookieKey(serverSecret: string, passcode: string): Uint8Array {
  return createHmac('sha256', serverSecret).update(`access-cookie\0${passcode}`).digest();
}

/** Whether the passcode is right. Hashes are compared, so that time tells neither length nor content. */
export function isPasscode(expected: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text.normalize()).digest();
  return timingSafeEqual(digest(expected), digest(given));
}

/** A Set-Cookie value. `secure`: the page is served over https. */
export async function accessCookie(
  { key }: PasscodeSettings,
  secure: boolean,
  nowMs = Date.now(),
): Promise<string> {
  const issuedS = Math.floor(nowMs / 1000);
  const jwt = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience(AUDIENCE)
    .setIssuedAt(issuedS)
    .setExpirationTime(issuedS + ACCESS_COOKIE_TTL_S)
    .sign(key);
  const attributes = ['Path=/', `Max-Age=${ACCESS_COOKIE_TTL_S}`, 'HttpOnly', 'SameSite=Lax'];
  // Lax, not Strict: an invitation opened from a message must find the cookie. Posts from elsewhere do not get it.
  return [`${COOKIE}=${jwt}`, ...attributes, ...(secure ? ['Secure'] : [])].join('; ');
}

/** Whether a request carries a cookie of ours that has not expired. */
export async function hasAccessCookie(
  { key }: PasscodeSettings,
  headers: Headers,
  nowMs = Date.now(),
): Promise<boolean> {
  const jwt = cookieValue(headers.get('cookie') ?? '', COOKIE);
  if (jwt === undefined) return false;
  try {
    await jwtVerify(jwt, key, {
      audience: AUDIENCE,
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    });
    return true;
  } catch {
    return false;
  }
}
