import { ATTRIBUTES } from '@live-avatar/agent/contract';
import { expect, test } from 'vitest';
import { isRecorded } from './recording-tracks.ts';

test('the recorder subscribes to avatars only, never to a person, whatever they claim', () => {
  const avatar = { isAgent: true, attributes: { [ATTRIBUTES.driver]: 'sam' } };
  expect(isRecorded(avatar)).toBe(true);
  expect(isRecorded({ ...avatar, isAgent: false })).toBe(false);
  expect(isRecorded({ isAgent: false, attributes: {} })).toBe(false);
  expect(isRecorded({ isAgent: true, attributes: {} })).toBe(false);
});
