import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHART, chartShapes, roundUp } from '../../web/src/lib/chart.ts';
import { stepBar, tickPaths } from '../../web/src/lib/ticks.ts';
import { weekHours, weekPaths } from '../../web/src/lib/week.ts';

describe('the tick bar', () => {
  it('says each status by height as well as by colour, and fills up from the left', () => {
    const paths = tickPaths(['ok', 'warning', 'error']);
    expect(paths.map(({ kind }) => kind)).toEqual(['none', 'ok', 'warning', 'error']);
    expect(paths.map(({ d }) => Number(/v(\d+)/.exec(d)?.[1]))).toEqual([3, 17, 22, 28]);
    expect(paths.flatMap(({ d }) => d.match(/M/g) ?? [])).toHaveLength(30);
  });

  it('is walked by arrows, Home and End, and let go by Esc', () => {
    expect(stepBar('ArrowLeft', null, 5)).toBe(4);
    expect(stepBar('ArrowLeft', 0, 5)).toBe(0);
    expect(stepBar('ArrowRight', 3, 5)).toBe(4);
    expect(stepBar('Home', 3, 5)).toBe(0);
    expect(stepBar('End', 3, 5)).toBe(4);
    expect(stepBar('Escape', 3, 5)).toBeNull();
    expect(stepBar('Escape', null, 5)).toBeUndefined();
    expect(stepBar('Home', null, 0)).toBeUndefined();
  });
});

describe('the band of a week', () => {
  const week = `${'?'.repeat(40)}${'g'.repeat(30)}rryy${'g'.repeat(10)}`;

  it('draws neighbours alike as one block, each status at a height of its own', () => {
    const paths = weekPaths(week);
    expect(paths.map(({ kind, d }) => [kind, d.match(/M/g)?.length])).toEqual([['unknown', 1], ['ok', 2], ['error', 1], ['warning', 1]]);
    expect(new Set(paths.map(({ d }) => /v(\d+)/.exec(d)?.[1])).size).toBe(4);
  });

  it('is as long as the week, whatever letters it has', () => {
    fc.assert(fc.property(fc.string({ minLength: 84, maxLength: 84, unit: fc.constantFrom('r', 'y', 'g', '-', '?', 'x') }), (letters) => {
      const drawn = weekPaths(letters).flatMap(({ d }) => [...d.matchAll(/h(\d+)v/g)].map(([, length]) => Number(length)));
      expect(drawn.reduce((sum, length) => sum + length, 0)).toBe(84);
      expect(weekHours(letters).reduce((sum, { hours }) => sum + hours, 0)).toBe(168);
    }));
  });

  it('is told in hours, the worst first', () => {
    expect(weekHours(week)).toEqual([{ kind: 'error', hours: 4 }, { kind: 'warning', hours: 4 }, { kind: 'unknown', hours: 80 }, { kind: 'ok', hours: 80 }]);
  });
});

describe('the chart of runs', () => {
  const bar = { sent: 10, failed: 0, failed_runs: 0, active_runs: 0, typical_ms: 1000, longest_ms: 3000, changes: 0, in_maintenance: false };

  it('shows a single failure among ten thousand, a failed run that moved nothing, and one that is under way', () => {
    const shapes = chartShapes([{ ...bar, sent: 10_000, failed: 1, failed_runs: 1 }, { ...bar, sent: 0, failed_runs: 1 }, { ...bar, sent: 0, active_runs: 1 }]);
    expect(shapes.failed).toMatch(/v2\.0/);
    expect(shapes.failedRuns.match(/M/g)).toHaveLength(2);
    expect(shapes.active.match(/M/g)).toHaveLength(1);
  });

  it('marks where the configuration changed and where there was maintenance', () => {
    const shapes = chartShapes([{ ...bar, changes: 2 }, { ...bar, in_maintenance: true }, bar]);
    expect([shapes.changes.match(/M/g)?.length, shapes.maintenance.match(/M/g)?.length]).toEqual([1, 1]);
  });

  it('never draws outside its frame and breaks the line where there are no runs', () => {
    const any = fc.record({
      sent: fc.nat(1e6), failed: fc.nat(1e6), failed_runs: fc.nat(2), active_runs: fc.nat(1), changes: fc.nat(1), in_maintenance: fc.boolean(),
      typical_ms: fc.option(fc.nat(1e7)), longest_ms: fc.option(fc.nat(1e7)),
    }).map((one) => ({ ...one, longest_ms: one.typical_ms === null ? null : Math.max(one.typical_ms, one.longest_ms ?? 0) }));
    fc.assert(fc.property(fc.array(any, { maxLength: 60 }), (bars) => {
      const shapes = chartShapes(bars);
      const tops = [...`${shapes.sent}${shapes.failed}${shapes.active}`.matchAll(/M[\d.-]+ ([\d.-]+)/g)].map(([, y]) => Number(y));
      expect(tops.every((y) => y >= -0.1 && y <= CHART.plot)).toBe(true);
      expect(`${shapes.duration}${shapes.longest}`).not.toMatch(/NaN|Infinity/);
      const lines = bars.filter((one, i) => one.typical_ms !== null && (bars[i - 1]?.typical_ms ?? null) === null);
      expect(shapes.duration.match(/M/g)?.length ?? 0).toBe(lines.length);
    }));
  });

  it('ends its axis on a whole round number at or above the highest bar', () => {
    fc.assert(fc.property(fc.nat(1e9), (n) => {
      const top = roundUp(n);
      expect(top).toBeGreaterThanOrEqual(n);
      expect(top).toBeLessThanOrEqual(Math.max(1, n * 2));
      expect(Number.isInteger(top)).toBe(true);
    }));
  });
});

describe('the colours', () => {
  const css = readFileSync(new URL('../../web/src/styles/tokens.css', import.meta.url), 'utf8');
  const found = [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)];
  const pairs = new Map(found.map(([, name, light, dark]) => [name, { light, dark }]));
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: string, other: string, theme: 'light' | 'dark') => {
    const [a = 0, b = 0] = [one, other].map((name) => luminance(pairs.get(name)?.[theme] ?? '')).toSorted((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };

  it.each([
    ['text', 'surface', 4.5], ['text', 'canvas', 4.5], ['muted', 'surface', 4.5], ['muted', 'canvas', 4.5], ['muted', 'sunken', 4.5],
    ['accent', 'surface', 4.5], ['accent', 'canvas', 4.5], ['accent', 'sunken', 4.5], ['on-accent', 'accent', 4.5],
    ['surface', 'error', 4.5], ['error', 'surface', 4.5],
    ['ok', 'ok-ground', 4.5], ['warning', 'warning-ground', 4.5], ['error', 'error-ground', 4.5], ['info', 'info-ground', 4.5],
    ['off', 'off-ground', 4.5], ['text', 'off-ground', 4.5], ['maintenance', 'maintenance-ground', 4.5], ['info', 'surface', 4.5],
    ['control', 'surface', 3], ['control', 'canvas', 3], ['ok-fill', 'surface', 3], ['warning-fill', 'surface', 3],
    ['error-fill', 'surface', 3], ['off-fill', 'surface', 3],
  ])('%s on %s have a contrast of at least %d:1, light and dark', (one, other, least) => {
    expect(contrast(one, other, 'light')).toBeGreaterThanOrEqual(least);
    expect(contrast(one, other, 'dark')).toBeGreaterThanOrEqual(least);
  });
});
