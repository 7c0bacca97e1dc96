import { describe, expect, it } from 'vitest';
import { outputSize } from './output-size.ts';

const fit = (width: number, height: number, maxPx = 512): string => {
  const size = outputSize({ width, height }, maxPx, 'a.png');
  return `${size.width}×${size.height}`;
};

describe('outputSize', () => {
  it('scales the long side down, keeps the aspect ratio and even sides', () => {
    expect(fit(1920, 1080)).toBe('512×288');
    expect(fit(1080, 1920)).toBe('288×512');
    expect(fit(704, 1216)).toBe('296×512');
  });

  it('does not enlarge', () => {
    expect(fit(301, 256)).toBe('300×256');
    expect(fit(512, 512)).toBe('512×512');
  });

  it('never exceeds an odd limit', () => {
    expect(fit(1000, 1000, 511)).toBe('510×510');
  });

  it('refuses 1×1 and 12,000 px with a cure', () => {
    expect(() => fit(1, 1)).toThrow(/^a\.png is 1×1 px, too small to animate; use one of at least/);
    expect(() => fit(12_000, 300)).toThrow(/12000×300 px, at most 8192 px per side.*scale it down/);
    expect(() => fit(8100, 8100)).toThrow(/64 million/);
    expect(() => fit(600, 40)).toThrow(/too small/);
  });
});
