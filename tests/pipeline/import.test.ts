import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFile, type HandIn, type RefusedLine, type Summary } from '../../scripts/import/import-file.ts';
import { parseMapping } from '../../scripts/import/mapping.ts';
import { readLines } from '../../scripts/import/read-lines.ts';
import { readRecords } from '../../scripts/import/read-records.ts';
import type { ImportRecord } from '../../scripts/import/row-reader.ts';
import { addAmounts, dateReader, numberReader } from '../../scripts/import/values.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncward-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

const invoices = parseMapping(JSON.stringify({
  delimiter: ';',
  sourceType: 'invoice',
  sourceId: { columns: ['Firma', ['Bilag', 'Bilagsnr']], join: '/' },
  amount: { column: 'Beløp', decimal: ',', thousands: ' ' },
  currency: { column: 'Valuta', else: { constant: 'NOK' } },
  occurredOn: { column: 'Dato', date: 'DD.MM.YYYY' },
  payload: { account: 'Konto', description: { column: 'Tekst', optional: true } },
}), 'test mapping');
const HEADER = 'Firma;Bilag;Beløp;Dato;Konto;Tekst';

type Outcome = { summary: Summary; refused: RefusedLine[]; records: ImportRecord[]; batches: number[] };

/** Imports a file made of the given text (or bytes) into a list. */
async function importText(text: string | Uint8Array, { mapping = invoices, encoding = 'utf-8' } = {}): Promise<Outcome> {
  const file = join(folder, 'input.csv');
  await writeFile(file, text);
  const records: ImportRecord[] = [];
  const refused: RefusedLine[] = [];
  const batches: number[] = [];
  const handIn: HandIn = (batch) => {
    records.push(...batch);
    batches.push(batch.length);
    return Promise.resolve({ added: batch.length, changed: 0, unchanged: 0, refused: [] });
  };
  const summary = await importFile({ file, mapping, encoding, handIn, onRefused: (line) => refused.push(line) });
  return { summary, refused, records, batches };
}

const reasons = ({ refused }: Outcome): string[] =>
  refused.flatMap(({ line, problems }) => problems.map(({ column, reason }) => `${line} ${column ?? '-'}: ${reason}`));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a line becomes a record', () => {
  it('with its key, exact amount, ISO date and payload', async () => {
    const { records, summary } = await importText(`${HEADER}\nAcme;17;1 250,5;03.11.2026;6340;Strøm\n`);
    expect(records).toEqual([{
      source_type: 'invoice', source_id: 'Acme/17', amount: '1250.50', currency: 'NOK', occurred_on: '2026-11-03', label: null,
      payload: { account: '6340', description: 'Strøm' },
    }]);
    expect(summary).toMatchObject({ lines: 1, added: 1, refused: 0, amounts: new Map([['NOK', '1250.50']]) });
  });

  it('whatever the file does with byte order mark, line ends, quotes, blank lines and the last line end', async () => {
    const lines = [
      '\ufeff"Firma";Bilag;Beløp;Dato;Konto;Tekst', '', 'A;1;1;01.01.2026;1;"to', 'linjer; og ""sitat"""', ';;;;;',
      'A;2;2;01.01.2026;1;5" rør',
    ];
    const { records, summary } = await importText(lines.join('\r\n'));
    expect(records.map(({ payload }) => payload.description)).toEqual(['to\nlinjer; og "sitat"', '5" rør']);
    expect(summary.lines).toBe(2);
  });

  it('in any of the accepted spellings of its headers', async () => {
    const { records } = await importText('FIRMA; bilagsnr ;beløp;_dato;Konto\nA;1;1;01.01.2026;1\n');
    expect(records[0]?.source_id).toBe('A/1');
  });

  it('in another encoding, when it is named', async () => {
    const latin = Buffer.from(`${HEADER}\nA;1;1;01.01.2026;1;Kj\u00f8p\n`, 'latin1');
    const { records } = await importText(latin, { encoding: 'windows-1252' });
    expect(records[0]?.payload.description).toBe('Kj\u00f8p');
  });

  it('and the same in every way of splitting the bytes', async () => {
    const bytes = Buffer.from('a,b\r\n1,"x\r\ny"\r2,ø\n\n3,"z"');
    const read = async (size: number): Promise<unknown[]> => {
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
      }
      return collect(readRecords(readLines(chunks(), 'utf-8'), ','));
    };
    const whole = await read(bytes.length);
    expect(whole).toEqual([
      { line: 1, cells: ['a', 'b'] }, { line: 2, cells: ['1', 'x\ny'] }, { line: 4, cells: ['2', 'ø'] }, { line: 6, cells: ['3', 'z'] },
    ]);
    for (let size = 1; size < 12; size += 1) expect(await read(size)).toEqual(whole);
  });

  it('exactly as another CSV reader reads it, for any table', async () => {
    const cell = fc.oneof(fc.string(), fc.stringMatching(/^[a-c",;\n ]*$/)).map((text) => text.replace(/\r/g, ''));
    const table = fc.array(fc.tuple(fc.constant('k'), cell, cell), { minLength: 1, maxLength: 20 });
    await fc.assert(fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), async (rows, end) => {
      const quoted = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')).join(end);
      async function* bytes(): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(Buffer.from(quoted));
      }
      const ours = await collect(readRecords(readLines(bytes(), 'utf-8'), ','));
      const theirs: string[][] = parse(quoted, { bom: true });
      expect(ours.map((record) => ('cells' in record ? record.cells : record.reason))).toEqual(theirs);
    }));
  });
});

