import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { accessCookie } from './passcode.ts';
import { pageAccess } from './page-access.ts';
import { notePeerAddresses } from './peer-address.ts';
import { readAccess } from './settings.ts';

beforeAll(() => notePeerAddresses());
afterEach(() => vi.unstubAllEnvs());
const visitor = (sent: Record<string, string> = {}): Headers =>
  new Headers({ host: 'avatars.example.org', 'x-live-avatar-peer': '203.0.113.9', ...sent });

test('a visitor sees the passcode field until the cookie is there', async () => {
  vi.stubEnv('ACCESS_MODE', 'passcode');
  vi.stubEnv('ACCESS_PASSCODE', 'open sesame');
  vi.stubEnv('LIVEKIT_API_SECRET', 'secret');
  expect(await pageAccess(visitor())).toEqual({ kind: 'passcode' });
  const access = readAccess();
  if (access.mode !== 'passcode') throw new Error('wrong mode');
  const cookie = await accessCookie(access, false);
  expect(await pageAccess(visitor({ cookie }))).toEqual({ kind: 'granted' });
});

test('a visitor who cannot help it is told what the operator must do', async () => {
  vi.stubEnv('ACCESS_MODE', 'proxy');
  vi.stubEnv('TRUSTED_PROXIES', '10.0.0.0/8');
  expect(await pageAccess(visitor())).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('TRUSTED_PROXIES') as string,
  });
  vi.stubEnv('ACCESS_MODE', 'open');
  expect(await pageAccess(visitor())).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('ACCESS_MODE=passcode') as string,
  });
});
