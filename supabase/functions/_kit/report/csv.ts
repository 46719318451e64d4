import type { Report } from './build.ts';
import { textOf } from './check.ts';
import type { Template } from './template.ts';

/** `comma` is what spreadsheets in Norwegian open without asking: semicolons between cells, decimals after a comma. */
export type CsvForm = 'comma' | 'point';

const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** The rows as CSV (RFC 4180, UTF-8 with its mark, lines ended by CRLF). No cell of it is run by a spreadsheet. */
export function csvOf(template: Template, report: Report, form: CsvForm = 'comma'): string {
  const separator = form === 'comma' ? ';' : ',';
  const lines = [
    template.columns.map(({ title }) => quoted(harmless(title), separator)),
    ...report.rows.map(({ values }) =>
      template.columns.map(({ key, as }) => {
        const text = textOf(values[key]) ?? '';
        const isNumber = (as === 'whole' || as === 'decimal') && NUMBER.test(text);
        return quoted(isNumber ? (form === 'comma' ? text.replace('.', ',') : text) : harmless(text), separator);
      })
    ),
  ];
  return `\ufeff${lines.map((cells) => `${cells.join(separator)}\r\n`).join('')}`;
}

/** What begins like a formula gets an apostrophe before it, which spreadsheets read as "this is text". */
const harmless = (text: string): string => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text);

const quoted = (text: string, separator: string): string => (
  text.includes(separator) || /["\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
);
