import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { POST as enter } from '../app/api/access/route.ts';
import { GET as listAvatars } from '../app/api/avatars/route.ts';
import { POST as openInvitation } from '../app/api/invitations/open/route.ts';
import { POST as openSessionRoute } from '../app/api/sessions/route.ts';
import { GET as status } from '../app/api/status/route.ts';
import { signInvitation } from './invitation-token.ts';
import { notePeerAddresses } from './peer-address.ts';

const WEB = join(import.meta.dirname, '..');
const API = join(WEB, 'app/api');
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) =>
    path.replaceAll('\\', '/'),
  );

/** Routes that ask for no access, each with its reason. */
const UNGUARDED: Record<string, string> = {
  'health/route.ts': 'tells a load balancer only that the process runs',
  'access/route.ts': 'is where access is asked for; wrong passcodes are limited',
  'sessions/redispatch/route.ts': 'authorised by the participant’s own token',
  'livekit-webhook/route.ts': 'believes only what LiveKit has signed; whoever fails is limited',
  'recording/route.ts': 'authorised by the participant’s own token and presence in the room',
  'sessions/renew/route.ts': 'authorised by the participant’s own token',
  'invitations/route.ts': 'authorised by the participant’s own token',
  'invitations/open/route.ts': 'is where guests come in; in every mode but passcode it asks first',
  '[...path]/route.ts': 'only says 404',
};

type Route = Record<string, (request: Request, context: unknown) => Promise<Response>>;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const routes = filesBelow(API).filter((path) => path.endsWith('/route.ts'));

const key = `ak_${'A'.repeat(43)}`;
const hash = createHash('sha256').update(key).digest('hex');
const settings: Record<string, Record<string, string>> = {
  open: { ACCESS_MODE: 'open' },
  passcode: { ACCESS_MODE: 'passcode', ACCESS_PASSCODE: 'open sesame' },
  'api-key': { ACCESS_MODE: 'api-key', ACCESS_API_KEYS: `shop:${hash}` },
  proxy: { ACCESS_MODE: 'proxy', TRUSTED_PROXIES: '10.0.0.0/8' },
};
const ask = (method: string, sent: Record<string, string> = {}, body?: string): Request =>
  new Request('http://avatars.example.org/api', {
    method,
    headers: {
      host: 'avatars.example.org',
      'x-live-avatar-peer': '203.0.113.9',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...sent,
    },
    ...(body === undefined ? {} : { body }),
  });

beforeAll(() => notePeerAddresses());
beforeEach(() => {
  vi.stubEnv('LIVEKIT_API_KEY', 'key');
  vi.stubEnv('LIVEKIT_API_SECRET', 'a-secret-that-is-long-enough-for-hs256');
  // Nothing listens there: whoever is let in gets AGENT_UNAVAILABLE, a 503.
  vi.stubEnv('AGENT_URL', 'http://127.0.0.1:1');
});
afterEach(() => vi.unstubAllEnvs());
const use = (mode: string): void => {
  for (const [name, value] of Object.entries(settings[mode] ?? {})) vi.stubEnv(name, value);
};

test('every route is known here, and the list of exceptions holds no route that is gone', () => {
  expect(routes.length).toBeGreaterThan(5);
  expect(Object.keys(UNGUARDED).filter((path) => !routes.includes(path))).toEqual([]);
});

describe.each(Object.keys(settings))('ACCESS_MODE=%s', (mode) => {
  test.each(routes.filter((path) => !(path in UNGUARDED)))(
    'a stranger gets nothing from %s',
    async (path) => {
      use(mode);
      const route = (await import(join(API, path))) as Route;
      for (const method of METHODS) {
        const answer = await route[method]?.(ask(method), {
          params: Promise.resolve({ id: 'ava' }),
        });
        if (answer === undefined || answer.status === 405) continue;
        expect([401, 403]).toContain(answer.status);
        expect(await answer.json()).toMatchObject({ error: { code: 'ACCESS_DENIED' } });
      }
    },
  );
});

const body = JSON.stringify({ avatar: 'ava' });
test('the passcode opens the door by the cookie it earns', async () => {
  use('passcode');
  const wrong = await enter(ask('POST', {}, JSON.stringify({ passcode: 'open sesamo' })));
  expect([wrong.status, wrong.headers.has('set-cookie')]).toEqual([401, false]);
  const right = await enter(ask('POST', {}, JSON.stringify({ passcode: 'open sesame' })));
  expect(right.status).toBe(200);
  const cookie = right.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect((await openSessionRoute(ask('POST', { cookie }, body))).status).toBe(503);
});

test('an API key and a signed-in user open the door', async () => {
  use('api-key');
  const bearer = { authorization: `Bearer ${key}` };
  expect((await openSessionRoute(ask('POST', bearer, body))).status).toBe(503);
  use('proxy');
  const user = { 'x-live-avatar-peer': '10.0.0.2', 'x-forwarded-user': 'sam' };
  expect((await openSessionRoute(ask('POST', user, body))).status).toBe(503);
});

describe('guests', () => {
  const guest = async (): Promise<{ cookie: string; invitation: string }> => {
    const apiSecret = 'a-secret-that-is-long-enough-for-hs256';
    const { invitation } = await signInvitation({ apiSecret }, 'room-1');
    return { cookie: `avatar_invitation=${invitation}`, invitation };
  };

  test('see the avatars and may ask for the room they were invited to, without the passcode', async () => {
    use('passcode');
    const { cookie, invitation } = await guest();
    expect((await listAvatars(ask('GET', { cookie }))).status).toBe(503);
    const invited = JSON.stringify({ avatar: 'ava', invitation });
    const answer = await openSessionRoute(ask('POST', { cookie }, invited));
    // Let in as far as LiveKit, at which nothing listens.
    expect(await answer.json()).toMatchObject({ error: { code: 'LIVEKIT_UNAVAILABLE' } });
  });

  test('get no room of their own and nothing else', async () => {
    use('passcode');
    const { cookie } = await guest();
    const answer = await openSessionRoute(ask('POST', { cookie }, body));
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: 'ACCESS_DENIED' } });
    expect((await status(ask('GET', { cookie }))).status).toBe(401);
  });

  test.each(['open', 'api-key', 'proxy'])(
    'have no way in by an invitation alone with ACCESS_MODE=%s',
    async (mode) => {
      use(mode);
      const { cookie, invitation } = await guest();
      const invited = JSON.stringify({ avatar: 'ava', invitation });
      for (const answer of [
        await listAvatars(ask('GET', { cookie })),
        await openSessionRoute(ask('POST', { cookie }, invited)),
        await openInvitation(ask('POST', {}, JSON.stringify({ invitation }))),
      ]) {
        expect([401, 403]).toContain(answer.status);
      }
    },
  );
});

test('a form of another site cannot post: only JSON is read', async () => {
  use('passcode');
  const form = { 'content-type': 'text/plain' };
  expect((await enter(ask('POST', form, '{"passcode":"open sesame"}'))).status).toBe(415);
});

test('nobody but settings.ts and the framework’s own files reads the environment', () => {
  const files = ['server', 'app', 'hooks', 'components']
    .flatMap((folder) => filesBelow(join(WEB, folder)).map((path) => join(WEB, folder, path)))
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.ts$|settings\.ts$/.test(path));
  const readers = files.filter((path) => readFileSync(path, 'utf8').includes('process.env'));
  expect(files.length).toBeGreaterThan(50);
  expect(readers).toEqual([]);
});
