import { describe, expect, it } from 'vitest';
import type { GrantRecord } from '../../web/src/features/grant-report/form/build.ts';
import { checkReport } from '../../web/src/features/grant-report/form/check.ts';
import type { Issue, Wrong } from '../../web/src/features/grant-report/form/check.ts';
import { lockOf } from '../../web/src/features/grant-report/form/lock.ts';
import { sumOf } from '../../web/src/features/grant-report/form/sums.ts';
import { template } from '../../web/src/features/grant-report/form/template.ts';
import { bufdir20261 } from '../../web/src/features/grant-report/form/bufdir-2026-1.ts';
import { issueWords } from '../../web/src/features/grant-report/issue-words.ts';
import { activities, fields, period, reportOf } from './support/activities.ts';

type Said = Omit<Issue, 'wrong' | 'title'> & { message: string };
/** The issues, each with its sentence in English. */
const issuesOf = (records: GrantRecord[], own: Record<string, unknown> = {}): Said[] =>
  checkReport(bufdir20261, reportOf(records, own)).map((issue) => {
    const { path, code, record, field } = issue;
    return { path, code, message: issueWords.en(issue), record, field };
  });
const one = (change: Partial<GrantRecord>, payload: Record<string, unknown> = {}): GrantRecord[] => {
  const [first] = activities(1) as [GrantRecord];
  return [{ ...first, ...change, payload: { ...first.payload, ...payload } }];
};
const spent = { spent: '100.10' };

describe('building a report', () => {
  it('takes the records of the period in the order of their days, however they come', () => {
    const records = activities(3);
    expect(reportOf(records).rows.map(({ record }) => record)).toEqual(['1', '2', '3']);
    expect(reportOf([...records].reverse())).toEqual(reportOf(records));
  });

  it('says of every record that is not in it why', () => {
    const [before, after, kind, inside] = activities(4) as [GrantRecord, GrantRecord, GrantRecord, GrantRecord];
    const report = reportOf([{ ...before, occurredOn: '2025-12-31' }, { ...after, occurredOn: '2026-07-01' }, {
      ...kind,
      sourceType: 'invoice',
    }, inside]);
    expect(report.rows.map(({ record }) => record)).toEqual(['4']);
    expect(report.leftOut).toEqual([
      { record: '1', reason: 'outside_period' },
      { record: '3', reason: 'another_kind' },
      { record: '2', reason: 'outside_period' },
    ]);
  });

  it('leaves out what was taken out on purpose, and says so', () => {
    const [first, second] = activities(2) as [GrantRecord, GrantRecord];
    const report = reportOf([first, { ...second, dismissed: true }]);
    expect([report.rows.map(({ record }) => record), report.leftOut]).toEqual([['1'], [{ record: '2', reason: 'dismissed' }]]);
  });

  it('takes the first and the last day of the period', () => {
    const [first, last] = activities(2) as [GrantRecord, GrantRecord];
    expect(reportOf([{ ...first, occurredOn: period.from }, { ...last, occurredOn: period.to }]).rows).toHaveLength(2);
  });

  it('keeps a record without a day, for the check to find', () => {
    expect(issuesOf(one({ occurredOn: null }), spent)).toEqual([
      { path: '/rows/0/day', code: 'MissingValue', message: '“Dato” is missing.', record: '1', field: 'occurredOn' },
    ]);
  });
});

