import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from './float16.ts';

describe('half precision', () => {
  it('keeps every half through float32 and back', () => {
    for (let half = 0; half < 0x10000; half += 1) {
      const isNan = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
      if (isNan) expect(fromHalf(half)).toBeNaN();
      else if (toHalf(fromHalf(half)) !== half) expect.fail(`half 0x${half.toString(16)} changed`);
    }
  });

  it('rounds every midpoint between two halves to the even one, and its neighbours to the nearer', () => {
    for (let half = 0; half < 0x7bff; half += 1) {
      const middle = (fromHalf(half) + fromHalf(half + 1)) / 2;
      const even = half % 2 === 0 ? half : half + 1;
      const step = Math.fround(middle * 1e-6) || 2 ** -40;
      if (toHalf(middle) !== even) expect.fail(`midpoint above 0x${half.toString(16)}`);
      if (toHalf(middle - step) !== half) expect.fail(`below the midpoint of ${half}`);
      if (toHalf(middle + step) !== half + 1) expect.fail(`above the midpoint of ${half}`);
    }
  });

  it('knows the ends of the range', () => {
    expect(toHalf(65504)).toBe(0x7bff);
    expect(toHalf(65519.996)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(0x7c00);
    expect(toHalf(-Infinity)).toBe(0xfc00);
    expect(toHalf(-0)).toBe(0x8000);
    expect(toHalf(2 ** -25)).toBe(0);
    expect(toHalf(1.5 * 2 ** -25)).toBe(1);
    expect(fromHalf(toHalf(NaN))).toBeNaN();
  });
});
