import { describe, expect, it } from 'vitest';
import { showBytes } from './download-space.ts';
import { PullProgress } from './pull-progress.ts';

/** Progress of a file of one gigabyte, 10 MB more every 100 ms, from `startBytes` on. */
function linesOf(isTTY: boolean, startBytes = 0, total: number | null = 1e9): string[] {
  const lines: string[] = [];
  let atMs = 0;
  const output = { isTTY, write: (text: string) => lines.push(text) };
  const progress = new PullProgress('net.bin', output, () => atMs);
  for (let bytes = startBytes; bytes <= 1e9; bytes += 1e7) {
    progress.update(bytes, total ?? undefined);
    atMs += 100;
  }
  progress.end();
  return lines;
}

describe('PullProgress', () => {
  it('writes one line per tenth into a log', () => {
    const lines = linesOf(false);
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('net.bin  0 B of 1.00 GB   0 %\n');
    expect(lines[5]).toBe('net.bin  500 MB of 1.00 GB  50 %  100 MB/s  5 s left\n');
    expect(lines[10]).toBe('net.bin  1.00 GB of 1.00 GB 100 %  100 MB/s\n');
  });

  it('redraws one line on a terminal, a few times per second, and ends it', () => {
    const lines = linesOf(true);
    expect(lines).toHaveLength(52); // every 200 ms of 10 s, and the line end
    expect(lines[25]).toBe('\rnet.bin  500 MB of 1.00 GB  50 %  100 MB/s  5 s left\x1b[K');
    expect(lines.at(-1)).toBe('\n');
  });

  it('tells the rate of what comes now, not of what was there', () => {
    expect(linesOf(true, 8e8)[5]).toMatch(/900 MB of 1\.00 GB {2}90 % {2}100 MB\/s {2}1 s left/);
  });

  it('shows bytes only when the size is not known', () => {
    expect(linesOf(true, 0, null)[10]).toBe('\rnet.bin  200 MB  100 MB/s\x1b[K');
  });
});

describe('showBytes', () => {
  it.each([
    [0, '0 B'],
    [748, '748 B'],
    [184_990, '185 kB'],
    [53_289_463, '53.3 MB'],
    [3_400_074_924, '3.40 GB'],
  ])('%d is %s', (bytes, text) => expect(showBytes(bytes)).toBe(text));
});
