import { expect, test } from 'vitest';
import { callStatus, type CallFacts } from './call-status.ts';

const live: CallFacts = {
  agent: 'present',
  reconnecting: false,
  hasPicture: true,
  status: 'ready',
  state: 'listening',
  muted: false,
  avatarName: 'Ava',
};

test.each<[string, Partial<CallFacts>, string, boolean]>([
  ['all is well', {}, 'listening', false],
  ['the avatar speaks', { state: 'speaking' }, 'speaking', false],
  ['a sample plays while muted', { state: 'speaking', muted: true }, 'speaking', false],
  ['muted', { muted: true }, 'muted', false],
  ['switching', { status: 'switching', state: 'speaking' }, 'switching', false],
  ['no picture yet', { hasPicture: false }, 'connecting', true],
  ['no avatar yet', { agent: 'coming', hasPicture: false }, 'connecting', true],
  ['no avatar took the job', { agent: 'waiting', hasPicture: false }, 'waiting', true],
  ['the avatar left', { agent: 'lost' }, 'lost', true],
  ['the avatar failed', { status: 'failed' }, 'failed', true],
  [
    'the network is away, whatever else',
    { agent: 'lost', reconnecting: true },
    'reconnecting',
    true,
  ],
])('%s', (_name, facts, kind, blocking) => {
  expect(callStatus({ ...live, ...facts })).toMatchObject({ kind, blocking });
});
