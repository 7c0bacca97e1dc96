import { expect, test } from 'vitest';
import { peopleInWords } from './people-words.ts';

test.each([
  [[], 'Nobody is in the room right now; it closes in a moment.'],
  [['somebody'], 'Somebody is in the room.'],
  [['Sam', 'Leo'], 'Sam and Leo are in the room.'],
  [['Sam', 'Leo', 'Ava'], 'Sam, Leo and Ava are in the room.'],
])('%j', (names, sentence) => {
  expect(peopleInWords(names)).toBe(sentence);
});
