import { describe, expect, it } from 'vitest';
import { shutRatios } from './own-opening.ts';

/** Openings in dm, one per frame. */
const gaps = (...parts: [count: number, gapDm: number][]): Float32Array =>
  Float32Array.from(parts.flatMap(([count, gapDm]) => Array<number>(count).fill(gapDm)));

describe('shutRatios', () => {
  it('leaves a mouth alone whose lips are as far apart as landmarks of closed lips scatter', () => {
    const noisy = Float32Array.from({ length: 200 }, (_, k) => 0.012 + 0.012 * Math.sin(k * 1.7));
    expect([...shutRatios(noisy)].every((ratio) => ratio === 0)).toBe(true);
  });

  it('shuts a still that smiles with its teeth', () => {
    expect([...shutRatios(gaps([1, 0.08]))]).toEqual([1]);
  });

  it('comes and goes in small steps around an opening, the same in both directions', () => {
    const ratios = [...shutRatios(gaps([40, 0.01], [10, 0.1], [40, 0.01]))];
    expect(ratios.slice(40, 50)).toEqual(Array(10).fill(1));
    expect(ratios[0]).toBe(0);
    for (let k = 1; k < ratios.length; k += 1) {
      expect(Math.abs(ratios[k]! - ratios[k - 1]!)).toBeLessThan(0.21);
    }
    expect([...ratios].reverse()).toEqual(ratios);
  });

  it('does not flicker while a mouth hovers about the threshold', () => {
    const hovering = Float32Array.from({ length: 60 }, (_, k) => (k % 2 === 0 ? 0.034 : 0.026));
    expect([...shutRatios(hovering)].every((ratio) => ratio === 1)).toBe(true);
  });

  it('stays shut through the short closures of recorded speech', () => {
    const speech = Float32Array.from({ length: 100 }, (_, k) => (k % 8 < 4 ? 0.1 : 0.005));
    expect([...shutRatios(speech)].every((ratio) => ratio === 1)).toBe(true);
  });
});
