import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bearerToken, findApiKey, parseApiKeys } from './api-keys.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const alice = `ak_${'A'.repeat(43)}`;
const bob = `ak_${'B'.repeat(43)}`;

test('a key is found by its hash; near misses and the hash itself are not keys', () => {
  const keys = parseApiKeys(`alice:${sha256(alice)}, bob:${sha256(bob)}`);
  expect(findApiKey(keys, alice)?.name).toBe('alice');
  expect(findApiKey(keys, bob)?.name).toBe('bob');
  for (const wrong of [`${alice}x`, alice.slice(0, -1), alice.toLowerCase(), sha256(alice), '']) {
    expect(findApiKey(keys, wrong)).toBeUndefined();
  }
});

test('a weak word is no key even when someone has hashed one', () => {
  expect(findApiKey(parseApiKeys(`x:${sha256('letmein')}`), 'letmein')).toBeUndefined();
});

test('the tool makes a key and a line that fit together', () => {
  const tool = fileURLToPath(new URL('../../tools/new-api-key.mjs', import.meta.url));
  const output = execFileSync(process.execPath, [tool, 'shop'], { encoding: 'utf8' });
  const key = /ak_\S+/.exec(output)?.[0] ?? '';
  const line = /shop:[0-9a-f]{64}/.exec(output)?.[0] ?? '';
  expect(findApiKey(parseApiKeys(line), key)?.name).toBe('shop');
});

test('a file may have comments and lines; a wrong entry is named by number, not by its text', () => {
  expect(parseApiKeys(`# shop\nalice:${sha256(alice)} # since May\n\n`)).toHaveLength(1);
  let message = '';
  try {
    parseApiKeys(`alice:${sha256(alice)}\n${bob}`);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/entry 2 is not name:sha256/);
  expect(message).not.toContain(bob);
  expect(() => parseApiKeys(`a:${sha256(alice)} a:${sha256(bob)}`)).toThrow(/two keys are named/);
});

test('only a bearer header holds a token', () => {
  const read = (value: string): string | undefined =>
    bearerToken(new Headers({ authorization: value }));
  expect(read(`Bearer ${alice}`)).toBe(alice);
  expect(read(`bearer  ${alice}`)).toBe(alice);
  expect([read(`Basic ${alice}`), read('Bearer'), read(`Bearer a b`)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
