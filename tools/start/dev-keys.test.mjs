// @ts-check
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEV_KEYS_PATH, devKeys } from './dev-keys.mjs';

/** @type {string} */
let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dev-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('keys are made once, stay the same, and only their owner can read them', () => {
  const path = join(folder, '.keys', 'dev.json');
  const keys = devKeys(path);
  expect(devKeys(path)).toEqual(keys);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(keys.apiSecret.length).toBeGreaterThanOrEqual(43);
});

test('two clones never share keys', () => {
  expect(devKeys(join(folder, 'a.json'))).not.toEqual(devKeys(join(folder, 'b.json')));
});

test.each(['', '{', 'null', '{"apiKey":"APIx"}', '{"apiKey":"APIx","apiSecret":"short"}'])(
  'a damaged file %j is named, with the cure',
  (content) => {
    const path = join(folder, 'dev.json');
    writeFileSync(path, content);
    expect(() => devKeys(path)).toThrow(/dev\.json is damaged \(.*Delete it/s);
  },
);

test('git ignores the keys', () => {
  expect(() => execFileSync('git', ['check-ignore', '-q', DEV_KEYS_PATH])).not.toThrow();
});
