import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { DISPATCH_AUDIENCE } from '../api/contract.ts';
import { AvatarError } from '../errors.ts';
import { readAcceptedClaims, verifyDispatch } from './dispatch-claims.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';

function sign(claims: Record<string, unknown>, secret = SECRET, expires = '1m', alg = 'HS256') {
  const all = { aud: DISPATCH_AUDIENCE, room: 'r1', participant: 'p1', avatar: 'ava', ...claims };
  return new SignJWT(all)
    .setProtectedHeader({ alg })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));
}

async function refusal(metadata: string, room = 'r1'): Promise<string> {
  const error: unknown = await verifyDispatch(metadata, room, SECRET).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(AvatarError);
  expect((error as AvatarError).code).toBe('UNAUTHORIZED');
  return (error as AvatarError).message;
}

describe('dispatch metadata', () => {
  it('is accepted when signed by us for this room', async () => {
    const claims = await verifyDispatch(await sign({}), 'r1', SECRET);
    expect(claims).toMatchObject({ room: 'r1', participant: 'p1', avatar: 'ava' });
  });

  it('is refused with the reason otherwise', async () => {
    expect(await refusal('')).toContain('no signed metadata');
    expect(await refusal('{"avatar":"ava"}')).toContain('not a signed token');
    expect(await refusal(await sign({}, SECRET, '-1m'))).toContain('expired');
    expect(await refusal(await sign({}, `${SECRET}x`))).toContain('another secret');
    expect(await refusal(await sign({}), 'r2')).toContain('signed for room "r1"');
    expect(await refusal(await sign({ aud: 'other' }))).toContain('"aud"');
    expect(await refusal(await sign({ avatar: '../x' }))).toContain('incomplete');
    expect(await refusal(await sign({}, SECRET, '1m', 'HS512'))).toContain('not a signed token');
  });

  it('is refused without an expiry', async () => {
    const forever = await new SignJWT({ aud: DISPATCH_AUDIENCE, room: 'r1' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    expect(await refusal(forever)).toContain('"exp"');
  });

  it('can be read by the accepted job even after it expired', async () => {
    expect(readAcceptedClaims(await sign({}, SECRET, '-1m')).participant).toBe('p1');
  });
});