describe('checking before handing in', () => {
  it('finds nothing wrong with a good report', () => {
    expect(issuesOf(activities(2), { spent: '200.30' })).toEqual([]);
  });

  it.each<[string, Partial<GrantRecord>, Record<string, unknown>, Partial<Said>]>([
    ['a missing value', {}, { participants: null }, {
      path: '/rows/0/participants',
      code: 'MissingValue',
      field: 'participants',
      record: '1',
    }],
    ['a blank value', {}, { participants: '  ' }, { code: 'MissingValue' }],
    ['a value that is too long', {}, { description: 'x'.repeat(501) }, { path: '/rows/0/description', code: 'TooLongValue' }],
    ['a value of another form', {}, { municipality: '301' }, {
      code: 'PatternMatchError',
      message: '“Kommunenummer” is “301”; it must be four digits.',
    }],
    ['a choice that is none', {}, { activity: 'fest' }, { code: 'IncorrectValue', field: 'activity' }],
    ['a number that is none', {}, { participants: 'tolv' }, { code: 'IncorrectValue' }],
    ['half a participant', {}, { participants: '1.5' }, {
      code: 'IncorrectValue',
      message: '“Deltakere” is “1.5”; it may have no decimals.',
    }],
    ['fewer than none', {}, { participants: -1 }, { code: 'IncorrectValue', message: '“Deltakere” is “-1”; it must be at least 0.' }],
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

  it.each<[string, Record<string, unknown>, Partial<Said>]>([
    ['missing', { grantNumber: null }, { path: '/fields/grantNumber', code: 'MissingValue', record: null }],
    ['too short', { summary: 'Bra.' }, { path: '/fields/summary', code: 'TooShortValue' }],
    ['of another form', { organizationNumber: '712345678' }, { code: 'PatternMatchError' }],
    ['not the sum of its rows', { spent: '100.00' }, {
      path: '/fields/spent',
      code: 'IncorrectValue',
      message: '“Brukt av tilskuddet” is 100.00; the rows come to 100.10.',
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
    const [first, second] = activities(2) as [GrantRecord, GrantRecord];
    expect(issuesOf([first, { ...second, sourceId: first.sourceId }], { spent: '200.30' })).toMatchObject([
      { path: '/rows/1', message: '“Referanse” is the same as in row 1.', record: '2' },
    ]);
  });

  it('says every thing that can be wrong in both languages, with its values', () => {
    const wrongs: Wrong[] = [
      { is: 'missing' }, { is: 'not_one_value' }, { is: 'unwritable' }, { is: 'too_long', length: 501, bound: 500 }, { is: 'too_short', length: 4, bound: 50 },
      { is: 'pattern', value: '301', says: { nb: 'fire sifre', en: 'four digits' }, pattern: '^\\d{4}$' },
      { is: 'pattern', value: '301', says: undefined, pattern: '^\\d{4}$' }, { is: 'no_choice', value: 'fest', choices: ['kurs'] },
      { is: 'no_day', value: 'i går' }, { is: 'no_number', value: 'tolv' }, { is: 'decimals', value: '1.555', bound: 2 },
      { is: 'too_small', value: '-1', bound: '0' }, { is: 'too_large', value: '11', bound: '10' }, { is: 'too_few', rows: 0, bound: 1 },
      { is: 'too_many', rows: 9, bound: 8 }, { is: 'currency', value: 'EUR', bound: 'NOK' }, { is: 'repeated', row: 3 }, { is: 'no_sum', value: '1.00', sum: '2.00' },
    ];
    for (const wrong of wrongs) {
      const issue: Issue = { path: '/rows/0/a', code: 'IncorrectValue', wrong, title: 'Feltet', record: null, field: null };
      for (const say of [issueWords.nb, issueWords.en]) {
        const sentence = say(issue);
        expect(sentence).toMatch(/^[“«\p{Lu}].*\.$/u);
        if ('value' in wrong) expect(sentence).toContain(wrong.value);
      }
      expect(issueWords.nb(issue)).not.toBe(issueWords.en(issue));
    }
  });

  it('adds up exactly what a floating number would not', () => {
    expect(sumOf(['0.1', '0.2', '123456789012345.67'])).toBe('123456789012345.97');
    expect(sumOf(['-0.05', '0.01'])).toBe('-0.04');
    expect(sumOf([])).toBe('0');
  });
});

describe('the days of a report', () => {
  const done = { scheme: bufdir20261.scheme, first_day: period.from, last_day: period.to, unlocked_at: null };
  const unlocked = { ...done, unlocked_at: '2026-07-06T10:00:00Z' };
  const longer = { from: '2026-06-01', to: '2026-12-31' };

  it.each<[string, typeof period, (typeof done | typeof unlocked)[], boolean | null]>([
    ['free before anything was handed in', period, [], null],
    ['taken by the report of the same days', period, [done], true],
    ['free once that is unlocked', period, [unlocked], null],
    ['taken again by the report handed in after the unlocking', period, [done, unlocked], true],
    ['taken by another report that shares a day', longer, [done], false],
    ['free beside a report that ends the day before', { ...longer, from: '2026-07-01' }, [done], null],
    ['free beside a report of another scheme', period, [{ ...done, scheme: 'another' }], null],
  ])('are %s', (_, span, handedIn, isSame) => {
    expect(lockOf(bufdir20261.scheme, span, handedIn)?.isSame ?? null).toBe(isSame);
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
