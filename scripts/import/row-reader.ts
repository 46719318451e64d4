import { columnsOf, type Columns } from './columns.ts';
import { CURRENCY, type Mapping, type Source } from './mapping.ts';
import { dateReader, numberReader, type Parsed } from './values.ts';

/** A record as the outbox takes it. Amounts are decimal text, dates ISO. */
export type ImportRecord = {
  source_type: string;
  source_id: string;
  payload: Record<string, string>;
  amount: string | null;
  currency: string | null;
  occurred_on: string | null;
  label: string | null;
};

/** What is wrong with a line, and in which column; no column when it is the line as a whole. */
export type Problem = { column: string | null; reason: string };

export type Row = { record: ImportRecord } | { problems: Problem[] };

type Value = { value: string; column: string | null } | { empty: true; column: string | null } | { reason: string; column: string | null };
type Bound = { read: (cells: string[]) => Value; optional: boolean };
/** Reads one target off the current line; null when it is empty, wrong or not mapped. */
type Take = (bound: Bound | undefined) => string | null;

/**
 * Binds a mapping to the header of one file and returns the reader of its lines.
 * @throws ImportError naming what was found and what is missing; then nothing of the file is handed in.
 */
export function rowReader(mapping: Mapping, header: string[]): (cells: string[]) => Row {
  const columns = columnsOf(header);
  const bindMaybe = (source: Source | undefined, target: string): Bound | undefined => source && bind(source, target, columns);
  const sourceType = bind(mapping.sourceType, 'sourceType', columns);
  const sourceId = bind(mapping.sourceId, 'sourceId', columns);
  const amount = bindMaybe(mapping.amount, 'amount');
  const currency = bindMaybe(mapping.currency && withCurrencyShape(mapping.currency), 'currency');
  const occurredOn = bindMaybe(mapping.occurredOn, 'occurredOn');
  const label = bindMaybe(mapping.label && { ...mapping.label, optional: true }, 'label');
  const payload = Object.entries(mapping.payload).map(([key, source]) => ({ key, bound: bind(source, `payload.${key}`, columns) }));
  columns.finish(mapping.delimiter);

  return function readRow(cells) {
    if (cells.slice(header.length).some((cell) => cell.trim() !== '') || cells.length < header.length) {
      return { problems: [{ column: null, reason: `the line has ${cells.length} cells, the header ${header.length}` }] };
    }
    const problems: Problem[] = [];
    const take = taker(cells, problems);
    const value = take(amount);
    const record: ImportRecord = {
      source_type: take(sourceType) ?? '',
      source_id: take(sourceId) ?? '',
      payload: Object.fromEntries(payload.flatMap(({ key, bound }) => {
        const text = take(bound);
        return text === null ? [] : [[key, text]];
      })),
      amount: value,
      currency: value === null ? null : take(currency),
      occurred_on: take(occurredOn),
      label: take(label),
    };
    return problems.length > 0 ? { problems } : { record };
  };
}

function taker(cells: string[], problems: Problem[]): Take {
  const note = (problem: Problem): void => {
    const known = problems.some(({ column, reason }) => column === problem.column && reason === problem.reason);
    if (!known) problems.push(problem);
  };
  return function take(bound) {
    const result = bound?.read(cells);
    if (!bound || !result) return null;
    if ('value' in result) return result.value;
    if ('reason' in result) note({ column: result.column, reason: result.reason });
    else if (!bound.optional) note({ column: result.column, reason: 'is empty' });
    return null;
  };
}

function bind(source: Source, target: string, columns: Columns): Bound {
  const fallback = source.else && bind({ ...source.else, optional: source.optional ?? source.else.optional }, target, columns);
  const optional = source.optional ?? fallback?.optional ?? false;
  const { constant } = source;
  if (constant !== undefined) return { optional, read: () => ({ value: constant, column: null }) };
  const places = (source.columns ?? [source.column ?? []]).map((spellings) => {
    const at = columns.find(spellings);
    if (at === undefined && !fallback && !optional) columns.missing(spellings, target);
    return at;
  });
  const absent: Bound['read'] = () => ({ empty: true, column: null });
  if (places.some((at) => at === undefined)) return { optional, read: fallback?.read ?? absent };
  const read = cellReader(source, places.filter((at) => at !== undefined), columns.header);
  return {
    optional,
    read: (cells) => {
      const result = read(cells);
      return 'empty' in result && fallback ? fallback.read(cells) : result;
    },
  };
}

function cellReader(source: Source, places: number[], header: string[]): Bound['read'] {
  const format = formatOf(source);
  return function readCells(cells) {
    const parts: string[] = [];
    for (const at of places) {
      const text = cells[at]?.trim() ?? '';
      const column = header[at]?.trim() ?? null;
      if (text === '') return { empty: true, column };
      if (text.includes('\u0000')) return { reason: 'contains a NUL character', column };
      parts.push(source.separator === undefined ? text : text.replace(/[\s_-]+/g, source.separator));
    }
    const column = places.map((at) => header[at]?.trim()).join(' + ');
    return { ...format(parts.join(source.join ?? ' ')), column };
  };
}

function formatOf(source: Source & { shape?: (text: string) => Parsed }): (text: string) => Parsed {
  if (source.shape) return source.shape;
  if (source.date !== undefined) return dateReader(source.date);
  if (source.number !== undefined) return numberReader(source.number);
  return (value) => ({ value });
}

function withCurrencyShape(source: Source): Source {
  const shape = (text: string): Parsed => {
    const value = text.toUpperCase();
    return CURRENCY.test(value) ? { value } : { reason: `"${text}" is not a three-letter currency code` };
  };
  return { ...source, shape, else: source.else && withCurrencyShape(source.else) } as Source;
}
