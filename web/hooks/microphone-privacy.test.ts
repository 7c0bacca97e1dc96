import { ATTRIBUTES } from '@live-avatar/agent/contract';
import { expect, test } from 'vitest';
import { allowedListeners } from './microphone-privacy.ts';

const avatar = (identity: string, driver: string) => ({
  identity,
  isAgent: true,
  attributes: { [ATTRIBUTES.driver]: driver },
});

test('only the avatar that a person drives may hear them', () => {
  const members = [avatar('avatar-1', 'sam'), avatar('avatar-2', 'kim')];
  expect(allowedListeners('sam', members)).toEqual(['avatar-1']);
  expect(allowedListeners('kim', members)).toEqual(['avatar-2']);
});

test('people, agents of other kinds, and people who claim to be an avatar may not', () => {
  const members = [
    { identity: 'kim', isAgent: false, attributes: {} },
    { identity: 'recorder', isAgent: true, attributes: {} },
    { ...avatar('kim', 'sam'), isAgent: false },
  ];
  expect(allowedListeners('sam', members)).toEqual([]);
});
