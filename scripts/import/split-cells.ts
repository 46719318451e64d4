/** The cells of one record; or `open`: it ends inside quotes and needs the next line; or why it is no CSV. */
export type Split = { cells: string[] } | { open: true } | { reason: string };

const QUOTE = '"';

/**
 * Splits one record into its cells (RFC 4180: quotes around a cell, doubled inside it).
 * A quote in the middle of an unquoted cell is an ordinary character: suppliers do write 5" pipe.
 */
export function splitCells(text: string, delimiter: string): Split {
  if (!text.includes(QUOTE)) return { cells: text.split(delimiter) };
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const cell = text[at] === QUOTE ? quotedCell(text, at, delimiter) : plainCell(text, at, delimiter);
    if (!('value' in cell)) return cell;
    cells.push(cell.value);
    if (cell.end >= text.length) return { cells };
    at = cell.end + 1;
  }
}

type Cell = { value: string; end: number };

function plainCell(text: string, start: number, delimiter: string): Cell {
  const found = text.indexOf(delimiter, start);
  const end = found === -1 ? text.length : found;
  return { value: text.slice(start, end), end };
}

function quotedCell(text: string, start: number, delimiter: string): Cell | Exclude<Split, { cells: string[] }> {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf(QUOTE, from);
    if (quote === -1) return { open: true };
    value += text.slice(from, quote);
    const next = text[quote + 1];
    if (next === undefined || next === delimiter) return { value, end: quote + 1 };
    if (next !== QUOTE) return { reason: `after the closing quote at character ${quote + 1} comes "${next}" instead of "${delimiter}"` };
    value += QUOTE;
    from = quote + 2;
  }
}
