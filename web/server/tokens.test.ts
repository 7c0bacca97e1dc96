import { dispatchClaimsSchema } from '@live-avatar/agent/contract';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import { AccessToken } from 'livekit-server-sdk';
import { expect, test } from 'vitest';
import {
  DISPATCH_TOKEN_TTL_S,
  PARTICIPANT_TOKEN_TTL_S,
  signDispatchClaims,
  signParticipantToken,
  verifyParticipantToken,
} from './tokens.ts';

const keys = { apiKey: 'key', apiSecret: 'a-secret-that-is-long-enough-for-hs256' };
const seat = { room: 'room-1', participant: 'person-1', avatar: 'ava' };
const secret = new TextEncoder().encode(keys.apiSecret);

test('a participant may enter one room with a microphone, and nothing else', async () => {
  const claims = decodeJwt(await signParticipantToken(keys, seat, 'Sam'));
  expect(claims['video']).toEqual({
    roomJoin: true,
    room: 'room-1',
    canPublish: true,
    canPublishSources: ['microphone'],
    canSubscribe: true,
    canPublishData: true,
    canUpdateOwnMetadata: false,
  });
  expect(claims).toMatchObject({ sub: 'person-1', iss: 'key', name: 'Sam' });
  expect(Object.keys(claims)).not.toContain('roomConfig');
});

test('a participant token lives at most 15 minutes', async () => {
  const { exp, nbf } = decodeJwt(await signParticipantToken(keys, seat));
  expect(PARTICIPANT_TOKEN_TTL_S).toBeLessThanOrEqual(900);
  expect(exp! - nbf!).toBe(PARTICIPANT_TOKEN_TTL_S);
});

test('our own token tells the seat again', async () => {
  expect(await verifyParticipantToken(keys, await signParticipantToken(keys, seat))).toEqual(seat);
});

const foreign = async (): Promise<string> =>
  signParticipantToken({ ...keys, apiSecret: 'another-secret-another-secret-xx' }, seat);
const expired = async (): Promise<string> =>
  new SignJWT({ video: { roomJoin: true, room: 'room-1' }, metadata: '{"avatar":"ava"}' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('key')
    .setSubject('person-1')
    .setExpirationTime(Math.floor(Date.now() / 1000) - 60)
    .sign(secret);
const admin = async (): Promise<string> => {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, { identity: 'admin' });
  token.addGrant({ roomAdmin: true, room: 'room-1' });
  return token.toJwt();
};
test.each([
  ['foreign', foreign],
  ['expired', expired],
  ['without a seat', admin],
  ['garbage', () => Promise.resolve('not.a.token')],
])('a token that is %s is refused', async (_name, make) => {
  await expect(verifyParticipantToken(keys, await make())).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
});

test('dispatch claims fit the contract, are signed with the API secret and expire in two minutes', async () => {
  const jwt = await signDispatchClaims(keys, seat);
  const { payload } = await jwtVerify(jwt, secret, { audience: 'avatar-dispatch' });
  const claims = dispatchClaimsSchema.parse(payload);
  expect(claims).toMatchObject(seat);
  expect(claims.exp - payload.iat!).toBe(DISPATCH_TOKEN_TTL_S);
  await expect(jwtVerify(jwt, new TextEncoder().encode('wrong'))).rejects.toThrow();
});

test('a participant token cannot be used as dispatch claims', async () => {
  const token = await signParticipantToken(keys, seat);
  await expect(jwtVerify(token, secret, { audience: 'avatar-dispatch' })).rejects.toThrow(/aud/);
});
