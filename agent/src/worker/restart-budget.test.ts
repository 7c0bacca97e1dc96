import { expect, it } from 'vitest';
import { RestartBudget } from './restart-budget.ts';

it('restarts at once, then after growing pauses, and the fourth time within a minute not at all', () => {
  const budget = new RestartBudget();
  expect([0, 100, 1500, 6000].map((nowMs) => budget.take('ann', nowMs))).toEqual([
    0,
    1000,
    4000,
    undefined,
  ]);
});

it('counts every session for itself', () => {
  const budget = new RestartBudget();
  for (let i = 0; i < 4; i += 1) budget.take('ann', i);
  expect(budget.take('bob', 10)).toBe(0);
});

it('forgets what is longer than a minute ago', () => {
  const budget = new RestartBudget();
  for (const nowMs of [0, 1000, 2000]) budget.take('ann', nowMs);
  expect(budget.take('ann', 59_000)).toBeUndefined();
  expect(budget.take('ann', 61_500)).toBe(1000);
});
