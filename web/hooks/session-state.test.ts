import { expect, test } from 'vitest';
import { pageProblem } from './problems.ts';
import { IDLE, redispatchDelayMs, sessionReducer, type SessionEvent } from './session-state.ts';

const after = (...events: SessionEvent[]) => events.reduce(sessionReducer, IDLE);
const join: SessionEvent = { type: 'join', avatarId: 'ava' };
const joined: SessionEvent[] = [join, { type: 'granted' }, { type: 'connected' }];

test('joining leads through asking and connecting into the room', () => {
  expect(after(join)).toMatchObject({ phase: 'joining', step: 'asking' });
  expect(after(join, { type: 'granted' })).toMatchObject({ step: 'connecting' });
  expect(after(...joined)).toMatchObject({ phase: 'room', avatarId: 'ava', agent: 'coming' });
});

test('a switch is remembered, so that a replaced avatar starts with it', () => {
  const state = after(
    ...joined,
    { type: 'agent', agent: 'present' },
    { type: 'selected', avatarId: 'leo' },
    { type: 'agent', agent: 'lost' },
  );
  expect(state).toMatchObject({ avatarId: 'leo', agent: 'lost' });
});

test('reconnecting keeps the room and what was known about the avatar', () => {
  const state = after(
    ...joined,
    { type: 'agent', agent: 'present' },
    { type: 'reconnecting', reconnecting: true },
  );
  expect(state).toMatchObject({ phase: 'room', agent: 'present', reconnecting: true });
});

test('events of a session that is over change nothing', () => {
  const over = after(...joined, { type: 'ended', problem: pageProblem('REMOVED') });
  for (const event of [
    { type: 'granted' },
    { type: 'connected' },
    { type: 'agent', agent: 'present' },
    { type: 'reconnecting', reconnecting: true },
    { type: 'notice', notice: null },
  ] satisfies SessionEvent[]) {
    expect(sessionReducer(over, event)).toBe(over);
  }
  expect(over).toMatchObject({ phase: 'idle', problem: { code: 'REMOVED' } });
});

test('asking again slows down to once in five seconds', () => {
  expect([0, 1, 59].map(redispatchDelayMs)).toEqual([2000, 2000, 2000]);
  expect(redispatchDelayMs(60)).toBe(5000);
});
