import type { AgentStatus, AvatarSummary } from '@live-avatar/agent/contract';
import { expect, test } from 'vitest';
import { mergeAvatars, mergeStatuses } from './merge-agents.ts';

const status = (changes: Partial<AgentStatus>): AgentStatus => ({
  activeSessions: 1,
  maxSessions: 4,
  agentName: 'avatar',
  version: '1',
  privacy: 'room',
  sessions: [],
  stages: {},
  rssMb: 100,
  ...changes,
});

test('seats and sessions of all agents are summed, a stage is the slowest agent’s', () => {
  const merged = mergeStatuses([
    status({ stages: { mouth: { p50Ms: 2, p99Ms: 9 }, ipc: { p50Ms: 1, p99Ms: 1 } } }),
    status({ activeSessions: 4, stages: { mouth: { p50Ms: 3, p99Ms: 4 } } }),
  ]);
  expect(merged).toMatchObject({ activeSessions: 5, maxSessions: 8, rssMb: 200, accepting: true });
  expect(merged.stages).toEqual({ mouth: { p50Ms: 3, p99Ms: 9 }, ipc: { p50Ms: 1, p99Ms: 1 } });
});

test('an agent that drains has no free seat, unless no other one takes sessions either', () => {
  const draining = status({ accepting: false });
  expect(mergeStatuses([draining, status({})])).toMatchObject({
    activeSessions: 2,
    maxSessions: 5,
  });
  expect(mergeStatuses([draining])).toMatchObject({ maxSessions: 4, accepting: false });
});

test('an agent that answers at two addresses counts once, one under another name not at all', () => {
  const same = status({ instance: 'a' });
  const other = status({ instance: 'b', agentName: 'staging' });
  expect(mergeStatuses([same, same, other])).toMatchObject({ activeSessions: 1, maxSessions: 4 });
});

test('the microphone stays with the avatar when any agent wants that', () => {
  expect(mergeStatuses([status({}), status({ privacy: 'avatar-only' })]).privacy).toBe(
    'avatar-only',
  );
});

test('an avatar is ready where any agent has it, else the furthest preparation is shown', () => {
  const avatar = (changes: Partial<AvatarSummary>): AvatarSummary => ({
    id: 'ava',
    name: 'Ava',
    status: 'preparing',
    clips: [],
    model: 'lite',
    ...changes,
  });
  const failed = avatar({ status: 'failed', reason: 'no face' });
  const half = avatar({ progressRatio: 0.5 });
  const ready = avatar({ status: 'ready', thumbnail: '/avatars/ava/thumbnail' });
  expect(mergeAvatars([[failed], [avatar({ progressRatio: 0.1 })], [half]])).toEqual([half]);
  expect(mergeAvatars([[half, avatar({ id: 'leo' })], [ready]])).toEqual([
    ready,
    avatar({ id: 'leo' }),
  ]);
});
