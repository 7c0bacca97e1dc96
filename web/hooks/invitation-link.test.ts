import { expect, test } from 'vitest';
import { invitationLink, invitationOf } from './invitation-link.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoicm9vbS1fLTEifQ.q-_8';

test('a link holds its token where no server sees it', () => {
  const link = new URL(invitationLink('https://avatars.example.org', TOKEN));
  expect(link.pathname + link.search).toBe('/join');
  expect(invitationOf(link.hash)).toBe(TOKEN);
});

test.each([
  ['a full stop of the sentence around it', `#${TOKEN}.`, TOKEN],
  ['an encoded blank', `#%20${TOKEN}`, TOKEN],
  ['nothing', '', null],
  ['a cut token', '#eyJhbGciOiJIUzI1NiJ9', null],
  ['broken encoding', '#%E0%A4%A', null],
])('a fragment with %s', (_name, hash, expected) => {
  expect(invitationOf(hash)).toBe(expected);
});
