import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecimals, isDecimal, readDecimal, sumAmounts } from '../../web/src/lib/decimal.ts';
import { makeFormat } from '../../web/src/lib/format.ts';
import { firstLocale } from '../../web/src/lib/locale.ts';

const nb = makeFormat('nb', 'Europe/Oslo');
const en = makeFormat('en', 'Europe/Oslo');
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ').replaceAll('\u2212', '-');

describe('amounts', () => {
  it('are written in the reader’s language with their currency', () => {
    expect(plain(nb.amount('184200.5', 'NOK'))).toBe('184 200,50 NOK');
    expect(plain(en.amount('-1234.5', 'NOK'))).toBe('-NOK 1,234.50');
  });

  it('keep every digit of numbers no float could hold', () => {
    expect(plain(nb.amount('9007199254740993.25', 'NOK'))).toBe('9 007 199 254 740 993,25 NOK');
  });

  it('are shown as they came when they are no number', () => {
    expect(nb.amount('about ten', 'NOK')).toBe('about ten NOK');
  });

  it('add up exactly, currency by currency', () => {
    expect(sumAmounts([
      { currency: 'NOK', amount: '0.1', records: 1 },
      { currency: 'EUR', amount: '5', records: 1 },
      { currency: 'NOK', amount: '0.20', records: 2 },
    ])).toEqual([{ currency: 'EUR', amount: '5', records: 1 }, { currency: 'NOK', amount: '0.30', records: 3 }]);
  });

  it('add up to what whole cents add up to, whatever they are', () => {
    const cents = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
    const size = (n: bigint) => (n < 0n ? -n : n).toString().padStart(3, '0').replace(/(\d\d)$/, '.$1');
    const text = (n: bigint) => `${n < 0n ? '-' : ''}${size(n)}` as `${number}`;
    fc.assert(fc.property(cents, cents, (a, b) => {
      expect(addDecimals(text(a), text(b))).toBe(text(a + b));
      expect(isDecimal(addDecimals(text(a), text(b)))).toBe(true);
    }));
  });
});

describe('times', () => {
  it('carry the zone, so that the repeated hour in October can be told apart', () => {
    expect(nb.dateTime('2026-10-25T00:30:00Z')).toBe('25. okt. 2026, 02:30 CEST');
    expect(nb.dateTime('2026-10-25T01:30:00Z')).toBe('25. okt. 2026, 02:30 CET');
  });

  it('are told in the organization’s zone, wherever the reader is', () => {
    expect(makeFormat('en', 'America/New_York').dateTime('2026-11-20T13:53:00Z')).toContain('08:53');
  });

  it('fall back to UTC, and say so, when the zone is unknown', () => {
    expect(makeFormat('en', 'Mars/Olympus').dateTime('2026-11-20T13:53:00Z')).toBe('20 Nov 2026, 13:53 UTC');
  });

  it('are relative for a week and then a date', () => {
    const now = Date.parse('2026-11-20T14:05:00Z');
    expect(nb.relative('2026-11-20T13:53:00Z', now)).toBe('for 12 min siden');
    expect(en.relative('2026-11-20T16:05:00Z', now)).toBe('in 2 hr');
    expect(en.relative('2026-11-01T12:00:00Z', now)).toBe('1 Nov 2026, 13:00 CET');
  });

  it('show the clock alone today and the date otherwise', () => {
    const now = Date.parse('2026-11-20T14:05:00Z');
    expect(nb.when('2026-11-20T22:30:00Z', now)).toBe('23:30 CET');
    expect(nb.when('2026-11-20T23:30:00Z', now)).toContain('21. nov.');
  });

  it('leave a date without a time as it is written', () => {
    expect(makeFormat('en', 'America/New_York').date('2026-11-20')).toBe('20 Nov 2026');
  });
});

it.each([[3_120, '3,1 sek'], [192_000, '3 min 12 sek'], [7_260_000, '2 t 1 min'], [0, '0 sek'], [86_400_000, '1 d']])(
  'a duration of %i ms is %s', (ms, words) => expect(plain(nb.duration(ms)).replaceAll('døgn', 'd')).toBe(words),
);

it.each([
  [null, ['nn-NO', 'en'], 'nb'], [null, ['no'], 'nb'], [null, ['de-DE', 'en-US'], 'en'], [null, ['fi'], 'en'],
  ['nb', ['en-GB'], 'nb'], ['xx', ['nb'], 'nb'],
] as const)('with the choice %j and a browser that asks for %j the page speaks %s', (chosen, wanted, locale) => {
  expect(firstLocale(chosen, wanted)).toBe(locale);
});

describe('an amount somebody types', () => {
  it.each([
    ['nb', '1234,5', '1234.5'], ['nb', '1 234,50', '1234.50'], ['nb', '1\u00A0234,50', '1234.50'], ['nb', '\u22125', '-5'], ['nb', '1234.50', '1234.50'],
    ['en', '1234.50', '1234.50'], ['en', '-5', '-5'],
    ['nb', '1.234', null], ['nb', '1.234,50', null], ['en', '1,234', null], ['en', '12 kr', null], ['nb', '', null],
  ] as const)('in %s as %j is read as %j', (locale, typed, read) => {
    expect(readDecimal(typed, locale)).toBe(read);
  });
});
