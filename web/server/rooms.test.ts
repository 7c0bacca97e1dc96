import { expect, test } from 'vitest';
import { membersOf } from './rooms.ts';

const [STANDARD, EGRESS, AGENT] = [0, 2, 4];
const one = (
  identity: string,
  kind: number,
  rest: { name?: string; metadata?: string; attributes?: Record<string, string> } = {},
) => ({ identity, kind, name: '', metadata: '', attributes: {}, ...rest });

test('people, the avatars they drive, and nobody else', () => {
  const members = membersOf([
    one('person-a', STANDARD, { name: 'Sam', metadata: '{"avatar":"ava"}' }),
    one('person-b', STANDARD, { metadata: 'their own client' }),
    one('avatar-a', AGENT, { attributes: { 'avatar.driver': 'person-a', 'avatar.id': 'leo' } }),
    one('transcriber', AGENT),
    one('recorder', EGRESS),
  ]);
  expect(members.people).toEqual([
    { identity: 'person-a', name: 'Sam', avatar: 'ava' },
    { identity: 'person-b', name: undefined, avatar: undefined },
  ]);
  expect(members.avatars).toEqual([{ identity: 'avatar-a', driver: 'person-a', avatar: 'leo' }]);
});

test('somebody who claims to be an avatar, without LiveKit’s kind for agents, is a person', () => {
  const { people, avatars } = membersOf([
    one('person-a', STANDARD, { attributes: { 'avatar.driver': 'person-b' } }),
  ]);
  expect(avatars).toEqual([]);
  expect(people).toHaveLength(1);
});
