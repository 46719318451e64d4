import { describe, expect, it, test } from 'vitest';
import { changedAddress, frameOf, readRange, readView, writeRange } from '../../web/src/features/history/address.ts';
import { chosenBars, moveSelection, NOTHING } from '../../web/src/features/history/selection.ts';
import type { Selection } from '../../web/src/features/history/selection.ts';
import { historyWords } from '../../web/src/features/history/words.ts';

const view = (address: string, everyMinutes = 360) => readView(new URLSearchParams(address), everyMinutes);

describe('the address of the history', () => {
  it('without a word shows 7 days, everything, each run', () => {
    expect(view('')).toEqual({ days: 7, range: null, kind: 'all', folded: false, before: null });
  });

  it('folds by itself where an integration runs more often than anybody reads', () => {
    expect([view('', 5).folded, view('each=1', 5).folded, view('each=0', 360).folded]).toEqual([true, false, true]);
  });

  it('takes two days as they are meant, the last one whole, and writes them back the same', () => {
    const range = readRange('2026-11-18', '2026-11-20');
    expect(range).toEqual({ from: '2026-11-18T00:00', to: '2026-11-21T00:00' });
    expect(range && writeRange(range)).toEqual({ from: '2026-11-18', to: '2026-11-20' });
    expect(writeRange({ from: '2026-11-18T06:00', to: '2026-11-18T12:00' })).toEqual({ from: '2026-11-18T06:00', to: '2026-11-18T12:00' });
  });

  it.each([['2026-11-20', '2026-11-18'], ['2026-02-30', '2026-03-01'], ['2024-01-01', '2026-01-01'], ['now', 'then'], ['2026-11-20T06:00', '2026-11-20T06:00']])(
    'passes over the range from %s to %s', (from, to) => expect(readRange(from, to)).toBeNull());

  it('passes over what means nothing', () => {
    expect(view('days=8&show=everything&before=x&from=1&to=2')).toEqual(view(''));
    expect(view('before=2026-11-20T05:00:00.000Z~run-12').before).toEqual({ at: '2026-11-20T05:00:00.000Z', key: 'run-12' });
  });

  it('keeps what it knows nothing of, and begins at the newest again with every other choice', () => {
    const search = new URLSearchParams('state=dead&before=2026-11-20T05:00:00.000Z~run-12&from=2026-11-18&to=2026-11-20');
    expect(changedAddress(search, { kind: 'changes' }).toString()).toBe('state=dead&from=2026-11-18&to=2026-11-20&show=changes');
    expect(changedAddress(search, { days: 30 }).toString()).toBe('state=dead&days=30');
    expect(changedAddress(search, { range: null }).toString()).toBe('state=dead');
  });

  it('has the chart cover a range that begins before its days', () => {
    expect(frameOf(view('from=2026-11-18&to=2026-11-20'), '2026-11-21')).toBeNull();
    expect(frameOf(view('from=2026-10-18&to=2026-11-20'), '2026-11-21')).toEqual({ from: '2026-10-18T00:00', to: '2026-11-21T00:00' });
  });
});

describe('the keyboard on the chart', () => {
  const press = (keys: string[], from: Selection = NOTHING): Selection | undefined => keys.reduce<Selection | undefined>((now, key) =>
    moveSelection(now ?? NOTHING, key.replace('Shift+', ''), key.startsWith('Shift+'), 28), from);

  it.each([
    [['ArrowLeft'], { first: 27, last: 27 }], [['Home', 'ArrowRight'], { first: 1, last: 1 }], [['Home', 'Shift+ArrowRight', 'Shift+ArrowRight'], { first: 0, last: 2 }],
    [['End', 'Shift+ArrowLeft'], { first: 26, last: 27 }], [['End', 'Shift+Home'], { first: 0, last: 27 }], [['Home', 'Shift+End', 'ArrowLeft'], { first: 26, last: 26 }],
  ])('%j chooses %j', (keys, bars) => expect(chosenBars(press(keys) ?? NOTHING)).toEqual(bars));

  it('lets go of the selection, then of the place, and then leaves Esc to others', () => {
    const selected = press(['Home', 'Shift+End']);
    expect(press(['Escape'], selected)).toEqual({ at: 27, anchor: null });
    expect(press(['Escape', 'Escape'], selected)).toEqual(NOTHING);
    expect(moveSelection(NOTHING, 'Escape', false, 28)).toBeUndefined();
    expect(moveSelection(NOTHING, 'Tab', false, 28)).toBeUndefined();
    expect(moveSelection(NOTHING, 'Home', false, 0)).toBeUndefined();
  });
});

test('the history says the same in both languages', () => {
  const shape = (value: unknown): unknown => (typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shape(child)])) : typeof value);
  expect(shape(historyWords.en)).toEqual(shape(historyWords.nb));
});