describe('a bad line is reported with its number, its column and the reason, and the rest goes in', () => {
  it.each([
    [
      'an amount with the wrong decimal sign',
      'A;1;12.50;01.01.2026;1;',
      'Beløp: "12.50" is not a number with "," before the decimals and " " between the thousands',
    ],
    [
      'thousands in odd groups',
      'A;1;1 25,00;01.01.2026;1;',
      'Beløp: "1 25,00" is not a number with "," before the decimals and " " between the thousands',
    ],
    ['a day that does not exist', 'A;1;1;31.02.2017;1;', 'Dato: "31.02.2017" is not a day in the calendar'],
    ['a date in another order', 'A;1;1;2026-01-01;1;', 'Dato: "2026-01-01" is not a date written DD.MM.YYYY'],
    ['an empty required cell', 'A;1;1;01.01.2026; ;', 'Konto: is empty'],
    ['an empty key', 'A;;1;01.01.2026;1;', 'Bilag: is empty'],
    ['too few cells', 'A;1;1', '-: the line has 3 cells, the header 6'],
    ['too many cells', 'A;1;1;01.01.2026;1;x;y', '-: the line has 7 cells, the header 6'],
    ['text after a closing quote', 'A;1;1;01.01.2026;1;"x"y', '-: after the closing quote at character 22 comes "y" instead of ";"'],
    ['a quote never closed', 'A;1;1;01.01.2026;1;"x', '-: a quote is opened on this line and not closed properly'],
  ])('%s', async (_, line, reason) => {
    const outcome = await importText([HEADER, line, 'A;9;1;01.01.2026;1;'].join('\n'));
    expect(reasons(outcome)).toEqual([`2 ${reason}`]);
    expect(outcome.records.map((record) => record.source_id)).toEqual(['A/9']);
  });

  it('a NUL character, which no database takes', async () => {
    const good = Array.from({ length: 200 }, (_, i) => `A;${i};1;01.01.2026;1;${'-'.repeat(20)}`);
    const outcome = await importText([HEADER, ...good, 'A;999;1;01.01.2026;1\u0000;'].join('\n'));
    expect(reasons(outcome)).toEqual(['202 Konto: contains a NUL character']);
    expect(outcome.summary.added).toBe(200);
  });

  it('every problem of the line at once', async () => {
    expect(reasons(await importText(`${HEADER}\n;1;x;30.02.2026;1;`))).toEqual([
      '2 Beløp: "x" is not a number with "," before the decimals and " " between the thousands',
      '2 Firma: is empty',
      '2 Dato: "30.02.2026" is not a day in the calendar',
    ]);
  });

  it('a stray quote costs one line, not the rest of the file', async () => {
    const lines = ['A;1;1;01.01.2026;1;"lost', 'A;2;1;01.01.2026;1;', 'A;3;1;01.01.2026;1;"quoted; fine"', 'A;4;1;01.01.2026;1;'];
    const outcome = await importText([HEADER, ...lines].join('\n'));
    expect(outcome.refused.map(({ line }) => line)).toEqual([2]);
    expect(outcome.records.map((record) => record.source_id)).toEqual(['A/2', 'A/3', 'A/4']);
  });

  it('a line of more than a million characters', async () => {
    const outcome = await importText(`${HEADER}\nA;1;1;01.01.2026;1;${'x'.repeat(1_200_000)}\nA;2;1;01.01.2026;1;\n`);
    expect(reasons(outcome)).toEqual(['2 -: the line is longer than 1,000,000 characters']);
    expect(outcome.summary.added).toBe(1);
  });

  it('a key that came before with other content; the same line again adds nothing', async () => {
    const outcome = await importText(`${HEADER}\nA;1;1;01.01.2026;1;\nA;1;1;01.01.2026;1;\nA;1;2;01.01.2026;1;\n`);
    expect(reasons(outcome)).toEqual(['4 -: invoice A/1 is already in line 2, with other content']);
    expect(outcome.summary).toMatchObject({ lines: 3, added: 1, unchanged: 1, refused: 1 });
  });

  it('a record the outbox itself refuses', async () => {
    const file = join(folder, 'outbox.csv');
    await writeFile(file, `${HEADER}\nA;1;1;01.01.2026;1;\nA;2;1;01.01.2026;1;\n`);
    const refused: RefusedLine[] = [];
    const handIn: HandIn = () => Promise.resolve({ added: 1, changed: 0, unchanged: 0, refused: [{ index: 1, reason: 'no such day' }] });
    const summary = await importFile({ file, mapping: invoices, encoding: 'utf-8', handIn, onRefused: (line) => refused.push(line) });
    expect(refused).toMatchObject([{ line: 3, problems: [{ column: null, reason: 'no such day' }] }]);
    expect(summary).toMatchObject({ added: 1, refused: 1, amounts: new Map([['NOK', '1.00']]) });
  });
});

