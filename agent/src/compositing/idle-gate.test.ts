import { describe, expect, it } from 'vitest';
import { IdleGate } from './idle-gate.ts';

const take = (count: number, next: () => number): number[] => Array.from({ length: count }, next);

describe('IdleGate', () => {
  it('rests until somebody speaks', () => {
    const gate = new IdleGate({ fadeMs: 120 });
    expect(take(3, () => gate.next(false))).toEqual([0, 0, 0]);
  });

  it('fades in and out over fadeMs and ends exactly at 1 and 0', () => {
    const gate = new IdleGate({ fadeMs: 120 });
    const up = take(4, () => gate.next(true));
    expect(up[0]).toBeCloseTo(1 / 3);
    expect(up[1]).toBeCloseTo(2 / 3);
    expect(up.slice(2)).toEqual([1, 1]);
    const down = take(4, () => gate.next(false));
    expect(down[0]).toBeCloseTo(2 / 3);
    expect(down.slice(2)).toEqual([0, 0]);
  });

  it('turns round in the middle of a fade without a jump', () => {
    const gate = new IdleGate({ fadeMs: 200 });
    take(2, () => gate.next(true));
    expect(gate.next(false)).toBeCloseTo(0.2);
    expect(gate.next(true)).toBeCloseTo(0.4);
  });

  it('switches at once when the fade is one frame or less', () => {
    for (const fadeMs of [0, 40]) {
      const gate = new IdleGate({ fadeMs });
      expect(gate.next(true)).toBe(1);
      expect(gate.next(false)).toBe(0);
    }
  });

  it('closes within two frames after an interruption, however long the fade', () => {
    const gate = new IdleGate({ fadeMs: 1000 });
    take(30, () => gate.next(true));
    gate.resumeFrom(1);
    expect(take(3, () => gate.nextClosing())).toEqual([0.5, 0, 0]);
  });

  it('refuses a fade that is no length', () => {
    expect(() => new IdleGate({ fadeMs: Number.NaN })).toThrow('fadeMs must be ≥ 0, got NaN');
  });
});
