import { describe, expect, test } from 'vitest';
import { createBudget } from '../../supabase/functions/_kit/budget.ts';

describe('the budget of a slice', () => {
  test('is used up by the wall clock', () => {
    let now = 5_000;
    const budget = createBudget({ now: () => now, cpu: () => 0, wallMs: 100 });
    now = 5_099;
    expect(budget.exhausted()).toBe(false);
    now = 5_100;
    expect(budget.exhausted()).toBe(true);
    expect(budget.spent()).toEqual({ wallMs: 100, cpuMs: 0 });
  });

  test('is used up by CPU', () => {
    let cpu = 700;
    const budget = createBudget({ now: () => 0, cpu: () => cpu, cpuMs: 50 });
    cpu = 749;
    expect(budget.exhausted()).toBe(false);
    cpu = 751;
    expect(budget.exhausted()).toBe(true);
    expect(budget.spent()).toEqual({ wallMs: 0, cpuMs: 51 });
  });

  test('counts from when it was made, not from when the process began', () => {
    expect(createBudget({ now: () => 1e9, cpu: () => 1e9 }).exhausted()).toBe(false);
  });

  test('is 100 s of wall clock and 1.5 s of CPU when nothing else is said', () => {
    let [now, cpu] = [0, 0];
    const budget = createBudget({ now: () => now, cpu: () => cpu });
    [now, cpu] = [99_999, 1_499];
    expect(budget.exhausted()).toBe(false);
    now = 100_000;
    expect(budget.exhausted()).toBe(true);
    [now, cpu] = [0, 1_500];
    expect(budget.exhausted()).toBe(true);
  });

  test('a clock that goes back does not give time back below zero', () => {
    let now = 100;
    const budget = createBudget({ now: () => now, cpu: () => 0 });
    now = 0;
    expect(budget.spent().wallMs).toBe(0);
  });

  test('notices work that is really done', () => {
    const budget = createBudget({ now: () => performance.now() });
    let sum = 0;
    while (budget.spent().cpuMs < 5) for (let count = 0; count < 10_000; count += 1) sum += Math.sqrt(count);
    expect(sum).toBeGreaterThan(0);
    expect(budget.spent().wallMs).toBeGreaterThan(0);
  });
});
