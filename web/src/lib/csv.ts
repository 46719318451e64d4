import { isDecimal } from './decimal.ts';
import type { Locale } from './format.ts';
import { printable } from './printable.ts';

/**
 * Rows as a table that spreadsheets open: RFC 4180 (quotes doubled, lines ended by CR LF) behind a byte order mark, without which they
 * take UTF-8 for something else.
 *
 * What others wrote is text there too. A cell of text that a spreadsheet would take for a formula gets an apostrophe in front, which
 * is how spreadsheets themselves write "this is text": https://owasp.org/www-community/attacks/CSV_Injection. A number is never
 * quoted and never gets one, so that it can be summed.
 */
export type Cell = string | null | undefined | { number: string | number | null | undefined };

/** How a table is written for readers of one language. */
export type CsvStyle = { separator: ',' | ';'; decimal: '.' | ',' };

/** Where the comma stands in numbers, spreadsheets expect semicolons between cells. */
export const csvStyle = (locale: Locale): CsvStyle => (locale === 'nb' ? { separator: ';', decimal: ',' } : { separator: ',', decimal: '.' });

export const BYTE_ORDER_MARK = '\uFEFF';

/** More than this in one cell is cut off by the spreadsheet itself, without a word. */
const MOST_CHARACTERS = 32_000;

// Signs that begin a formula, in every width, behind whatever a spreadsheet may leave out before it.
const FORMULA = /^[\s\p{C}\p{Default_Ignorable_Code_Point}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\uFE66\uFE62\uFE63\uFE6B\u2212]|^[\t\r\n]/u;

function textCell(value: string): string {
  const shown = printable(value.toWellFormed());
  const kept = shown.length > MOST_CHARACTERS ? `${shown.slice(0, MOST_CHARACTERS - 1).toWellFormed()}…` : shown;
  const safe = FORMULA.test(kept) ? `'${kept}` : kept;
  return safe === '' ? '' : `"${safe.replaceAll('"', '""')}"`;
}

function cell(value: Cell, style: CsvStyle): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return textCell(value);
  const number = String(value.number ?? '');
  // What is no plain number after all is text, and treated as such.
  return isDecimal(number) ? number.replace('.', style.decimal) : textCell(number);
}

/** One line of the table, with its end. */
export function csvLine(cells: readonly Cell[], style: CsvStyle): string {
  return `${cells.map((value) => cell(value, style)).join(style.separator)}\r\n`;
}
