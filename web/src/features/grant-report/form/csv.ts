import type { Report } from './build.ts';
import { textOf } from './check.ts';
import type { Template } from './template.ts';

const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** The rows as CSV (RFC 4180, UTF-8 with its mark, lines ended by CRLF). No cell of it is run by a spreadsheet. */
export function csvOf({ columns, csv }: Template, { rows }: Report): string {
  const separator = csv === 'comma' ? ';' : ',';
  const cellOf = (as: string, text: string): string => {
    const isPlain = (as === 'whole' || as === 'decimal') && NUMBER.test(text);
    return quoted(isPlain ? (csv === 'comma' ? text.replace('.', ',') : text) : harmless(text), separator);
  };
  const lines = [
    columns.map(({ title }) => quoted(harmless(title), separator)),
    ...rows.map(({ values }) => columns.map(({ key, as }) => cellOf(as, textOf(values[key]) ?? ''))),
  ];
  return `\ufeff${lines.map((cells) => `${cells.join(separator)}\r\n`).join('')}`;
}

/** What begins like a formula gets an apostrophe before it, which spreadsheets read as "this is text". */
const harmless = (text: string): string => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text);

const quoted = (text: string, separator: string): string => (
  text.includes(separator) || /["\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
);
