import { describe, expect, it } from 'vitest';
import { isOver, periodOf, presetPeriod } from '../../web/src/features/report/period.ts';

describe('a period that is chosen by name', () => {
  it.each([
    ['thisWeek', '2026-11-20', '2026-11-16', '2026-11-22'],
    ['thisWeek', '2026-11-16', '2026-11-16', '2026-11-22'],
    ['thisWeek', '2026-11-22', '2026-11-16', '2026-11-22'],
    ['lastWeek', '2026-01-02', '2025-12-22', '2025-12-28'],
    ['thisMonth', '2028-02-10', '2028-02-01', '2028-02-29'],
    ['lastMonth', '2026-01-31', '2025-12-01', '2025-12-31'],
    ['lastMonth', '2026-03-31', '2026-02-01', '2026-02-28'],
  ] as const)('%s, seen on %s, is %s to %s', (preset, today, from, to) => {
    expect(presetPeriod(preset, today)).toEqual({ from, to });
  });
});

describe('a period in an address', () => {
  const read = (query: string) => periodOf(new URLSearchParams(query), '2026-11-20');
  const running = { from: '2026-11-01', to: '2026-11-30' };

  it('is taken as it stands', () => {
    expect(read('from=2026-10-05&to=2026-10-05')).toEqual({ from: '2026-10-05', to: '2026-10-05' });
  });

  it.each(['', 'from=2026-10-05', 'from=2026-11-31&to=2026-12-01', 'from=2026-11-02&to=2026-11-01', 'from=x&to=y', 'from=2024-01-01&to=2026-01-01'])(
    'that is none (%s) is the running month', (query) => expect(read(query)).toEqual(running));

  it('is over on the day after its last', () => {
    expect([isOver(running, '2026-11-30'), isOver(running, '2026-12-01')]).toEqual([false, true]);
  });
});
