import { SignJWT, decodeJwt, jwtVerify } from 'jose';
import { TokenVerifier } from 'livekit-server-sdk';
import { expect, test } from 'vitest';
import { INVITATION_TTL_S, signInvitation, verifyInvitation } from './invitation-token.ts';
import { signDispatchClaims, signParticipantToken, verifyParticipantToken } from './tokens.ts';

const keys = { apiKey: 'key', apiSecret: 'a-secret-that-is-long-enough-for-hs256' };
const seat = { room: 'room-1', participant: 'person-1', avatar: 'ava' };
const secret = new TextEncoder().encode(keys.apiSecret);
const nowS = (): number => Math.floor(Date.now() / 1000);

test('an invitation is for one room and for a day at most', async () => {
  const { invitation, expires_at: expiresAtS } = await signInvitation(keys, 'room-1');
  expect(INVITATION_TTL_S).toBeLessThanOrEqual(24 * 3600);
  expect(expiresAtS - nowS()).toBeLessThanOrEqual(INVITATION_TTL_S);
  expect(await verifyInvitation(keys, invitation)).toEqual({ room: 'room-1', expiresAtS });
  expect(Object.keys(decodeJwt(invitation)).sort()).toEqual(['aud', 'exp', 'iat', 'room']);
});

test('an invitation is neither a participant token nor dispatch claims', async () => {
  const { invitation } = await signInvitation(keys, 'room-1');
  await expect(verifyParticipantToken(keys, invitation)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
  // What LiveKit itself checks: issuer and signature.
  const livekit = new TokenVerifier(keys.apiKey, keys.apiSecret);
  await expect(livekit.verify(invitation)).rejects.toThrow(/iss/);
  await expect(jwtVerify(invitation, secret, { audience: 'avatar-dispatch' })).rejects.toThrow();
});

const expired = async (): Promise<string> =>
  (await signInvitation(keys, 'room-1', Date.now() - (INVITATION_TTL_S + 60) * 1000)).invitation;
const foreign = async (): Promise<string> =>
  (await signInvitation({ apiSecret: 'another-secret-another-secret-xx' }, 'room-1')).invitation;
const endless = (): Promise<string> =>
  new SignJWT({ room: 'room-1', aud: 'avatar-invitation' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(secret);
const cut = async (): Promise<string> =>
  (await signInvitation(keys, 'room-1')).invitation.slice(0, -5);

test.each([
  ['expired', expired, /expired/],
  ['foreign', foreign, /not from this service/],
  ['without an end', endless, /not from this service/],
  ['cut off while copying', cut, /incomplete/],
  ['a participant token', () => signParticipantToken(keys, seat), /not from this service/],
  ['dispatch claims', () => signDispatchClaims(keys, seat), /not from this service/],
  ['garbage', () => Promise.resolve('hello'), /incomplete/],
])('an invitation that is %s is refused with what to do', async (_name, make, message) => {
  await expect(verifyInvitation(keys, await make())).rejects.toMatchObject({
    code: 'INVITATION_INVALID',
    message: expect.stringMatching(message),
  });
});
