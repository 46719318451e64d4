import { describe, expect, it } from 'vitest';
import { fieldsOf, firstDraft } from '../../web/src/features/grant-report/draft.ts';
import { bufdir20261 } from '../../web/src/features/grant-report/form/bufdir-2026-1.ts';
import { FORMS, formKey, formOf } from '../../web/src/features/grant-report/forms.ts';
import { chosenOf, presetSpan, spanOf } from '../../web/src/features/grant-report/grant-period.ts';
import type { HandedInReport } from '../../web/src/features/grant-report/queries.ts';
import { differencesOf, isLeftOutNow } from '../../web/src/features/grant-report/record-differences.ts';
import { grantWords } from '../../web/src/features/grant-report/words.ts';
import { activities } from './support/activities.ts';

const handedIn = (fields: Record<string, unknown>, scheme = bufdir20261.scheme): HandedInReport => ({
  id: '1', scheme, version: '2026-1', first_day: '2025-01-01', last_day: '2025-12-31', fields, totals: { records: 0, amounts: [] }, csv_sha256: '', xlsx_sha256: '',
  reference: null, handed_in_on: '2026-01-05', handed_in_name: 'Arne', handed_in_at: '2026-01-05T10:00:00Z', unlocked_name: null, unlocked_at: null, unlock_reason: null,
  changed: false,
});

describe('what a form begins with', () => {
  it('is the organization’s name where nothing was handed in', () => {
    expect(firstDraft(bufdir20261, 'Nordlys', [])).toEqual({ organization: 'Nordlys' });
    expect(firstDraft(bufdir20261, 'Nordlys', [handedIn({ contact: 'Kari' }, 'another')])).toEqual({ organization: 'Nordlys' });
  });

  it('is who reported on what grant the last time, and nothing of that period', () => {
    const last = { organization: 'Nordlys forbund', organizationNumber: '912345678', grantNumber: 'T-1', contact: null, spent: '100.00', summary: 'Bra.' };
    expect(firstDraft(bufdir20261, 'Nordlys', [handedIn(last)])).toEqual({ organization: 'Nordlys forbund', organizationNumber: '912345678', grantNumber: 'T-1' });
  });
});

it('what is typed is trimmed, numbers with any comma and blanks are decimal text, and what is empty is none', () => {
  const typed = { organization: ' Nordlys ', spent: '1 234\u00a0567,50', summary: '  ', strange: 'x' };
  expect(fieldsOf(bufdir20261, typed)).toEqual({
    organization: 'Nordlys', organizationNumber: null, grantNumber: null, contact: null, spent: '1234567.50', summary: null,
  });
});

describe('the days of an address', () => {
  it.each([
    ['lastQuarter', '2026-11-21', '2026-07-01', '2026-09-30'], ['lastQuarter', '2026-02-28', '2025-10-01', '2025-12-31'],
    ['lastHalf', '2026-11-21', '2026-01-01', '2026-06-30'], ['lastHalf', '2026-06-30', '2025-07-01', '2025-12-31'], ['lastYear', '2026-01-01', '2025-01-01', '2025-12-31'],
  ] as const)('%s seen from %s is %s to %s', (preset, today, from, to) => {
    expect(presetSpan(preset, today)).toEqual({ from, to });
  });

  it.each(['', 'from=2026-02-30&to=2026-03-01', 'from=2026-03-01&to=2026-02-01', 'from=2020-01-01&to=2026-01-01'])('“%s” that cannot be are the last half-year', (search) => {
    expect(spanOf(new URLSearchParams(search), '2026-11-21')).toEqual({ from: '2026-01-01', to: '2026-06-30' });
  });

  it('come with a form that is there, and with integrations or all', () => {
    expect(formOf(new URLSearchParams({ form: formKey(bufdir20261) }))).toBe(bufdir20261);
    expect(formOf(new URLSearchParams({ form: 'x@1' }))).toBe(FORMS[0]);
    expect(new Set(FORMS.map(formKey)).size).toBe(FORMS.length);
    expect([chosenOf(new URLSearchParams('only=a,b')), chosenOf(new URLSearchParams('only='))]).toEqual([['a', 'b'], null]);
  });
});

describe('a record that is other than when it was handed in', () => {
  const [before] = activities(1);
  const after = { ...before, amount: '99.99', payload: { ...before?.payload, participants: '13', hours: null } };
  const change = { record_id: '1', slug: 'a', source_id: 'A-0001', change: 'changed' as const };

  it('shows what the form shows differently, by the form’s names', () => {
    expect(differencesOf(bufdir20261, { ...change, before: before as never, after: after as never })).toEqual([
      { key: 'participants', title: 'Deltakere', was: '12', now: '13' }, { key: 'hours', title: 'Timer', was: '1.50', now: null },
      { key: 'amount', title: 'Kostnad', was: '100.10', now: '99.99' },
    ]);
    expect(differencesOf(bufdir20261, { ...change, change: 'added', before: null, after: after as never })).toEqual([]);
  });

  it('may have been taken out on purpose', () => {
    expect(isLeftOutNow({ ...change, before: before as never, after: { ...before, dismissed: true } as never })).toBe(true);
    expect(isLeftOutNow({ ...change, before: before as never, after: after as never })).toBe(false);
  });
});

it('the words say the same things in both languages, and leave nothing unsaid', () => {
  const keysOf = (value: object): string[] => Object.entries(value).flatMap(([key, child]: [string, unknown]) =>
    (typeof child === 'object' && child !== null ? keysOf(child).map((inner) => `${key}.${inner}`) : [`${key}:${typeof child}:${child === '' ? 'empty' : ''}`]));
  expect(keysOf(grantWords.en)).toEqual(keysOf(grantWords.nb));
  expect(keysOf(grantWords.nb).filter((key) => key.endsWith('empty'))).toEqual([]);
});
