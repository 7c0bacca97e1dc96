import { expect, test } from 'vitest';
import {
  ACCESS_COOKIE_TTL_S,
  accessCookie,
  cookieKey,
  hasAccessCookie,
  isPasscode,
} from './passcode.ts';

const settings = { passcode: 'open sesame', key: cookieKey('server secret', 'open sesame') };
const sent = (setCookie: string): Headers =>
  new Headers({ cookie: `theme=dark; ${setCookie.split(';')[0] ?? ''}` });

test('only the very passcode is right, however it is typed in Unicode', () => {
  expect(isPasscode('olé olé olé', 'olé olé olé'.normalize('NFD'))).toBe(true);
  for (const wrong of ['', 'open sesam', 'open sesame ', 'Open sesame']) {
    expect(isPasscode(settings.passcode, wrong)).toBe(false);
  }
});

test('the cookie is out of reach for scripts and for posts from other sites', async () => {
  const cookie = await accessCookie(settings, true);
  expect(cookie).toMatch(/; HttpOnly(;|$)/);
  expect(cookie).toMatch(/; SameSite=Lax(;|$)/);
  expect(cookie).toMatch(/; Secure(;|$)/);
  expect(cookie).toContain(`Max-Age=${ACCESS_COOKIE_TTL_S}`);
  expect(cookie).not.toContain('sesame');
  expect(await accessCookie(settings, false)).not.toContain('Secure');
});

test('a remembered browser is let in until the cookie expires', async () => {
  const cookie = sent(await accessCookie(settings, false, 1_000_000_000));
  expect(await hasAccessCookie(settings, cookie, 1_000_000_000)).toBe(true);
  const lastMs = 1_000_000_000 + ACCESS_COOKIE_TTL_S * 1000;
  expect(await hasAccessCookie(settings, cookie, lastMs - 1000)).toBe(true);
  expect(await hasAccessCookie(settings, cookie, lastMs)).toBe(false);
});

test('a new passcode, another server, an altered or an unsigned cookie: asked again', async () => {
  const cookie = await accessCookie(settings, false);
  const elsewhere = [cookieKey('server secret', 'new word'), cookieKey('other', 'open sesame')];
  for (const key of elsewhere) {
    expect(await hasAccessCookie({ ...settings, key }, sent(cookie))).toBe(false);
  }
  const jwt = /=([^;]+)/.exec(cookie)?.[1] ?? '';
  const [, payload = '', signature = ''] = jwt.split('.');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const forged of [
    jwt.slice(0, -2),
    `${unsigned}.${payload}.`,
    `${unsigned}.${payload}.${signature}`,
    '',
  ]) {
    expect(await hasAccessCookie(settings, sent(`avatar_access=${forged}`))).toBe(false);
  }
  expect(await hasAccessCookie(settings, new Headers())).toBe(false);
});
