// @ts-check
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dependencyProblem } from './dependencies.mjs';

const LOCK = {
  '': { version: '1.0.0' },
  agent: { version: '1.0.0' },
  'node_modules/@live-avatar/agent': { link: true },
  'node_modules/next': { version: '16.4.6' },
  'node_modules/next/node_modules/sharp': { version: '0.35.5' },
  'node_modules/@esbuild/win32-x64': { version: '1.0.0', optional: true },
};

/** @type {string} */
let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dependencies-'));
  mkdirSync(join(root, 'node_modules'));
  write('package-lock.json', LOCK);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/**
 * @param {string} path
 * @param {object} packages
 */
function write(path, packages) {
  writeFileSync(join(root, path), JSON.stringify({ packages }));
}
const installed = (/** @type {object} */ packages) =>
  write('node_modules/.package-lock.json', packages);

const without = (/** @type {string} */ path) =>
  Object.fromEntries(Object.entries(LOCK).filter(([name]) => name !== path));

test('an empty clone needs an install', () => {
  expect(dependencyProblem(root)).toBe('npm packages are not installed');
});

test('an install without the packages of other platforms is complete', () => {
  installed(without('node_modules/@esbuild/win32-x64'));
  expect(dependencyProblem(root)).toBeUndefined();
});

test('a missing and an older package are named', () => {
  installed({ ...LOCK, 'node_modules/next': { version: '16.0.0' } });
  expect(dependencyProblem(root)).toMatch(/\(next\)$/);
  installed(without('node_modules/next/node_modules/sharp'));
  expect(dependencyProblem(root)).toMatch(/\(sharp\)$/);
});
