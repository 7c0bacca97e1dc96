import { expect, it } from 'vitest';
import { SpeakingState } from './speaking-state.ts';

it('speaks when the mouth is driven and listens when it rests, without flickering in fades', () => {
  const state = new SpeakingState();
  const ratios = [0, 0.2, 0.4, 0.6, 1, 0.6, 0.4, 0.6, 0.3, 0.05, 0, 0.3];
  const changes = ratios.map((ratio) => state.next(ratio)).filter(Boolean);
  expect(changes).toEqual(['speaking', 'listening']);
});
