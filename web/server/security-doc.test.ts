import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const claims = readFileSync(join(ROOT, 'docs/security.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.split(' | '));

/** `file`: "name", "name"; `file`: … → every file with each of its names. */
const namedTests = (cell: string): (readonly [string, string])[] =>
  cell.split(/; (?=`)/).flatMap((part) => {
    const file = /`([^`]+\.test\.(?:ts|mjs))`/.exec(part)?.[1] ?? '';
    return [...part.matchAll(/"([^"]+)"/g)].map(([, name]) => [file, name ?? ''] as const);
  });

test('the threat model numbers its claims, and each has a test', () => {
  expect(claims.map(([number]) => Number(number?.slice(2)))).toEqual(
    Array.from({ length: claims.length }, (_, index) => index + 1),
  );
  expect(claims.length).toBeGreaterThanOrEqual(20);
  for (const [, claim = '', cell = ''] of claims) {
    expect(namedTests(cell).length, claim).toBeGreaterThan(0);
  }
});

test.each(claims.flatMap(([, , cell = '']) => namedTests(cell)))('%s has "%s"', (file, name) => {
  const source = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'");
  expect(source).toContain(`'${name}'`);
});
