/** When the watch looks and what it forgets. LiveKit is a stand-in here, because it must be away on command. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RecordingWatch } from './recording-watch.ts';
import type { Settings } from './settings.ts';

/** LiveKit's API over Twirp: who is in each room, and what was asked of it. */
let members: Record<string, object[]> = {};
let calls: string[] = [];
let isAway = false;
let server: Server;
let watch: RecordingWatch;

beforeEach(async () => {
  [members, calls, isAway] = [{}, [], false];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const method = request.url?.split('/').at(-1) ?? '';
      const { room = '' } = JSON.parse(body) as { room?: string };
      calls.push(method);
      const answer = method === 'ListParticipants' ? { participants: members[room] ?? [] } : {};
      response.writeHead(isAway ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isAway ? { code: 'unavailable', msg: 'away' } : answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const settings = {
    livekitUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'key',
    apiSecret: 'a-secret-that-is-long-enough-for-hs256',
  } as Settings;
  watch = new RecordingWatch(settings, {
    folder: '/out',
    viewUrl: 'http://127.0.0.1:3000/recording-view',
    maxMs: 60_000,
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

const countOf = (method: string): number => calls.filter((call) => call === method).length;
const recorder = { identity: 'EG_1', kind: 'EGRESS' };
const person = { identity: 'sam', kind: 'STANDARD' };

test('a recorder in a room where nobody asked is put out as soon as LiveKit says that it came', async () => {
  members = { quiet: [person, recorder] };
  await watch.notice('quiet');
  expect([countOf('RemoveParticipant'), countOf('StopEgress')]).toEqual([1, 1]);
});

test('a room in which nothing is going on is looked at once and not remembered', async () => {
  members = { quiet: [person] };
  await watch.notice('quiet');
  expect([countOf('ListParticipants'), watch.size]).toEqual([1, 0]);
});

test('many events at once make one look after the one that runs', async () => {
  members = { crowd: [person] };
  await Promise.all(Array.from({ length: 50 }, () => watch.notice('crowd')));
  expect(countOf('ListParticipants')).toBeLessThanOrEqual(2);
});

test('a room that is gone is forgotten, unless somebody is there again', async () => {
  members = { r: [{ ...person, attributes: {} }] };
  await watch.act('r', 'sam', () => null);
  expect(watch.size).toBe(1);
  await watch.notice('r', true);
  expect(watch.size).toBe(1);
  members = {};
  await watch.notice('r');
  expect(watch.size).toBe(1);
  await watch.notice('r', true);
  expect(watch.size).toBe(0);
});

test('while LiveKit does not answer the room is looked at again until it does', async () => {
  members = { quiet: [person, recorder] };
  isAway = true;
  await watch.notice('quiet');
  expect(countOf('RemoveParticipant')).toBe(0);
  isAway = false;
  await expect.poll(() => countOf('RemoveParticipant'), { timeout: 5000 }).toBe(1);
});

test('a clock that is set back by an hour holds no recording back', async () => {
  const asker = { ...person, attributes: { 'recording.asked': 'A', 'recording.agreed': 'A' } };
  members = { r: [asker, { identity: 'kim', kind: 'STANDARD' }] };
  await watch.notice('r');
  await watch.expectNewcomer('r');
  members = { r: [asker] };
  await watch.notice('r');
  expect(countOf('StartRoomCompositeEgress')).toBe(0);

  const [wall, monotonic] = [Date.now(), performance.now()];
  vi.spyOn(Date, 'now').mockReturnValue(wall - 3_600_000);
  vi.spyOn(performance, 'now').mockReturnValue(monotonic + 16_000);
  await watch.notice('r');
  while (countOf('StartRoomCompositeEgress') === 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
});
