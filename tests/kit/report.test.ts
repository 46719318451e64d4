import { describe, expect, it } from 'vitest';
import type { ReportRecord } from '../../supabase/functions/_kit/report/build.ts';
import { checkReport } from '../../supabase/functions/_kit/report/check.ts';
import type { Issue } from '../../supabase/functions/_kit/report/check.ts';
import { sumOf } from '../../supabase/functions/_kit/report/decimal.ts';
import { decide, fingerprintOf, handIn, unlock } from '../../supabase/functions/_kit/report/hand-in.ts';
import { template } from '../../supabase/functions/_kit/report/template.ts';
import { bufdir20261 } from '../../supabase/functions/_kit/report/templates/bufdir-2026-1.ts';
import { activities, fields, period, reportOf } from './support/activities.ts';

const issuesOf = (records: ReportRecord[], own: Record<string, unknown> = {}): Issue[] => checkReport(bufdir20261, reportOf(records, own));
const one = (change: Partial<ReportRecord>, payload: Record<string, unknown> = {}): ReportRecord[] => {
  const [first] = activities(1) as [ReportRecord];
  return [{ ...first, ...change, payload: { ...first.payload, ...payload } }];
};
const spent = { spent: '100.10' };

describe('building a report', () => {
  it('takes the records of the period in the order of their days, however they come', () => {
    const records = activities(3);
    expect(reportOf(records).rows.map(({ record }) => record)).toEqual([1, 2, 3]);
    expect(reportOf([...records].reverse())).toEqual(reportOf(records));
  });

  it('says of every record that is not in it why', () => {
    const [before, after, kind, inside] = activities(4) as [ReportRecord, ReportRecord, ReportRecord, ReportRecord];
    const report = reportOf([{ ...before, occurredOn: '2025-12-31' }, { ...after, occurredOn: '2026-07-01' }, {
      ...kind,
      sourceType: 'invoice',
    }, inside]);
    expect(report.rows.map(({ record }) => record)).toEqual([4]);
    expect(report.leftOut).toEqual([
      { record: 1, reason: 'outside_period' },
      { record: 3, reason: 'another_kind' },
      { record: 2, reason: 'outside_period' },
    ]);
  });

  it('takes the first and the last day of the period', () => {
    const [first, last] = activities(2) as [ReportRecord, ReportRecord];
    expect(reportOf([{ ...first, occurredOn: period.from }, { ...last, occurredOn: period.to }]).rows).toHaveLength(2);
  });

  it('keeps a record without a day, for the check to find', () => {
    expect(issuesOf(one({ occurredOn: null }), spent)).toEqual([
      { path: '/rows/0/day', code: 'MissingValue', message: '"Dato" is missing.', record: 1, field: 'occurredOn' },
    ]);
  });
});

describe('checking before handing in', () => {
  it('finds nothing wrong with a good report', () => {
    expect(issuesOf(activities(2), { spent: '200.30' })).toEqual([]);
  });

  it.each<[string, Partial<ReportRecord>, Record<string, unknown>, Partial<Issue>]>([
    ['a missing value', {}, { participants: null }, {
      path: '/rows/0/participants',
      code: 'MissingValue',
      field: 'participants',
      record: 1,
    }],
    ['a blank value', {}, { participants: '  ' }, { code: 'MissingValue' }],
    ['a value that is too long', {}, { description: 'x'.repeat(501) }, { path: '/rows/0/description', code: 'TooLongValue' }],
    ['a value of another form', {}, { municipality: '301' }, {
      code: 'PatternMatchError',
      message: '"Kommunenummer" is "301"; it must be four digits.',
    }],
    ['a choice that is none', {}, { activity: 'fest' }, { code: 'IncorrectValue', field: 'activity' }],
    ['a number that is none', {}, { participants: 'tolv' }, { code: 'IncorrectValue' }],
    ['half a participant', {}, { participants: '1.5' }, {
      code: 'IncorrectValue',
      message: '"Deltakere" is "1.5"; it may have no decimals.',
    }],
    ['fewer than none', {}, { participants: -1 }, { code: 'IncorrectValue', message: '"Deltakere" is "-1"; it must be at least 0.' }],
    ['more than there are', {}, { participants: 100_001 }, { code: 'IncorrectValue' }],
    ['another currency', { currency: 'EUR' }, {}, {
      path: '/rows/0/currency',
      code: 'IncorrectValue',
      message: 'The amount is in EUR; the report is in NOK.',
    }],
    ['a list where a value belongs', {}, { description: ['a'] }, { code: 'IncorrectValue' }],
    ['characters no file can hold', {}, { description: 'a\u0000b' }, { code: 'IncorrectValue' }],
  ])('names %s by its place and its record', (_, change, payload, issue) => {
    const issues = issuesOf(one(change, payload), spent);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject(issue);
  });

  it.each<[string, Record<string, unknown>, Partial<Issue>]>([
    ['missing', { grantNumber: null }, { path: '/fields/grantNumber', code: 'MissingValue', record: null }],
    ['too short', { summary: 'Bra.' }, { path: '/fields/summary', code: 'TooShortValue' }],
    ['of another form', { organizationNumber: '712345678' }, { code: 'PatternMatchError' }],
    ['not the sum of its rows', { spent: '100.00' }, {
      path: '/fields/spent',
      code: 'IncorrectValue',
      message: '"Brukt av tilskuddet" is 100.00; the rows come to 100.10.',
    }],
  ])('names a field that is %s', (_, own, issue) => {
    expect(issuesOf(activities(1), { ...spent, ...own })).toMatchObject([issue]);
  });

  it('counts the rows', () => {
    expect(issuesOf([], { spent: '0' })).toMatchObject([{
      path: '/rows',
      code: 'CountOutOfRange',
      message: 'The report has 0 rows; at least 1 are asked for.',
    }]);
  });

  it('finds the same row twice', () => {
    const [first, second] = activities(2) as [ReportRecord, ReportRecord];
    expect(issuesOf([first, { ...second, sourceId: first.sourceId }], { spent: '200.30' })).toMatchObject([
      { path: '/rows/1', message: '"Referanse": the same as in row 1.', record: 2 },
    ]);
  });

  it('adds up exactly what a floating number would not', () => {
    expect(sumOf(['0.1', '0.2', '123456789012345.67'])).toBe('123456789012345.97');
    expect(sumOf(['-0.05', '0.01'])).toBe('-0.04');
    expect(sumOf([])).toBe('0');
  });
});