describe('a file that cannot be used as a whole is refused with one clear error and nothing goes in', () => {
  it('because its header lacks columns', async () => {
    await expect(importText('Firma;Bilag;Sum\nA;1;1\n')).rejects.toThrow([
      'The header of this file does not fit the mapping; nothing was imported.',
      '  found:   Firma | Bilag | Sum',
      '  missing: "Beløp" (for amount), "Dato" (for occurredOn), "Konto" (for payload.account)',
    ].join('\n'));
  });

  it('because its columns are separated by something else', async () => {
    const text = HEADER.replaceAll(';', ',');
    await expect(importText(text)).rejects.toThrow('The columns look separated by ",": set "delimiter" in the mapping.');
  });

  it('because a header stands there twice', async () => {
    await expect(importText(`${HEADER};Konto\n`)).rejects.toThrow('unclear: "Konto" twice');
  });

  it('because it is in another encoding', async () => {
    const bytes = Buffer.concat([Buffer.from(`${HEADER}\nA;1;1;01.01.2026;1;\n`), Buffer.from('A;2;1;01.01.2026;1;K\u00f8', 'latin1')]);
    await expect(importText(bytes)).rejects.toThrow(/^line 3 of .*input\.csv is not UTF-8\. .* try --encoding windows-1252\.$/);
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffa,b', 'utf16le'), 'is UTF-16. Try --encoding utf-16le.'],
    ['a workbook', Buffer.from('PK\u0003\u0004…'), 'is a workbook or a ZIP file. Save it as CSV (UTF-8) and import that.'],
    ['binary', Buffer.from('a\u0000b'), 'is not a text file'],
    ['empty', Buffer.from(''), 'is empty.'],
    ['blank', Buffer.from('\n\n'), 'is empty.'],
  ])('because it is %s', async (_, bytes, message) => {
    await expect(importText(bytes)).rejects.toThrow(message);
  });

  it.each([
    ['not JSON', '{', 'is not JSON'],
    [
      'a date format without a year',
      '{"sourceType":"x","sourceId":"A","payload":{"d":{"column":"D","date":"DD/MM"}}}',
      'payload.d.date: must name year, month and day',
    ],
    ['an unknown key', '{"sourceType":"x","sourceId":"A","payload":{},"amounts":1}', 'Unrecognized key: "amounts"'],
    [
      'an amount without a currency',
      '{"sourceType":"x","sourceId":"A","payload":{},"amount":{"column":"B","decimal":"."}}',
      'amount needs a currency',
    ],
    ['dates of unnamed format', '{"sourceType":"x","sourceId":"A","payload":{},"occurredOn":"D"}', 'occurredOn: needs "date"'],
    [
      'two kinds of source in one',
      '{"sourceType":"x","sourceId":{"column":"A","constant":"b"},"payload":{}}',
      'sourceId: needs exactly one of column, columns and constant',
    ],
  ])('because the mapping is wrong: %s', (_, text, message) => {
    expect(() => parseMapping(text, 'm.json')).toThrow(message);
  });
});

