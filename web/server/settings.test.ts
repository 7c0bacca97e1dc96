import { afterEach, expect, test, vi } from 'vitest';
import { readMaxPeople, readSettings } from './settings.ts';

afterEach(() => vi.unstubAllEnvs());

test('a missing key is one error that names it and the cure', () => {
  vi.stubEnv('LIVEKIT_API_KEY', 'key');
  vi.stubEnv('LIVEKIT_API_SECRET', ' ');
  expect(() => readSettings()).toThrow(/lacks LIVEKIT_API_SECRET\. .*npm start/);
});

test('addresses have defaults for one machine', () => {
  vi.stubEnv('LIVEKIT_API_KEY', 'key');
  vi.stubEnv('LIVEKIT_API_SECRET', 'secret');
  for (const name of ['LIVEKIT_URL', 'PUBLIC_LIVEKIT_URL', 'AGENT_URL']) {
    vi.stubEnv(name, '');
  }
  expect(readSettings()).toMatchObject({
    livekitUrl: 'ws://127.0.0.1:7880',
    publicLivekitUrl: undefined,
    agentUrl: 'http://127.0.0.1:8090',
  });
});

test.each([
  ['', 6],
  ['1', 1],
  ['12', 12],
])('ROOM_MAX_PEOPLE=%s: a room holds %i people', (text, people) => {
  vi.stubEnv('ROOM_MAX_PEOPLE', text);
  expect(readMaxPeople()).toBe(people);
});

test.each(['0', '13', '2.5', 'many'])('ROOM_MAX_PEOPLE=%s is refused with its range', (text) => {
  vi.stubEnv('ROOM_MAX_PEOPLE', text);
  expect(() => readMaxPeople()).toThrow(/ROOM_MAX_PEOPLE is ".*"; .* of 1 to 12/);
});
