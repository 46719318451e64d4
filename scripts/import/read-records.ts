import type { Line } from './read-lines.ts';
import { MAX_LINE_CHARACTERS } from './read-lines.ts';
import { splitCells } from './split-cells.ts';

/** One record of the file (`line` is where it begins), or a line that is no record and why. */
export type RawRecord = { line: number; cells: string[] } | { line: number; text: string; reason: string };

const MAX_LINES_IN_QUOTES = 100;
const NOT_CLOSED = 'a quote is opened on this line and not closed properly';

/**
 * Turns lines into records: a quoted cell may run over several lines. When its quotes turn out never to close, only the
 * line that opened them is given up and the ones after it are read again by themselves, so one stray quote costs one line.
 * Blank lines are passed over.
 */
export async function* readRecords(lines: AsyncIterable<Line>, delimiter: string): AsyncGenerator<RawRecord> {
  const assembler = recordAssembler(delimiter);
  for await (const line of lines) yield* assembler.add(line);
  yield* assembler.end();
}

function recordAssembler(delimiter: string): { add: (line: Line) => RawRecord[]; end: () => RawRecord[] } {
  let width: number | undefined;
  let open: Line[] = [];

  function add(line: Line): RawRecord[] {
    if (line.tooLong) {
      const reason = `the line is longer than ${MAX_LINE_CHARACTERS.toLocaleString('en')} characters`;
      return [...end(), { line: line.number, text: line.text.slice(0, 200), reason }];
    }
    if (open.length > 0) return addToOpen(line);
    const split = splitCells(line.text, delimiter);
    if ('open' in split) {
      open = [line];
      return [];
    }
    if ('reason' in split) return [{ line: line.number, text: line.text, reason: split.reason }];
    if (split.cells.every((cell) => cell.trim() === '')) return [];
    width ??= split.cells.length;
    return [{ line: line.number, cells: split.cells }];
  }

  function addToOpen(line: Line): RawRecord[] {
    open.push(line);
    if (open.length > MAX_LINES_IN_QUOTES) return giveUp();
    if (!line.text.includes('"')) return [];
    const split = splitCells(open.map(({ text }) => text).join('\n'), delimiter);
    if ('open' in split) return [];
    if ('reason' in split || split.cells.length !== (width ?? split.cells.length)) return giveUp();
    const record = { line: open[0]?.number ?? line.number, cells: split.cells };
    width ??= split.cells.length;
    open = [];
    return [record];
  }

  function giveUp(): RawRecord[] {
    const [first, ...others] = open;
    open = [];
    if (!first) return [];
    return [{ line: first.number, text: first.text, reason: NOT_CLOSED }, ...others.flatMap(add)];
  }

  function end(): RawRecord[] {
    const records: RawRecord[] = [];
    while (open.length > 0) records.push(...giveUp());
    return records;
  }

  return { add, end };
}
