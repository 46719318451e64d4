import { describe, expect, it } from 'vitest';
import { pollInterval } from '../../web/src/lib/live.ts';
import { announcement } from '../../web/src/lib/retry-state.ts';
import { cutoffStage } from '../../web/src/lib/cutoff.ts';
import { countStatuses, openWork, problemsFirst, statusOf, worstStatus } from '../../web/src/lib/status.ts';

type Row = Parameters<typeof statusOf>[0] & { name: string };
const row = (name: string, health: Row['health'], more: Partial<Row> = {}): Row =>
  ({ name, health, monitor_late: false, enabled: true, reason: null, ...more });
const because = (rule: string) => ({ reason: { rule, severity: 'grey' } });

describe('the status shown', () => {
  it('is what the database found', () => {
    expect((['green', 'yellow', 'red'] as const).map((health) => statusOf(row('a', health)))).toEqual(['ok', 'warning', 'error']);
  });

  it('is unknown as soon as the monitor is late, green or not', () => {
    expect(statusOf(row('a', 'green', { monitor_late: true }))).toBe('unknown');
  });

  it('says why it is grey, and is unknown when nobody said', () => {
    expect(statusOf(row('a', 'grey', because('maintenance')))).toBe('maintenance');
    expect(statusOf(row('a', 'grey', because('never_run')))).toBe('waiting');
    expect(statusOf(row('a', 'grey', { ...because('disabled'), enabled: false }))).toBe('off');
    expect(statusOf(row('a', 'grey'))).toBe('unknown');
  });
});

describe('a list of integrations', () => {
  const rows = [row('Å', 'green'), row('Z', 'green'), row('B', 'yellow'), row('D', 'grey'), row('C', 'red')];

  it('begins with the problems and is otherwise alphabetical, Å last', () => {
    expect(problemsFirst(rows, new Intl.Collator('nb').compare).map(({ name }) => name)).toEqual(['C', 'D', 'B', 'Z', 'Å']);
  });

  it('is counted by status, worst first', () => {
    expect(countStatuses(rows)).toEqual([
      { kind: 'error', count: 1 }, { kind: 'unknown', count: 1 }, { kind: 'warning', count: 1 }, { kind: 'ok', count: 2 },
    ]);
  });

  it('gives the tab its worst status, and none to a page that knows nothing', () => {
    expect(worstStatus(rows)).toBe('error');
    expect(worstStatus([row('a', 'green')])).toBe('ok');
    expect(worstStatus([])).toBe('unknown');
    expect(worstStatus(undefined)).toBe('unknown');
  });
});

it('open records are split into those that need a person and those that go by themselves', () => {
  expect(openWork({ open_failed: 5, open_dead: 1, open_uncertain: 2, open_retrying: 3 }))
    .toEqual({ act: 8, automatic: 3, retryable: 6, total: 11 });
});

describe('looking again', () => {
  it('is every 5 s while something runs and every 30 s otherwise, give or take a tenth', () => {
    expect([pollInterval(true, 0, 0), pollInterval(true, 0, 0.5), pollInterval(true, 0, 1)]).toEqual([4_500, 5_000, 5_500]);
    expect(pollInterval(false, 0, 0.5)).toBe(30_000);
  });

  it('slows down while it fails, to five minutes at most', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => pollInterval(true, failures, 0.5)))
      .toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });
});

describe('a retry’s progress', () => {
  const retry = (exported: number, state = 'running') => ({ state, records: 100, exported, failed: 0 });

  it('says nothing when the card appears', () => {
    expect(announcement(retry(60), null).news).toBeNull();
    expect(announcement(retry(100, 'done'), null).news).toBeNull();
  });

  it('is spoken of at each quarter and once at the end', () => {
    expect(announcement(retry(20), 0).news).toBeNull();
    expect(announcement(retry(25), 0)).toEqual({ quarter: 1, news: 'quarter' });
    expect(announcement(retry(100, 'done'), 3)).toEqual({ quarter: 5, news: 'end' });
    expect(announcement(retry(100, 'done'), 5).news).toBeNull();
  });
});

it.each([
  [4 * 24, 5, 'calm'], [3 * 24, 5, 'soon'], [25, 5, 'soon'], [24, 5, 'urgent'], [1, 1, 'urgent'], [0, 5, 'passed'], [-1, 0, 'passed'], [1, 0, 'calm'],
] as const)('a cut-off in %d hours with %d records missing is %s', (hours, missing, stage) => {
  expect(cutoffStage(hours * 3_600_000, missing)).toBe(stage);
});
