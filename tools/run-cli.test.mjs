import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { needsBuild } from './run-cli.mjs';

const folder = mkdtempSync(join(tmpdir(), 'run-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function touch(path, seconds) {
  writeFileSync(path, '');
  utimesSync(path, seconds, seconds);
}

describe('needsBuild', () => {
  it('asks for a build when there is none, or a source file is newer', () => {
    const source = join(folder, 'src');
    mkdirSync(join(source, 'deep'), { recursive: true });
    const entry = join(folder, 'cli.js');
    touch(join(source, 'deep/a.ts'), 1000);
    expect(needsBuild(source, entry)).toBe(true);
    touch(entry, 2000);
    expect(needsBuild(source, entry)).toBe(false);
    touch(join(source, 'deep/a.test.ts'), 3000);
    expect(needsBuild(source, entry)).toBe(false);
    touch(join(source, 'deep/b.ts'), 3000);
    expect(needsBuild(source, entry)).toBe(true);
  });
});
