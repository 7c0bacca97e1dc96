import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { respondError } from './respond.ts';
import { openSession, redispatch } from './sessions.ts';
import type { Settings } from './settings.ts';
import { signParticipantToken } from './tokens.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const limits = { origin: { host: 'localhost:3000', secure: false }, maxPeople: 6 };
const avatar = { id: 'ava', name: 'Ava', status: 'ready', clips: [], model: 'lite' };
const status = (activeSessions: number, accepting: boolean) => ({
  activeSessions,
  accepting,
  maxSessions: 2,
  agentName: 'avatar',
  version: '0',
  sessions: [],
  stages: {},
  rssMb: 1,
});

/** Settings with a real agent API and a LiveKit address at which nothing listens. */
async function settingsWith(activeSessions: number, accepting = true): Promise<Settings> {
  server = createServer((request, response) => {
    const body = request.url === '/avatars' ? [avatar] : status(activeSessions, accepting);
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return {
    livekitUrl: 'ws://127.0.0.1:1',
    publicLivekitUrl: undefined,
    apiKey: 'key',
    apiSecret: 'a-secret-that-is-long-enough-for-hs256',
    agentUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
}

test('a full service answers 503 with the number of seats and when to come back', async () => {
  const settings = await settingsWith(2);
  const answer = await openSession(settings, { avatar: 'ava' }, limits).then(
    () => undefined,
    (thrown: unknown) => respondError(thrown),
  );
  expect(answer?.status).toBe(503);
  expect(answer?.headers.get('retry-after')).toBe('5');
  expect(await answer?.json()).toMatchObject({
    error: { code: 'SESSION_LIMIT_REACHED', retryable: true },
  });
});

test('no room is opened before an agent can be sent there, which an unknown avatar does not hide', async () => {
  await expect(
    openSession(await settingsWith(0, false), { avatar: 'not-loaded-yet' }, limits),
  ).rejects.toMatchObject({
    code: 'AGENT_UNAVAILABLE',
    message: expect.stringMatching(/starting/),
  });
});

test('a LiveKit server that is away is named with its address and the cure', async () => {
  await expect(openSession(await settingsWith(0), { avatar: 'ava' }, limits)).rejects.toMatchObject(
    {
      code: 'LIVEKIT_UNAVAILABLE',
      message: expect.stringMatching(/ws:\/\/127\.0\.0\.1:1.*npm start/),
    },
  );
});

test('asking again needs a token of ours, before anyone else is asked', async () => {
  const settings = await settingsWith(0);
  await expect(redispatch(settings, 'nonsense')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  const seat = { room: 'room-1', participant: 'person-1', avatar: 'ava' };
  await expect(
    redispatch(settings, await signParticipantToken(settings, seat)),
  ).rejects.toMatchObject({ code: 'LIVEKIT_UNAVAILABLE' });
});
