import { expect, test } from 'vitest';
import {
  exposureProblem,
  parseAccess,
  parseTrustedProxies,
  type AccessEnvironment,
} from './access-settings.ts';

const unset: AccessEnvironment = {
  mode: undefined,
  passcode: undefined,
  apiKeys: undefined,
  userHeader: undefined,
  trustedProxies: undefined,
  publicUrl: undefined,
  publishedAddress: undefined,
  listenAddress: '127.0.0.1',
  serverSecret: 'server secret',
};
const key = `shop:${'0a'.repeat(32)}`;

test('nothing set: open, for connections of this machine', () => {
  expect(parseAccess(unset)).toEqual({ mode: 'open', checkPeer: true });
  expect(parseAccess({ ...unset, publishedAddress: '127.0.0.1' })).toEqual({
    mode: 'open',
    checkPeer: false,
  });
  expect(exposureProblem(unset)).toBeUndefined();
});

test.each([
  ['all addresses', { listenAddress: '0.0.0.0' }, /listens on 0\.0\.0\.0/],
  ['one address of the network', { listenAddress: '192.168.1.5' }, /listens on 192\.168\.1\.5/],
  ['IPv6 for all', { listenAddress: '::' }, /listens on ::/],
  ['no address, which is all', { listenAddress: undefined }, /listens on 0\.0\.0\.0/],
  ['a name', { listenAddress: 'f3a9c1' }, /listens on f3a9c1/],
  ['a published port', { publishedAddress: '0.0.0.0' }, /listens on 0\.0\.0\.0 \(BIND_ADDRESS\)/],
  ['a public name', { publicUrl: 'https://avatars.example.org' }, /PUBLIC_URL is https:/],
])('open is refused on %s, with the cure', (_name, change, pattern) => {
  const problem = exposureProblem({ ...unset, ...change });
  expect(problem).toMatch(pattern);
  expect(problem).toMatch(/Set ACCESS_MODE=passcode and ACCESS_PASSCODE/);
  expect(exposureProblem({ ...unset, ...change, mode: 'passcode' })).toBeUndefined();
});

test('open is fine in a container that publishes its port on loopback', () => {
  const container = { ...unset, listenAddress: '0.0.0.0', publishedAddress: '127.0.0.1' };
  expect(exposureProblem(container)).toBeUndefined();
  expect(exposureProblem({ ...container, publicUrl: 'http://localhost:3000' })).toBeUndefined();
});

test.each([
  [{ mode: 'opne' }, /ACCESS_MODE is "opne"; it must be one of open, passcode, api-key, proxy/],
  [{ mode: 'passcode' }, /ACCESS_PASSCODE .* at least 8 characters, got none/],
  [{ mode: 'passcode', passcode: '1234567' }, /at least 8 characters, got 7/],
  [{ mode: 'passcode', passcode: 'long enough', serverSecret: undefined }, /LIVEKIT_API_SECRET/],
  [{ mode: 'api-key' }, /ACCESS_API_KEYS.*tools\/new-api-key\.mjs/],
  [{ mode: 'api-key', apiKeys: 'shop:short' }, /entry 1 is not name:sha256/],
  [{ mode: 'proxy' }, /needs TRUSTED_PROXIES/],
  [{ mode: 'proxy', trustedProxies: '10.0.0.0/40' }, /TRUSTED_PROXIES: "10\.0\.0\.0\/40"/],
  [{ mode: 'proxy', trustedProxies: '::1', userHeader: 'x user' }, /ACCESS_USER_HEADER/],
])('a wrong setting is named with its cure: %o', (change, pattern) => {
  expect(() => parseAccess({ ...unset, ...change })).toThrow(pattern);
});

test('a passcode that is too short is not repeated in the error', () => {
  const read = (): unknown => parseAccess({ ...unset, mode: 'passcode', passcode: 'hunter2' });
  expect(read).toThrow(/got 7/);
  expect(read).not.toThrow(/hunter2/);
});

test('each mode reads its own settings', () => {
  const passcode = parseAccess({ ...unset, mode: 'passcode', passcode: 'long enough' });
  expect(passcode).toMatchObject({ mode: 'passcode', passcode: 'long enough' });
  expect(parseAccess({ ...unset, mode: 'api-key', apiKeys: key })).toMatchObject({
    keys: [{ name: 'shop' }],
  });
  const proxy = parseAccess({ ...unset, mode: 'proxy', trustedProxies: '10.0.0.0/8' });
  expect(proxy).toMatchObject({ userHeader: 'x-forwarded-user' });
});

test('no proxy is trusted unless it is named', () => {
  expect(parseTrustedProxies(undefined).has('127.0.0.1')).toBe(false);
  expect(parseTrustedProxies('127.0.0.1').has('127.0.0.1')).toBe(true);
});
