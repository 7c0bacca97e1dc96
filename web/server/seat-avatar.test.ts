import { expect, test } from 'vitest';
import { recentDrivers, startingDrivers } from './seat-avatar.ts';
import { signDispatchClaims } from './tokens.ts';

const [PENDING, RUNNING, DONE, FAILED] = [0, 1, 2, 3];
const keys = { apiSecret: 'a-secret-that-is-long-enough-for-hs256', apiKey: 'key' };
const NOW_MS = 1_800_000_000_000;
const nanoseconds = (ms: number): bigint => BigInt(ms) * 1_000_000n;

type Dispatches = Parameters<typeof startingDrivers>[0];
type Dispatch = Dispatches[number];

/** A dispatch as LiveKit lists it: sent and, with `status`, started `ageMs` ago. */
const dispatch = async (
  participant: string,
  { ageMs = 1000, status }: { ageMs?: number; status?: number },
): Promise<Dispatch> => {
  const at = nanoseconds(NOW_MS - ageMs);
  const jobs = status === undefined ? [] : [{ state: { status, startedAt: at } }];
  const metadata = await signDispatchClaims(keys, { room: 'room-1', participant, avatar: 'ava' });
  return { metadata, state: { createdAt: at, jobs } } as unknown as Dispatch;
};

test('an avatar that starts is told apart by its driver', async () => {
  const dispatches = await Promise.all([
    dispatch('person-a', { status: RUNNING }),
    dispatch('person-b', { status: PENDING }),
    dispatch('person-c', { status: FAILED }),
    dispatch('person-d', { status: RUNNING, ageMs: 60_000 }),
    dispatch('person-e', { ageMs: 5300 }),
    dispatch('person-f', { ageMs: 5000 }),
    dispatch('person-g', { status: RUNNING, ageMs: -3_600_000 }),
  ]);
  // f: LiveKit may still be looking for an agent. e: it has found none. g: our clock was set back.
  expect([...startingDrivers(dispatches, NOW_MS)]).toEqual(['person-a', 'person-b', 'person-f']);
});

test('a job from before the avatar was lost is not waited for', async () => {
  const dispatches = await Promise.all([
    dispatch('person-a', { status: RUNNING, ageMs: 11_000 }),
    dispatch('person-b', { status: RUNNING, ageMs: 2500 }),
  ]);
  expect([...startingDrivers(dispatches, NOW_MS, 3000)]).toEqual(['person-b']);
  expect(startingDrivers(dispatches, NOW_MS, 15_000).size).toBe(2);
});

test('a place is taken from the moment an avatar was sent for', async () => {
  const dispatches = await Promise.all([
    dispatch('person-a', {}),
    dispatch('person-b', { status: FAILED }),
    dispatch('person-c', { status: RUNNING, ageMs: 60_000 }),
    dispatch('person-d', { status: DONE }),
  ]);
  expect([...recentDrivers(dispatches, NOW_MS)]).toEqual(['person-a', 'person-b']);
});

test('dispatches of other agents have no driver', () => {
  const other = { metadata: '{"task":"transcribe"}', state: { createdAt: nanoseconds(NOW_MS) } };
  expect(recentDrivers([other as unknown as Dispatch], NOW_MS).size).toBe(0);
});
