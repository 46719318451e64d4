import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedTable, fileName } from '../../web/src/features/failed-records/failed-csv.ts';
import type { Client } from '../../web/src/lib/client.ts';
import { BYTE_ORDER_MARK, csvLine, csvStyle } from '../../web/src/lib/csv.ts';
import { makeFormat } from '../../web/src/lib/format.ts';
import { enFix } from '../../web/src/lib/i18n/en-fix.ts';
import { nbFix } from '../../web/src/lib/i18n/nb-fix.ts';
import { printable } from '../../web/src/lib/printable.ts';
import { HOSTILE_TEXTS, UNSTORABLE_TEXTS } from '../security/support/hostile-text.ts';

const english = csvStyle('en');
const norwegian = csvStyle('nb');
const read = (line: string, style = english): string[] => parse(line, { delimiter: style.separator, relax_column_count: true })[0] ?? [];

/** What every spreadsheet takes a cell for by its first sign, told in other words than the code under test. */
const isFormula = (cell: string): boolean => ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'].includes(cell.trimStart().slice(0, 1) || cell.slice(0, 1));

describe('a cell', () => {
  it('of text is quoted, its quotes doubled, its lines kept', () => {
    expect(csvLine(['a "b"', 'c,d', 'e\r\nf', ''], english)).toBe('"a ""b""","c,d","e\nf",\r\n');
  });

  it('without a value is nothing', () => {
    expect(csvLine([null, undefined, { number: null }, 'x'], english)).toBe(',,,"x"\r\n');
  });

  it.each([['1250.00', '1250.00', '1250,00'], ['-184200.5', '-184200.5', '-184200,5'], ['0', '0', '0'], ['-0.01', '-0.01', '-0,01']])(
    'of the amount %s stays a number in each language', (amount, inEnglish, inNorwegian) => {
      expect(csvLine([{ number: amount }], english)).toBe(`${inEnglish}\r\n`);
      expect(csvLine([{ number: amount }, 'x'], norwegian)).toBe(`${inNorwegian};"x"\r\n`);
    });

  it.each(['NaN', 'Infinity', '1e5', '=1+1', '- 5', '0x10', '1,5'])('of a number that is none (%s) is text', (number) => {
    expect(csvLine([{ number }], english)).toMatch(/^"'?/);
    expect(isFormula(read(csvLine([{ number }], english))[0] ?? '')).toBe(false);
  });

  it.each(['-5', '+47 22 00 00 00', '- see the invoice'])('of text that looks like a number or a list (%s) is no formula', (text) => {
    expect(read(csvLine([text], english))).toEqual([`'${text}`]);
  });

  it.each(['9999', 'Ugyldig koststed: 9999', 'a=b', 'e-mail', '3-5', 'ola@example.org', '½', 'æøå 🙂'])('of ordinary text (%s) stays what it is', (text) => {
    expect(read(csvLine([text], english))).toEqual([text]);
  });

  it.each(Object.entries({ ...HOSTILE_TEXTS, ...UNSTORABLE_TEXTS }))('with %s is text, in one cell, and no formula', (_, text) => {
    for (const style of [english, norwegian]) {
      const [before, cell = '', after] = read(csvLine(['before', text, 'after'], style), style);
      expect([before, after]).toEqual(['before', 'after']);
      expect(isFormula(cell)).toBe(false);
      expect(cell.isWellFormed()).toBe(true);
      expect(cell.replace(/^'/, '')).toBe(printable(text.toWellFormed()).replace(/^'/, ''));
    }
  });

  it('of any text is read back as that text, in its own place, and never as a formula', () => {
    const sign = fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', ';', "'", ' ', '\u200b', '＝', '\u0000', 'a');
    const text = fc.array(fc.oneof(sign, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(fc.property(fc.array(text, { minLength: 2, maxLength: 4 }), fc.constantFrom(english, norwegian), (texts, style) => {
      const cells = read(csvLine(['first', ...texts], style), style).slice(1);
      expect(cells.map((cell) => cell.replace(/^'/, ''))).toEqual(texts.map((one) => printable(one.toWellFormed()).replace(/^'/, '')));
      expect(cells.filter(isFormula)).toEqual([]);
    }));
  });

  it('of any decimal is read back as that decimal', () => {
    const decimal = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.option(fc.nat(999))).map(([minus, whole, part]) => `${minus ? '-' : ''}${whole}${part === null ? '' : `.${part}`}`);
    fc.assert(fc.property(decimal, (number) => {
      expect(read(csvLine([{ number }], english))).toEqual([number]);
      expect(read(csvLine([{ number }], norwegian), norwegian)).toEqual([number.replace('.', ',')]);
    }));
  });

  it('of a megabyte is cut where a spreadsheet would cut it without a word', () => {
    const [cell = ''] = read(csvLine(['x'.repeat(1_000_000)], english));
    expect(cell).toHaveLength(32_000);
    expect(cell.endsWith('…')).toBe(true);
  });
});

describe('the table of failed records', () => {
  const record = (n: number) => ({
    integration_id: 'i', id: n, source_type: 'expense', source_id: `E-${n}`, label: n % 2 ? null : `=Expense ${n}`, state: 'failed', amount: `-${n}.50`, currency: 'NOK',
    occurred_on: '2026-11-20', error_code: 'X', error_field: 'glObject1', payload_field: 'costCenter', error_value: '9999', error_message: 'Invalid cost center code: 9999', error_status: 400,
    failed_at: `2026-11-20T13:${String(n % 60).padStart(2, '0')}:00+00:00`, attempts: 1, next_attempt_at: null, cause_id: 1, run_id: 1, error_category: 'validation',
  });

  /** A client whose every read answers the next of these pages. */
  function answering(pages: object[][]): { client: Client; asked: string[] } {
    const asked: string[] = [];
    const chain: Record<string, unknown> = {};
    for (const name of ['select', 'eq', 'lte', 'or', 'order', 'abortSignal']) chain[name] = (...given: unknown[]) => (asked.push(`${name} ${given.join(' ')}`), chain);
    chain['limit'] = (size: number) => (asked.push(`limit ${size}`), Promise.resolve({ data: pages.shift() ?? [], error: null, status: 200 }));
    return { client: { db: { from: () => chain } } as unknown as Client, asked };
  }

  const table = async (pages: object[][], locale: 'nb' | 'en' = 'en', most = 100_000) => {
    const { client, asked } = answering(pages);
    const words = { t: locale === 'nb' ? nbFix : enFix, f: makeFormat(locale, 'Europe/Oslo') };
    return { ...await failedTable(client, 'org', { integration: 'i', state: 'failed' }, words, most), asked };
  };

  it('begins with a byte order mark and the names of the columns', async () => {
    const { parts } = await table([[]]);
    expect(parts.join('')).toMatch(new RegExp(`^${BYTE_ORDER_MARK}"Record","Your id","Type","State","Field",`));
  });

  it('holds every record of every page, each read from where the one before ended', async () => {
    const pages = [Array.from({ length: 1_000 }, (_, n) => record(n)), Array.from({ length: 3 }, (_, n) => record(1_000 + n))];
    const { parts, rows, isCut, asked } = await table(pages);
    const lines = parse<Record<string, string>>(parts.join(''), { bom: true, columns: true });
    expect({ rows, isCut, lines: lines.length }).toEqual({ rows: 1_003, isCut: false, lines: 1_003 });
    expect(lines[2]).toEqual({
      'Record': "'=Expense 2", 'Your id': 'E-2', 'Type': 'expense', 'State': 'Failed', 'Field': 'costCenter', 'Refused value': '9999', 'Message': 'Invalid cost center code: 9999',
      'Code': 'X', [enFix.integration.httpStatus]: '400', 'Amount': '-2.50', 'Currency': 'NOK', 'Date': '2026-11-20', 'Failed': '2026-11-20 14:02:00', 'Attempts': '1', 'Next attempt': '',
    });
    expect(asked).toContain('eq state failed');
    expect(asked).toContain('or failed_at.lt."2026-11-20T13:39:00+00:00",id.lt.999');
  });

  it('ends at its limit, and says whether there is more', async () => {
    const pages = () => [[record(1), record(2)], [record(3)]];
    expect(await table(pages(), 'en', 2)).toMatchObject({ rows: 2, isCut: true });
    expect(await table([[record(1), record(2)], []], 'en', 2)).toMatchObject({ rows: 2, isCut: false });
  });

  it('is written for a Norwegian spreadsheet in Norwegian', async () => {
    const { parts } = await table([[record(7)]], 'nb');
    const [line] = parse<Record<string, string>>(parts.join(''), { bom: true, columns: true, delimiter: ';' });
    expect(line).toMatchObject({ 'Beløp': '-7,50', 'Tilstand': 'Feilet', 'Feilet': '2026-11-20 14:07:00' });
  });

  it('is called after the integration and the day it is in the organization', () => {
    expect(fileName('expenses', makeFormat('nb', 'Europe/Oslo'), new Date('2026-11-20T23:30:00Z'))).toBe('expenses-2026-11-21.csv');
  });
});