describe('handing in', () => {
  const at = new Date('2026-07-05T10:00:00Z');
  const report = reportOf(activities(2), { spent: '200.30' });
  const changed = reportOf(activities(3));
  const done = handIn(report, fingerprintOf(report), at, 'kari');

  it('may happen when nothing is wrong', () => {
    expect(decide(report, [], [])).toEqual({ may: 'hand_in', fingerprint: fingerprintOf(report), replaces: null });
  });

  it('may not happen while something is wrong', () => {
    expect(decide(report, issuesOf([], {}), [])).toMatchObject({ may: 'nothing', reason: 'issues' });
  });

  it('gives a copy of the very same, whatever has become wrong since', () => {
    expect(decide(report, issuesOf([], {}), [done])).toEqual({ may: 'copy', fingerprint: done.fingerprint, of: done });
  });

  it('refuses a changed report of the period until it is unlocked', () => {
    expect(decide(changed, [], [done])).toMatchObject({
      may: 'nothing',
      reason: 'locked',
      message: expect.stringContaining('handed in on 2026-07-05 by kari') as string,
    });
    const open = unlock(done, at, 'per', 'An activity was missing');
    expect(decide(changed, [], [open])).toEqual({ may: 'hand_in', fingerprint: fingerprintOf(changed), replaces: open });
  });

  it('locks again with the new handing in', () => {
    const open = unlock(done, at, 'per', 'An activity was missing');
    const again = handIn(changed, fingerprintOf(changed), new Date('2026-07-06T10:00:00Z'), 'per');
    expect(decide(report, [], [open, again])).toMatchObject({ may: 'nothing', reason: 'locked' });
  });

  it('is not unlocked without a reason', () => {
    expect(() => unlock(done, at, 'per', '  ')).toThrow('A reason is asked for.');
  });

  it('refuses a period that shares days with one that was handed in', () => {
    const longer = { ...changed, period: { from: '2026-06-01', to: '2026-12-31' } };
    expect(decide(longer, [], [done])).toMatchObject({ may: 'nothing', reason: 'overlaps' });
    expect(decide({ ...longer, period: { from: '2026-07-01', to: '2026-12-31' } }, [], [done])).toMatchObject({ may: 'hand_in' });
    expect(decide({ ...longer, scheme: 'another' }, [], [done])).toMatchObject({ may: 'hand_in' });
  });

  it('tells contents apart by what is in them, not by how it was handed in', () => {
    expect(fingerprintOf(reportOf(activities(2).reverse(), { spent: '200.30' }))).toBe(done.fingerprint);
    expect(fingerprintOf(reportOf(activities(2), { spent: '200.31' }))).not.toBe(done.fingerprint);
  });
});

describe('a template', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'two columns of one key',
      { columns: [bufdir20261.columns[0], bufdir20261.columns[0]], unique: [], sums: [] },
      'Two columns have the same key.',
    ],
    [
      'a choice without choices',
      { columns: [{ key: 'a', from: 'a', title: 'A', as: 'choice' }], unique: [], sums: [] },
      'A choice has choices, and nothing else has.',
    ],
    ['a name of rows that is no column', { unique: ['colour'] }, 'There is no column colour.'],
    ['a sum of texts', { sums: [{ field: 'summary', column: 'amount' }] }, 'Only numbers can be summed up.'],
    ['a pattern that is none', { fields: [{ ...bufdir20261.fields[0], pattern: '(' }], sums: [] }, 'Is not a regular expression.'],
    [
      'a shortest above the longest',
      { fields: [{ ...bufdir20261.fields[0], minLength: 300 }], sums: [] },
      'The shortest is longer than the longest.',
    ],
  ])('is refused with %s', (_, change, sentence) => {
    expect(template.safeParse({ ...bufdir20261, ...change }).error?.issues.map(({ message }) => message)).toEqual([sentence]);
  });

  it('has fields for everything the tests hand in', () => {
    expect(bufdir20261.fields.map(({ key }) => key)).toEqual(Object.keys(fields));
  });
});
