import { describe, expect, it, test } from 'vitest';
import { measureText, sparkPath } from '../../web/src/features/fetching/measure.ts';
import { fetchingWords } from '../../web/src/features/fetching/words.ts';
import { makeFormat } from '../../web/src/lib/format.ts';

const nb = makeFormat('nb', 'Europe/Oslo');
const en = makeFormat('en', 'Europe/London');
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

it.each([
  [7.046, 'percent', '7,05 %', '7.05 %'], [1234, 'count', '1 234', '1,234'], [90, 'minutes', '1 t 30 min', '1 hr 30 mins'], [1, 'days', '1 dag', '1 day'],
  [12, 'days', '12 dager', '12 days'], [1_500_000, 'bytes', '1,5 MB', '1.5 MB'], [0, 'bytes', '0 B', '0 B'], [4.564, 'amount', '4,56', '4.56'], [3, 'things', '3', '3'],
])('%d %s is %s, and in English %s', (value, unit, norwegian, english) => {
  expect(plain(measureText(value, unit, nb, fetchingWords.nb))).toBe(norwegian);
  expect(plain(measureText(value, unit, en, fetchingWords.en))).toBe(english);
});

describe('the line of thirty days', () => {
  it('is drawn from the lowest to the highest, and broken by a day without a measurement', () => {
    const path = sparkPath([{ day: '2026-11-17', value: 1 }, { day: '2026-11-18', value: 3 }, { day: '2026-11-20', value: 2 }]);
    expect(path.match(/L/g)).toHaveLength(1);
    expect([...path.matchAll(/L[\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y))).toEqual([2]);
    expect(path).not.toMatch(/NaN/);
  });

  it('of a number that never changed runs in the middle, of none is nothing', () => {
    expect(sparkPath([{ day: '2026-11-17', value: 5 }, { day: '2026-11-18', value: 5 }])).toMatch(/L[\d.]+ 14\.0/);
    expect(sparkPath([])).toBe('');
  });
});

test('fetching is told the same in both languages', () => {
  const shape = (value: unknown): unknown => (typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shape(child)])) : typeof value);
  expect(shape(fetchingWords.en)).toEqual(shape(fetchingWords.nb));
});
