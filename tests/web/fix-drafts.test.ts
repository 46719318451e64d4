import { describe, expect, test } from 'vitest';
import { fieldChanges } from '../../web/src/features/failed-records/content-changes.ts';
import { correctionsOf, draftOf, isHalf } from '../../web/src/features/failed-records/correction-draft.ts';
import { changesOf, editDraft } from '../../web/src/features/failed-records/edit-draft.ts';
import { enFix } from '../../web/src/lib/i18n/en-fix.ts';
import { nbFix } from '../../web/src/lib/i18n/nb-fix.ts';
import { announcement, isUnderWay } from '../../web/src/lib/retry-state.ts';

const own = { amount: '', occurredOn: '' };
const typed = (payload: Record<string, unknown>, name: string, text: string) => {
  const draft = editDraft(payload, own, null);
  return changesOf(payload, { ...draft, fields: draft.fields.map((field) => (field.name === name ? { ...field, text } : field)) });
};

describe('an edited payload', () => {
  const payload = { account: '9999', costCenter: 77, big: 0.1, lines: [{ account: '1' }], open: true };

  test('names only what was changed, so that what nobody touched is sent as it was, to the last digit', () => {
    expect(typed(payload, 'account', '4010')).toEqual({ ok: true, changes: { account: '4010' } });
    expect(changesOf(payload, editDraft(payload, own, null))).toEqual({ ok: true, changes: {} });
  });

  test.each([['4010', 4010], ['12.50', 12.5], ['0401', '0401'], ['A1', 'A1'], ['12345678901234567890', '12345678901234567890']])(
    'keeps a number one where it can: %s', (text, becomes) => {
      expect(typed(payload, 'costCenter', text)).toEqual({ ok: true, changes: { costCenter: becomes } });
    });

  test('takes lists and objects as JSON, and says which field is none', () => {
    expect(typed(payload, 'lines', '[]')).toEqual({ ok: true, changes: { lines: [] } });
    expect(typed(payload, 'lines', '[')).toEqual({ ok: false, problem: 'json', field: 'lines' });
  });

  test('offers a field that was refused because it is missing, and none whose name is a place', () => {
    expect(editDraft(payload, own, 'text').fields.at(-1)).toEqual({ name: 'text', text: '', kind: 'text', added: true });
    expect(editDraft(payload, own, 'lines[0].account').fields).toHaveLength(5);
    expect(editDraft(payload, own, 'account').fields).toHaveLength(5);
  });

  test('does not take a value whose field has no name', () => {
    const draft = editDraft(payload, own, null);
    expect(changesOf(payload, { ...draft, fields: [...draft.fields, { name: ' ', text: 'x', kind: 'text', added: true }] })).toMatchObject({ ok: false, problem: 'nameless' });
  });
});

describe('contents beside each other', () => {
  test('begin with what differs, and tell a value that is not there from an empty one', () => {
    expect(fieldChanges({ a: '1', b: '2' }, { a: '1', b: '3', c: '' })).toEqual([
      { field: 'b', before: '2', after: '3', changed: true }, { field: 'c', before: null, after: '', changed: true },
      { field: 'a', before: '1', after: '1', changed: false },
    ]);
  });

  test('a number that becomes text is a change, though it reads the same', () => {
    expect(fieldChanges({ a: 1 }, { a: '1' })).toEqual([{ field: 'a', before: '1', after: '1', changed: true }]);
  });
});

describe('a mapping', () => {
  const draft = draftOf({ field: 'account', values: [{ value: '9999', records: 3 }, { value: ' x ', records: 1 }], more: 0 });
  const fill = (...to: string[]) => ({ ...draft, rows: draft.rows.map((row, index) => ({ ...row, to: to[index] ?? '' })) });

  test('is what is filled in: a refused value to the letter, the new one without the spaces around it', () => {
    expect(correctionsOf(fill(' 4010 ', '7'))).toEqual([{ field: 'account', from: '9999', to: '4010' }, { field: 'account', from: ' x ', to: '7' }]);
    expect(correctionsOf(fill('', '7'))).toHaveLength(1);
    expect(correctionsOf(fill('9999'))).toEqual([]);
  });

  test('of a value that is not named is only half of one', () => {
    expect(isHalf(draftOf(null))).toBe(false);
    expect(isHalf({ field: 'account', rows: [{ from: ' ', to: '1', given: false, records: null }] })).toBe(true);
  });
});

describe('a retry that waits for approval', () => {
  test('is not over until somebody says yes or no', () => {
    expect(['asked', 'waiting', 'canary', 'running', 'done', 'stopped', 'declined'].filter((state) => isUnderWay({ state }))).toEqual(['asked', 'waiting', 'canary', 'running']);
  });

  test('is told to have ended when it is declined, though nothing of it was sent', () => {
    expect(announcement({ state: 'declined', records: 2, exported: 0, failed: 0 }, 0)).toEqual({ quarter: 5, news: 'end' });
  });
});

test('both languages have every word, and none is empty', () => {
  const walk = (words: object, path: string): string[] => Object.entries(words).flatMap(([key, word]: [string, unknown]) => (
    typeof word === 'object' && word !== null ? walk(word, `${path}.${key}`) : [`${path}.${key}${word === '' ? ' (empty)' : ''}`]));
  expect(walk(enFix, '')).toEqual(walk(nbFix, ''));
  expect(walk(nbFix, '').filter((word) => word.endsWith('(empty)'))).toEqual([]);
});
