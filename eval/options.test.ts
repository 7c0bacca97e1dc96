import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEvalOptions, SECTIONS } from './options.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eval-options-'));
  for (const name of ['one', 'other/one', 'empty'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['one', 'other/one']) {
    writeFileSync(join(folder, name, 'transcripts.csv'), 'a-1|hello\n');
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the command line of eval', () => {
  it('measures everything by default', () => {
    expect(parseEvalOptions([])).toEqual({
      pack: 'lite',
      speech: [],
      part: 'all',
      sections: new Set(SECTIONS),
      json: undefined,
      report: undefined,
      isStrict: false,
    });
  });

  it('takes folders, a part, sections and places to write to', () => {
    const speech = join(folder, 'one');
    const args = ['--speech', speech, '--part', 'test', '--only', 'speech,cpu', '--strict'];
    expect(parseEvalOptions([...args, '--json', 'a.json', '--report', 'out'])).toMatchObject({
      speech: [speech],
      part: 'test',
      sections: new Set(['speech', 'cpu']),
      json: 'a.json',
      report: 'out',
      isStrict: true,
    });
  });

  it('gives help when asked', () => {
    expect(parseEvalOptions(['--help'])).toBe('help');
  });

  it.each<[string, string[], RegExp]>([
    ['an unknown option', ['--pakc', 'lite'], /--pakc/],
    ['a pack without mouth parameters', ['--pack', 'musetalk-v15'], /only lite can be scored/],
    ['an unknown part', ['--part', 'rest'], /--part rest: choose from all, tuning, test/],
    ['an unknown section', ['--only', 'cpu,gpu'], /--only gpu: choose from festival, speech/],
    ['a folder that is not there', ['--speech', '/no/such'], /\/no\/such: there is no such folder/],
  ])('refuses %s', (_name, args, message) => {
    expect(() => parseEvalOptions(args)).toThrow(message);
    expect(() => parseEvalOptions(args)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });

  it('refuses a folder without transcripts and says what they look like', () => {
    expect(() => parseEvalOptions(['--speech', join(folder, 'empty')])).toThrow(
      /transcripts.csv is missing in it; write one line per wav, `name\|text`/,
    );
  });

  it('refuses two folders of one name', () => {
    const args = ['--speech', join(folder, 'one'), '--speech', join(folder, 'other/one')];
    expect(() => parseEvalOptions(args)).toThrow(/two folders are named one/);
  });
});
