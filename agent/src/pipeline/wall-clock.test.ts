import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '..');
/** Files that compare with the clock of files or write a time down; none of them paces anything. */
const ALLOWED = [
  'avatars/bundle-writer.ts',
  'engine/socket-place.ts',
  'models/pull-record.ts',
  'observability/log-file.ts',
];

it('nothing in the agent that paces or measures reads the wall clock, which may jump', () => {
  const readers = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('.test.'))
    .filter((path) => /\bDate\.now\(|new Date\(\)/.test(readFileSync(join(SOURCES, path), 'utf8')));
  expect(readers.sort()).toEqual(ALLOWED);
});
