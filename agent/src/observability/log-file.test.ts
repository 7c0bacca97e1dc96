import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { LogFile } from './log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'log-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const files: LogFile[] = [];
afterEach(() => {
  for (const file of files.splice(0)) file.close();
});

function open(name: string, isOwner = true): { file: LogFile; path: string } {
  const path = join(folder, name, 'agent.log');
  const file = new LogFile({ path, maxBytes: 1000, isOwner, checkMs: 10 });
  files.push(file);
  return { file, path };
}
const line = (text: string): string => `${text.padEnd(99)}\n`;

describe('LogFile', () => {
  it('rotates by size, keeps five older files, and every process writes on in the new one', async () => {
    const { file: owner, path } = open('rotate');
    const { file: job } = open('rotate', false);
    for (let round = 0; round < 8; round += 1) {
      for (let i = 0; i < 12; i += 1) owner.write(line(`round ${round}`));
      await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe(''));
    }
    expect(readFileSync(`${path}.1`, 'utf8')).toContain('round 7');
    expect(readFileSync(`${path}.5`, 'utf8')).toContain('round 3');
    expect(existsSync(`${path}.6`)).toBe(false);
    await vi.waitFor(() => {
      job.write(line('from the job'));
      expect(readFileSync(path, 'utf8')).toContain('from the job');
    });
  });

  it('begins a new file when logrotate has moved it away', async () => {
    const { file, path } = open('moved');
    file.write(line('before'));
    renameSync(path, `${path}-20260101`);
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    file.write(line('after'));
    expect(readFileSync(path, 'utf8')).toBe(line('after'));
  });

  it.skipIf(!existsSync('/dev/full'))('goes on without its lines when the disk is full', () => {
    const file = new LogFile({ path: '/dev/full', maxBytes: 1000, isOwner: true, checkMs: 10 });
    files.push(file);
    for (let i = 0; i < 100; i += 1) file.write(line('lost'));
  });

  it('names the setting when the file cannot be opened', () => {
    const path = join(folder, 'rotate', 'agent.log', 'below-a-file');
    expect(() => new LogFile({ path, maxBytes: 1, isOwner: true })).toThrow(
      /LOG_FILE: .* cannot be written/,
    );
  });
});
