import { describe, expect, it } from 'vitest';
import { table } from './console-table.ts';
import { rounded } from './figures.ts';
import { goalText, GOALS, judge, valueText, type Goal } from './goals.ts';

const goals: Goal[] = [
  { figure: 'speech.recall', label: 'recall', min: 0.95, digits: 2 },
  { figure: 'ratio', label: 'ratio', min: 0.9, max: 1.2, digits: 1 },
  { figure: 'error', label: 'error', max: 0, digits: 0, unit: 'px' },
];

describe('goals', () => {
  it('are met at their limits and missed beyond', () => {
    const at = judge({ speech: { recall: 0.95 }, ratio: 1.2, error: 0 }, goals);
    expect(at.map(({ isMet }) => isMet)).toEqual([true, true, true]);
    const beyond = judge({ speech: { recall: 0.94 }, ratio: 0.89, error: 1 }, goals);
    expect(beyond.map(({ isMet }) => isMet)).toEqual([false, false, false]);
  });

  it('are neither met nor missed when the figure was not measured', () => {
    const results = judge({ speech: null, ratio: Number.NaN }, goals);
    expect(results.map(({ value, isMet }) => [value, isMet])).toEqual(Array(3).fill([null, null]));
    expect(valueText(results[0]!)).toBe('–');
  });

  it('read as a person would write them', () => {
    expect(goals.map(goalText)).toEqual(['≥ 0.95', '0.9 to 1.2', '0 px']);
    const [result] = judge({ offset: -12.4 }, [
      { figure: 'offset', label: '', min: -40, max: 40, digits: 0, unit: 'ms' },
    ]);
    expect([valueText(result!), goalText(result!)]).toEqual(['−12 ms', '−40 to 40 ms']);
  });

  it('name each figure once', () => {
    const figures = GOALS.map(({ figure }) => figure);
    expect(new Set(figures).size).toBe(figures.length);
  });
});

describe('the console table', () => {
  it('lines columns up', () => {
    expect(
      table(
        ['figure', 'n'],
        [
          ['jaw', '12'],
          ['lips and chin', '3'],
        ],
      ),
    ).toEqual(['figure          n', '─────────────  ──', 'jaw            12', 'lips and chin   3']);
  });
});

describe('rounded', () => {
  it('keeps five digits, and no number stands for what is none', () => {
    expect(rounded({ a: [1.23456789, Number.NaN], b: 'x', c: null })).toEqual({
      a: [1.2346, null],
      b: 'x',
      c: null,
    });
  });
});
