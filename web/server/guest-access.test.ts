import { expect, test } from 'vitest';
import { admitsGuests, guestCookie, isGuest } from './guest-access.ts';
import { INVITATION_TTL_S, signInvitation } from './invitation-token.ts';
import { signParticipantToken } from './tokens.ts';

const keys = { apiKey: 'key', apiSecret: 'a-secret-that-is-long-enough-for-hs256' };
const withCookie = (cookie: string): Headers =>
  new Headers({ cookie: `theme=dark; ${cookie.split(';')[0] ?? ''}` });

test('the guest’s cookie lives as long as the invitation, out of reach for scripts, below /api only', async () => {
  const { invitation, expires_at: expiresAtS } = await signInvitation(keys, 'room-1');
  const cookie = guestCookie(invitation, expiresAtS, true);
  expect(cookie).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
  expect(cookie).toContain('; Path=/api;');
  const maxAgeS = Number(/Max-Age=(\d+)/.exec(cookie)?.[1]);
  expect(maxAgeS).toBeGreaterThan(INVITATION_TTL_S - 60);
  expect(maxAgeS).toBeLessThanOrEqual(INVITATION_TTL_S);
  expect(await isGuest(keys, withCookie(cookie))).toBe(true);
});

test('no cookie, an expired invitation, another secret, another token: no guest', async () => {
  expect(await isGuest(keys, new Headers())).toBe(false);
  const long = Date.now() - (INVITATION_TTL_S + 60) * 1000;
  const old = await signInvitation(keys, 'room-1', long);
  const foreign = await signInvitation({ apiSecret: 'another-secret-another-secret-xx' }, 'room-1');
  const seat = { room: 'room-1', participant: 'person-1', avatar: 'ava' };
  const token = await signParticipantToken(keys, seat);
  for (const value of [old.invitation, foreign.invitation, token]) {
    expect(await isGuest(keys, withCookie(`avatar_invitation=${value}`))).toBe(false);
  }
});

test('an invitation stands in for the passcode, never for a key, a sign-in or the machine itself', () => {
  const passcode = { mode: 'passcode', passcode: 'open sesame', key: new Uint8Array(32) } as const;
  expect(admitsGuests(passcode)).toBe(true);
  expect(admitsGuests({ mode: 'open', checkPeer: true })).toBe(false);
  expect(admitsGuests({ mode: 'api-key', keys: [] })).toBe(false);
});
