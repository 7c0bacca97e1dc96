// @ts-check
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFresh } from './builds.mjs';

const PART = {
  workspace: 'agent',
  output: 'agent/dist/main.js',
  stamp: 'agent/dist/.built',
  sources: ['agent/src', 'agent/tsconfig.json'],
};

/** @type {string} */
let root;
beforeEach(() => {
  // A dot folder in the path must not make every source look like a dot file.
  root = mkdtempSync(join(tmpdir(), '.builds-'));
  file('agent/src/main.ts', 100);
  file('agent/src/deep/part.ts', 100);
  file('agent/tsconfig.json', 100);
  file('agent/dist/main.js', 200);
  age(100);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/**
 * @param {string} path
 * @param {number} timeS modification time
 */
function file(path, timeS) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
  utimesSync(join(root, path), timeS, timeS);
}

/** @param {number} timeS modification time of the source folders */
function age(timeS) {
  for (const folder of ['agent/src', 'agent/src/deep'])
    utimesSync(join(root, folder), timeS, timeS);
}

test('a build newer than every source is fresh', () => {
  expect(isFresh(PART, root)).toBe(true);
});

test('without its output nothing is fresh', () => {
  rmSync(join(root, 'agent/dist/main.js'));
  file('agent/dist/.built', 300);
  expect(isFresh(PART, root)).toBe(false);
});

test.each(['agent/src/deep/part.ts', 'agent/tsconfig.json'])(
  'a newer %s makes it stale',
  (path) => {
    file(path, 250);
    age(100);
    expect(isFresh(PART, root)).toBe(false);
  },
);

test('a deleted source makes it stale', () => {
  rmSync(join(root, 'agent/src/deep/part.ts'));
  expect(isFresh(PART, root)).toBe(false);
});

test('a newer test is no reason to build', () => {
  file('agent/src/deep/part.test.ts', 250);
  age(100);
  expect(isFresh(PART, root)).toBe(true);
});

test('the stamp of a build that rewrote nothing counts', () => {
  file('agent/src/main.ts', 250);
  age(100);
  file('agent/dist/.built', 300);
  expect(isFresh(PART, root)).toBe(true);
});
