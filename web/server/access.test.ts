import { beforeAll, expect, test } from 'vitest';
import { checkPasscode, requireAccess } from './access.ts';
import type { Access } from './access-settings.ts';
import { AddressSet } from './address-set.ts';
import { parseApiKeys } from './api-keys.ts';
import { accessCookie, cookieKey } from './passcode.ts';
import { notePeerAddresses } from './peer-address.ts';
import { RateLimiter } from './rate-limiter.ts';
import { createHash } from 'node:crypto';

beforeAll(() => notePeerAddresses());

const limits = () => ({
  perAddress: new RateLimiter({ burst: 2, perSecond: 0.1 }),
  inAll: new RateLimiter({ burst: 50, perSecond: 1 }),
});
/** Headers as a handler sees them: the server itself wrote the peer and, when absent, X-Forwarded-For. */
const from = (peer: string, sent: Record<string, string> = {}): Headers =>
  new Headers({
    host: 'localhost:3000',
    'x-forwarded-for': peer,
    ...sent,
    'x-live-avatar-peer': peer,
  });
const statusOf = async (access: Access, headers: Headers, some = limits()): Promise<number> => {
  try {
    await requireAccess(access, headers, headers.get('x-live-avatar-peer') ?? '', some);
    return 200;
  } catch (thrown) {
    return (thrown as { status: number }).status;
  }
};

const open: Access = { mode: 'open', checkPeer: true };

test('open lets this machine in under its own names', async () => {
  for (const host of ['localhost:3000', '127.0.0.1:3000', '[::1]:3000']) {
    expect(await statusOf(open, from('127.0.0.1', { host }))).toBe(200);
  }
});

test.each([
  ['a connection from elsewhere', from('192.168.1.9')],
  ['a name that somebody points at this machine', from('127.0.0.1', { host: 'evil.example.org' })],
  ['a proxy on this machine', from('127.0.0.1', { 'x-forwarded-for': '203.0.113.9' })],
  ['a tunnel', from('127.0.0.1', { 'x-forwarded-host': 'tunnel.example.org' })],
  ['no host', from('127.0.0.1', { host: '' })],
])('open refuses %s', async (_name, headers) => {
  expect(await statusOf(open, headers)).toBe(403);
});

test('open in a container hears the container’s gateway, and no further hop', async () => {
  const container: Access = { mode: 'open', checkPeer: false };
  expect(await statusOf(container, from('172.18.0.1'))).toBe(200);
  const hop = { 'x-forwarded-for': '203.0.113.9' };
  expect(await statusOf(container, from('172.18.0.1', hop))).toBe(403);
  expect(await statusOf(container, from('172.18.0.1', { host: 'example.org' }))).toBe(403);
});

const passcode = {
  mode: 'passcode' as const,
  passcode: 'open sesame',
  key: cookieKey('secret', 'open sesame'),
};

test('passcode: a browser that knows it is remembered, others are asked', async () => {
  expect(await statusOf(passcode, from('203.0.113.9'))).toBe(401);
  const cookie = (await accessCookie(passcode, false)).split(';')[0] ?? '';
  expect(await statusOf(passcode, from('203.0.113.9', { cookie }))).toBe(200);
});

test('passcode: wrong guesses run out, by address; right ones are never counted', () => {
  const some = limits();
  const guess = (word: string, address: string) => () =>
    checkPasscode(passcode, word, address, some);
  for (let tries = 0; tries < 5; tries += 1) guess('open sesame', '192.0.2.1')();
  expect(guess('wrong', '192.0.2.1')).toThrow(/wrong/);
  expect(guess('wrong', '192.0.2.1')).toThrow(/wrong/);
  expect(guess('open sesame', '192.0.2.1')).toThrow(/Too many requests/);
  expect(guess('open sesame', '192.0.2.2')).not.toThrow();
});

const good = `ak_${'A'.repeat(43)}`;
const keys = parseApiKeys(`shop:${createHash('sha256').update(good).digest('hex')}`);
const apiKey: Access = { mode: 'api-key', keys };
const bearer = (key: string): Headers => from('203.0.113.9', { authorization: `Bearer ${key}` });

test('api-key: the key names the caller; none, a wrong one or a cookie does not', async () => {
  expect(await requireAccess(apiKey, bearer(good), '203.0.113.9', limits())).toEqual({
    subject: 'key:shop',
  });
  expect(await statusOf(apiKey, from('203.0.113.9'))).toBe(401);
  const cookie = await accessCookie(passcode, false);
  expect(await statusOf(apiKey, from('203.0.113.9', { cookie }))).toBe(401);
});

test('api-key: guessing is stopped after a few keys', async () => {
  const some = limits();
  const wrong = bearer(`ak_${'B'.repeat(43)}`);
  expect([
    await statusOf(apiKey, wrong, some),
    await statusOf(apiKey, wrong, some),
    await statusOf(apiKey, wrong, some),
  ]).toEqual([401, 401, 429]);
});

const proxy: Access = {
  mode: 'proxy',
  userHeader: 'x-forwarded-user',
  trusted: AddressSet.parse('10.0.0.0/8'),
};

test('proxy: the user’s header counts from the proxy and from nobody else', async () => {
  const user = { 'x-forwarded-user': 'sam@example.org' };
  const caller = await requireAccess(proxy, from('10.0.0.2', user), '203.0.113.9');
  expect(caller.subject).toMatch(/^user:/);
  expect(caller.subject).not.toContain('sam');
  expect(await statusOf(proxy, from('203.0.113.9', user))).toBe(403);
  const claims = { ...user, 'x-forwarded-for': '10.0.0.2' };
  expect(await statusOf(proxy, from('203.0.113.9', claims))).toBe(403);
  expect(await statusOf(proxy, from('10.0.0.2'))).toBe(401);
  expect(await statusOf(proxy, from('10.0.0.2', { 'x-forwarded-user': ' ' }))).toBe(401);
});
