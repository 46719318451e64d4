import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { GrantRecord } from '../../web/src/features/grant-report/form/build.ts';
import { csvOf } from '../../web/src/features/grant-report/form/csv.ts';
import { bufdir20261 } from '../../web/src/features/grant-report/form/bufdir-2026-1.ts';
import { xlsxOf } from '../../web/src/features/grant-report/form/xlsx.ts';
import { zip } from '../../web/src/features/grant-report/form/zip.ts';
import { activities, reportOf } from './support/activities.ts';
import { cells, expectWellFormed, unzip } from './support/unzip.ts';

const wild: GrantRecord[] = activities(1, {
  amount: '-123456789012.67',
  payload: { activity: 'kurs', participants: 3, description: '=HYPERLINK("https://example.org";"x")\r\nÆ <b>&amp; "y"; _x0041_' },
});

describe('a report as CSV', () => {
  const read = (text: string, delimiter: string): string[][] => parse(text, { bom: true, delimiter, record_delimiter: '\r\n' });

  it('opens in a Norwegian spreadsheet: mark, semicolons, decimal commas, titles first', () => {
    const text = csvOf(bufdir20261, reportOf(activities(2)));
    expect(text.startsWith('\ufeffReferanse;Dato;Aktivitet;')).toBe(true);
    expect(read(text, ';')).toEqual([
      bufdir20261.columns.map(({ title }) => title),
      ['A-0001', '2026-01-01', 'gruppe', '', '0301', '12', '1,50', '100,10', 'NOK'],
      ['A-0002', '2026-01-02', 'gruppe', '', '0301', '12', '1,50', '100,20', 'NOK'],
    ]);
  });

  it('keeps amounts digit by digit, and negative ones numbers', () => {
    expect(read(csvOf({ ...bufdir20261, csv: 'point' }, reportOf(wild)), ',')[1]?.[7]).toBe('-123456789012.67');
  });

  it('holds nothing a spreadsheet would run, and loses no letter', () => {
    expect(read(csvOf(bufdir20261, reportOf(wild)), ';')[1]?.[3]).toBe(`'${String(wild[0]?.payload.description)}`);
  });
});

describe('a report as a workbook', () => {
  const parts = unzip(xlsxOf(bufdir20261, reportOf(wild)));

  it('is a zip of the parts a workbook has, each of them named in the others', () => {
    expect([...parts.keys()]).toEqual([
      '[Content_Types].xml',
      '_rels/.rels',
      'xl/workbook.xml',
      'xl/_rels/workbook.xml.rels',
      'xl/styles.xml',
      'xl/worksheets/sheet1.xml',
      'xl/worksheets/sheet2.xml',
    ]);
    for (const [, part = ''] of parts.get('[Content_Types].xml')?.matchAll(/PartName="\/([^"]+)"/g) ?? []) {
      expect(parts.has(part)).toBe(true);
    }
    for (const [, target = ''] of parts.get('xl/_rels/workbook.xml.rels')?.matchAll(/Target="([^"]+)"/g) ?? []) {
      expect(parts.has(`xl/${target}`)).toBe(true);
    }
  });

  it('has every tag closed in its order', () => {
    for (const xml of parts.values()) expectWellFormed(xml);
  });

  it('reads back what was written', () => {
    expect(cells(parts.get('xl/worksheets/sheet2.xml') ?? '')).toMatchObject({
      A1: 'Referanse',
      I1: 'Valuta',
      A2: 'A-0001',
      F2: '3',
      H2: '-123456789012.67',
      I2: 'NOK',
      D2: '=HYPERLINK("https://example.org";"x")\nÆ <b>&amp; "y"; _x005F_x0041_',
    });
    expect(cells(parts.get('xl/worksheets/sheet1.xml') ?? '')).toMatchObject({
      A4: 'Organisasjon',
      B4: 'Example forening',
      B2: 'bufdir-likepersonarbeid 2026-1',
    });
  });

  it('writes days as days: the second of January 2026 is 46024', () => {
    const sheet = unzip(xlsxOf(bufdir20261, reportOf(activities(2)))).get('xl/worksheets/sheet2.xml') ?? '';
    expect(sheet).toContain('<c r="B3" s="2"><v>46024</v></c>');
  });

  it('leaves a number as text that a spreadsheet would round', () => {
    const long = reportOf(activities(1, { amount: '12345678901234567.89' }));
    expect(unzip(xlsxOf(bufdir20261, long)).get('xl/worksheets/sheet2.xml')).toContain('>12345678901234567.89</t>');
  });

  it('is the same file for the same report', () => {
    expect(Buffer.from(xlsxOf(bufdir20261, reportOf(wild))).equals(Buffer.from(xlsxOf(bufdir20261, reportOf(wild))))).toBe(true);
  });

  it('names columns beyond Z', () => {
    const many = {
      ...bufdir20261,
      columns: Array.from(
        { length: 28 },
        (_, index) => ({ ...(bufdir20261.columns[3] as (typeof bufdir20261.columns)[number]), key: `c${index}`, title: `T${index}` }),
      ),
    };
    expect(cells(unzip(xlsxOf(many, reportOf(wild))).get('xl/worksheets/sheet2.xml') ?? '')).toMatchObject({
      Z1: 'T25',
      AA1: 'T26',
      AB1: 'T27',
    });
  });
});

it('a zip file of nothing is still one', () => {
  expect(unzip(zip([])).size).toBe(0);
});
