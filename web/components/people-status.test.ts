import { expect, test } from 'vitest';
import { personStatus, type PersonFacts } from './people-status.ts';

const live: PersonFacts = {
  present: true,
  hasPicture: true,
  wasSeen: true,
  waitsLong: false,
  status: 'ready',
  state: 'listening',
  muted: false,
};
const gone = { present: false, hasPicture: false };

test.each<[string, Partial<PersonFacts>, string, boolean]>([
  ['speaks', { state: 'speaking' }, 'speaking', false],
  ['is silent', {}, 'listening', false],
  ['has muted their microphone', { muted: true }, 'muted', false],
  ['has muted while a sample plays', { muted: true, state: 'speaking' }, 'speaking', false],
  ['has just joined', { ...gone, wasSeen: false }, 'coming', true],
  ['finds no free avatar', { ...gone, wasSeen: false, waitsLong: true }, 'waiting', true],
  ['has an avatar without a picture yet', { hasPicture: false, wasSeen: false }, 'coming', true],
  ['has lost their avatar', gone, 'lost', true],
  ['has an avatar that failed', { status: 'failed', hasPicture: false }, 'failed', true],
])('somebody who %s', (_name, facts, kind, blocking) => {
  expect(personStatus({ ...live, ...facts })).toMatchObject({ kind, blocking });
});
