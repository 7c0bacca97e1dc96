import { createHash, randomUUID } from 'node:crypto';
import { AccessToken } from 'livekit-server-sdk';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { POST } from '../app/api/livekit-webhook/route.ts';
import { MAX_EVENT_BYTES } from './livekit-webhook.ts';
import { renderMetrics } from './metrics.ts';
import { notePeerAddresses } from './peer-address.ts';

const KEY = 'key';
const SECRET = 'a-secret-that-is-long-enough-for-hs256';
const NOW_S = Math.floor(Date.now() / 1000);

beforeAll(() => notePeerAddresses());
beforeEach(() => {
  vi.stubEnv('LIVEKIT_API_KEY', KEY);
  vi.stubEnv('LIVEKIT_API_SECRET', SECRET);
  // LiveKit's own access is its signature, whoever else may come in.
  vi.stubEnv('ACCESS_MODE', 'passcode');
  vi.stubEnv('ACCESS_PASSCODE', 'open sesame');
});
afterEach(() => vi.unstubAllEnvs());

/** An event as livekit-server writes it (protojson). */
const eventOf = (fields: Record<string, unknown> = {}): string =>
  JSON.stringify({
    event: 'participant_joined',
    room: { sid: 'RM_x', name: 'room-1' },
    participant: { sid: 'PA_x', identity: 'person-1', state: 'ACTIVE' },
    id: `EV_${randomUUID()}`,
    createdAt: String(NOW_S),
    ...fields,
  });
/** What livekit-server puts into the header: a token over the hash of the body. */
const sign = (body: string, secret = SECRET, key = KEY): Promise<string> => {
  const token = new AccessToken(key, secret, { ttl: 300 });
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return token.toJwt();
};
const post = async (
  body: string,
  authorization: string | null,
  address = '203.0.113.9',
): Promise<{ status: number; code?: string; headers: Headers }> => {
  const answer = await POST(
    new Request('http://avatars.example.org/api/livekit-webhook', {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/webhook+json',
        'x-live-avatar-peer': address,
        ...(authorization === null ? {} : { authorization }),
      },
    }),
  );
  const { error } = (await answer.json()) as { error?: { code: string } };
  return {
    status: answer.status,
    headers: answer.headers,
    ...(error === undefined ? {} : { code: error.code }),
  };
};
const countOf = async (series: string): Promise<number> => {
  const { text } = await renderMetrics();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.split(' ')[1] ?? 0);
};
const events = (name: string): Promise<number> =>
  countOf(`avatar_webhook_events_total{event="${name}"}`);
const refused = (reason: string): Promise<number> =>
  countOf(`avatar_webhook_refused_total{reason="${reason}"}`);

test('an event that LiveKit signed is believed in every access mode, and counted by name', async () => {
  const before = await events('participant_joined');
  const body = eventOf();
  expect(await post(body, await sign(body))).toMatchObject({ status: 200 });
  expect(await events('participant_joined')).toBe(before + 1);
  const { text } = await renderMetrics();
  expect(text).not.toMatch(/person-1|room-1|RM_x|EV_/);
});

test.each<[string, (body: string) => Promise<string | null>]>([
  ['without a signature', () => Promise.resolve(null)],
  ['with something else for a signature', () => Promise.resolve('Bearer ak_nothing')],
  ['signed with another secret', (body) => sign(body, 'another-secret-that-is-long-enough')],
  ['signed with a key of another name', (body) => sign(body, SECRET, 'other')],
  ['altered after it was signed', (body) => sign(`${body} `)],
  ['with a participant’s token', () => new AccessToken(KEY, SECRET, { identity: 'x' }).toJwt()],
])('an event %s is refused', async (_what, authorize) => {
  const [before, counted] = [await refused('signature'), await events('participant_joined')];
  const body = eventOf();
  const answer = await post(body, await authorize(body));
  expect(answer).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  expect(await refused('signature')).toBe(before + 1);
  expect(await events('participant_joined')).toBe(counted);
});

test('an event larger than the limit is refused, however well it is signed', async () => {
  const before = await refused('body');
  const body = eventOf({ room: { name: 'room-1', metadata: 'm'.repeat(MAX_EVENT_BYTES) } });
  const answer = await post(body, await sign(body));
  expect(answer).toMatchObject({ status: 413, code: 'REQUEST_INVALID' });
  expect(await refused('body')).toBe(before + 1);
});

test.each([
  ['older than five minutes', -305, 401],
  ['a little late', -240, 200],
  ['of a clock that is a little ahead', 30, 200],
  ['from the future', 90, 401],
])('an event %s', async (_what, offsetS, status) => {
  const before = await refused('age');
  const body = eventOf({ createdAt: String(Math.floor(Date.now() / 1000) + offsetS) });
  expect((await post(body, await sign(body))).status).toBe(status);
  expect(await refused('age')).toBe(before + (status === 401 ? 1 : 0));
});

test('an event that comes again is not believed again', async () => {
  const [counted, before] = [await events('participant_joined'), await refused('duplicate')];
  const body = eventOf();
  expect((await post(body, await sign(body))).status).toBe(200);
  const again = await post(body, await sign(body));
  expect(again).toMatchObject({ status: 409, code: 'REQUEST_INVALID' });
  expect(await events('participant_joined')).toBe(counted + 1);
  expect(await refused('duplicate')).toBe(before + 1);
});

test('an event of a name nobody knows, with fields nobody knows, is counted as other', async () => {
  const before = await events('other');
  const body = eventOf({ event: 'room_painted', colour: 'blue' });
  expect((await post(body, await sign(body))).status).toBe(200);
  expect(await events('other')).toBe(before + 1);
  expect((await renderMetrics()).text).not.toContain('room_painted');
});

test('whoever sends bad ones is stopped before anything is checked; LiveKit’s own are not counted', async () => {
  const before = await refused('rate');
  for (let sent = 0; sent < 100; sent += 1) {
    const body = eventOf();
    expect((await post(body, await sign(body), '198.51.100.1')).status).toBe(200);
  }
  const statuses: number[] = [];
  for (let sent = 0; sent < 70; sent += 1) {
    statuses.push((await post(eventOf(), 'x', '198.51.100.2')).status);
  }
  expect(new Set(statuses.slice(0, 60))).toEqual(new Set([401]));
  expect(statuses.at(-1)).toBe(429);
  const body = eventOf();
  const late = await post(body, await sign(body), '198.51.100.2');
  expect([late.status, Number(late.headers.get('retry-after'))]).toEqual([429, 1]);
  expect(await refused('rate')).toBeGreaterThan(before);
  // Another address goes on.
  expect((await post(body, await sign(body), '198.51.100.1')).status).toBe(200);
});