describe('amounts and dates', () => {
  it('an amount is the same text again, whatever its size, and sums are exact', () => {
    const read = numberReader({ decimal: '.' });
    const written = (cents: bigint): string => {
      const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
      return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
    };
    fc.assert(fc.property(fc.array(fc.bigInt(-(10n ** 17n), 10n ** 17n), { maxLength: 50 }), (cents) => {
      const texts = cents.map(written);
      for (const text of texts) expect(read(text)).toEqual({ value: text });
      expect(texts.reduce(addAmounts, '0.00')).toBe(written(cents.reduce((sum, c) => sum + c, 0n)));
    }));
  });

  it.each([
    ['8151.9', '8151.90'], ['200', '200.00'], ['-0.01', '-0.01'], ['-0', '0.00'], ['+5', '5.00'], ['007', '7.00'], ['1.1250', '1.125'],
    ['\u22127', '-7.00'],
  ])('%s is %s', (text, value) => {
    expect(numberReader({ decimal: '.' })(text)).toEqual({ value });
  });

  const noAmounts = ['', '1,000', '1e3', '0x10', 'NaN', '.5', '5.', '1 000', '(12)', '£5', '1'.repeat(19), '0.0000000001'];
  it.each(noAmounts)('%j is no amount', (text) => {
    expect(numberReader({ decimal: '.' })(text)).toHaveProperty('reason');
  });

  it('every day of the calendar is read in every format, and no other day', () => {
    const formats = {
      'DD/MM/YYYY': (y: string, m: string, d: string) => `${d}/${m}/${y}`,
      'YYYYMMDD': (y: string, m: string, d: string) => y + m + d,
    };
    const [years, months, days] = [fc.integer({ min: 1900, max: 2199 }), fc.integer({ min: 1, max: 13 }), fc.integer({ min: 0, max: 32 })];
    fc.assert(fc.property(years, months, days, (y, m, d) => {
      const [month, day] = [m, d].map((part) => String(part).padStart(2, '0')) as [string, string];
      const iso = `${y}-${month}-${day}`;
      const exists = new Date(Date.UTC(y, m - 1, d)).toISOString().startsWith(iso);
      for (const [format, write] of Object.entries(formats)) {
        const parsed = dateReader(format)(write(String(y), month, day));
        expect('value' in parsed ? parsed.value : null).toBe(exists ? iso : null);
      }
    }));
  });
});
