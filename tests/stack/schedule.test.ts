import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextDue } from '../../scripts/stack/schedule.ts';
import { testDatabase } from '../support/stack.ts';

const at = (text: string): Date => new Date(`${text}Z`);

describe('a job is due next', () => {
  test.each([
    ['* * * * *', '2026-03-01T10:00:30', '2026-03-01T10:01:00'],
    ['*/15 * * * *', '2026-03-01T10:00:00', '2026-03-01T10:15:00'],
    ['17 3 * * *', '2026-03-01T10:00:00', '2026-03-02T03:17:00'],
    ['0 6 * * mon-fri', '2026-03-06T07:00:00', '2026-03-09T06:00:00'],
    ['0 0 $ * *', '2026-02-10T00:00:00', '2026-02-28T00:00:00'],
    // The night clocks go forward in Oslo: the schedule is in UTC and does not care.
    ['30 2 * * *', '2026-03-29T00:00:00', '2026-03-29T02:30:00'],
    ['10 seconds', '2026-03-01T10:00:07', '2026-03-01T10:00:17'],
  ])('%s after %s: %s', (schedule, after, expected) => {
    expect(nextDue(schedule, at(after))).toEqual(at(expected));
  });
});

test('what the database accepts as a schedule, the clock can read', async () => {
  const { sql } = await testDatabase();
  const field = (low: number, high: number): fc.Arbitrary<string> => fc.oneof(
    fc.constant('*'),
    fc.integer({ min: low, max: high }).map(String),
    fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 1, max: 99 }).map((step) => `*/${step}`),
    fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: 1, max: 99 })).map(([first, step]) => `${first}-${high}/${step}`),
    fc.array(fc.integer({ min: low, max: high }), { minLength: 2, maxLength: 4 }).map((list) => list.join(',')),
  );
  const schedule = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)).map((fields) => fields.join(' '));

  await fc.assert(fc.asyncProperty(schedule, async (text) => {
    const [known] = await sql`select cron._is_schedule(${text}) as good`;
    expect(known).toEqual({ good: true });
    const due = nextDue(text, at('2026-01-01T00:00:00'));
    expect(due && due > at('2026-01-01T00:00:00')).toBe(true);
  }), { numRuns: 60 });
});

test('the database refuses what pg_cron refuses as a schedule', async () => {
  const { sql } = await testDatabase();
  const wrong = [
    '', '* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '5-1 * * * *', '5/10 * * * *', '*/0 * * * *',
    '0 seconds', '60 seconds', '1 minute', 'x',
  ];

  for (const schedule of wrong) {
    await expect(sql`select cron.schedule('job', ${schedule}, 'select 1')`).rejects.toThrow(`invalid schedule: ${schedule}`);
  }
});
