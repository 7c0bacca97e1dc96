import type { AvatarSummary } from '@live-avatar/agent/contract';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  fetchAgentStatus,
  fetchAvatars,
  fetchThumbnail,
  requireReadyAvatar,
} from './agent-client.ts';

const ava: AvatarSummary = {
  id: 'ava',
  name: 'Ava',
  status: 'ready',
  thumbnail: '/avatars/ava/thumbnail',
  clips: ['hello'],
  model: 'lite',
};
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A path that is asked and never answers. */
const HANGS = Symbol('hangs');

/** A real HTTP server that answers each path with a fixed body. */
async function agentWith(paths: Record<string, unknown>): Promise<string> {
  const server = createServer((request, response) => {
    const body = paths[request.url ?? ''];
    if (body === HANGS) return;
    response.statusCode = body === undefined ? 500 : 200;
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('thumbnails are led through the page’s own origin', async () => {
  const url = await agentWith({ '/avatars': [ava, { ...ava, id: 'leo', thumbnail: undefined }] });
  const [first, second] = await fetchAvatars(url);
  expect(first?.thumbnail).toBe('/api/avatars/ava/thumbnail');
  expect(second).not.toHaveProperty('thumbnail');
});

test('a picture is fetched from the path the agent names, and only from the agent', async () => {
  const jpeg = Buffer.from([0xff, 0xd8, 0xff]);
  const elsewhere = { ...ava, id: 'eve', thumbnail: '//example.org/x.jpg' };
  const url = await agentWith({ '/avatars': [ava, elsewhere], '/avatars/ava/thumbnail': jpeg });
  expect(new Uint8Array(await fetchThumbnail(url, 'ava'))).toEqual(new Uint8Array(jpeg));
  await expect(fetchThumbnail(url, 'eve')).rejects.toMatchObject({ code: 'AVATAR_NOT_FOUND' });
  await expect(fetchThumbnail(url, 'nobody')).rejects.toMatchObject({ code: 'AVATAR_NOT_FOUND' });
});

test('an agent that is away, broken or of another version is named with its address', async () => {
  await expect(fetchAvatars('http://127.0.0.1:1')).rejects.toMatchObject({
    code: 'AGENT_UNAVAILABLE',
    message: expect.stringMatching(/127\.0\.0\.1:1 .*npm start/),
  });
  const url = await agentWith({ '/avatars': { avatars: 'other' } });
  await expect(fetchAvatars(url)).rejects.toMatchObject({
    code: 'AGENT_UNAVAILABLE',
    message: expect.stringContaining('same version'),
  });
});

test('only a ready avatar can be joined; the others say why not', () => {
  const failed: AvatarSummary = { ...ava, id: 'x', name: 'X', status: 'failed', reason: 'no face' };
  const preparing: AvatarSummary = { ...ava, id: 'p', status: 'preparing', progressRatio: 0.42 };
  const all = [ava, failed, preparing];
  expect(requireReadyAvatar(all, 'ava')).toBe(ava);
  expect(() => requireReadyAvatar(all, 'x')).toThrow(/no face/);
  expect(() => requireReadyAvatar(all, 'p')).toThrow(/42 %/);
  expect(() => requireReadyAvatar(all, 'zoe')).toThrow(/there are: ava, x, p/);
});

test('of several agents those that answer are the service; one that is away or hangs is no failure', async () => {
  const jpeg = Buffer.from([0xff, 0xd8, 0xff]);
  const status = {
    ...{ activeSessions: 2, maxSessions: 2, agentName: 'avatar', version: '1', rssMb: 1 },
    ...{ sessions: [], stages: {} },
  };
  const full = await agentWith({
    '/status': status,
    '/avatars': [{ ...ava, status: 'failed', thumbnail: undefined }],
  });
  const free = await agentWith({
    '/status': { ...status, activeSessions: 1 },
    '/avatars': [ava],
    '/avatars/ava/thumbnail': jpeg,
  });
  const hangs = await agentWith({ '/status': HANGS, '/avatars': HANGS });
  const all = `${full},http://127.0.0.1:1,${hangs},${free}`;
  const startedMs = performance.now();
  expect(await fetchAgentStatus(all)).toMatchObject({ activeSessions: 3, maxSessions: 4 });
  expect(performance.now() - startedMs).toBeLessThan(1900);
  expect(await fetchAvatars(all)).toMatchObject([{ id: 'ava', status: 'ready' }]);
  expect(new Uint8Array(await fetchThumbnail(all, 'ava'))).toEqual(new Uint8Array(jpeg));
  await expect(fetchAvatars('http://127.0.0.1:1,http://127.0.0.1:2')).rejects.toMatchObject({
    code: 'AGENT_UNAVAILABLE',
  });
});
