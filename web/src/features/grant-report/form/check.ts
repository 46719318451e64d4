import type { Report } from './build.ts';
import { isNumber, sumOf, toDecimals } from './sums.ts';
import type { Cell, Template } from './template.ts';

/** Bufdir's own names for what can be wrong with a message, as its public validator of message definitions has them. */
export type IssueCode = 'MissingValue' | 'TooShortValue' | 'TooLongValue' | 'IncorrectValue' | 'CountOutOfRange' | 'PatternMatchError';

/** What is wrong, for a sentence in any language (`issue-words.ts`). Values are cut at 40 characters. */
export type Wrong =
  | { is: 'missing' | 'not_one_value' | 'unwritable' }
  | { is: 'too_long' | 'too_short'; length: number; bound: number }
  | { is: 'pattern'; value: string; says: Cell['patternSays']; pattern: string }
  | { is: 'no_choice'; value: string; choices: readonly string[] }
  | { is: 'no_day' | 'no_number'; value: string }
  | { is: 'decimals'; value: string; bound: number }
  | { is: 'too_small' | 'too_large'; value: string; bound: string }
  | { is: 'too_few' | 'too_many'; rows: number; bound: number }
  | { is: 'currency'; value: string; bound: string }
  | { is: 'repeated'; row: number }
  | { is: 'no_sum'; value: string; sum: string };

/** One thing to put right before the report can be handed in. */
export type Issue = {
  /** A JSON pointer into the report: `/rows/3/participants`, `/fields/grantNumber`, `/rows`. */
  path: string;
  code: IssueCode;
  wrong: Wrong;
  /** The form's own name for where it is; empty for the rows as a whole. */
  title: string;
  /** The record to correct; null for what the report says once. */
  record: string | null;
  /** The key of the payload, or of the report's own field. */
  field: string | null;
};

const CODES: Record<Wrong['is'], IssueCode> = {
  missing: 'MissingValue', too_long: 'TooLongValue', too_short: 'TooShortValue', pattern: 'PatternMatchError', too_few: 'CountOutOfRange',
  too_many: 'CountOutOfRange', not_one_value: 'IncorrectValue', unwritable: 'IncorrectValue', no_choice: 'IncorrectValue', no_day: 'IncorrectValue',
  no_number: 'IncorrectValue', decimals: 'IncorrectValue', too_small: 'IncorrectValue', too_large: 'IncorrectValue', currency: 'IncorrectValue',
  repeated: 'IncorrectValue', no_sum: 'IncorrectValue',
};

type Place = Pick<Issue, 'path' | 'title' | 'record' | 'field'>;
const issue = (place: Place, wrong: Wrong): Issue => ({ ...place, code: CODES[wrong.is], wrong });

/** Everything that stands in the way of handing in; an empty list means that the report may go. */
export function checkReport(template: Template, report: Report): Issue[] {
  const fields = template.fields.flatMap((cell): Issue[] => {
    const wrong = wrongWith(cell, report.fields[cell.key]);
    return wrong ? [issue({ path: `/fields/${cell.key}`, title: cell.title, record: null, field: cell.key }, wrong)] : [];
  });
  const rows = report.rows.flatMap(({ record, values }, index) => template.columns.flatMap((column): Issue[] => {
    const wrong = wrongWith(column, values[column.key]);
    return wrong ? [issue({ path: `/rows/${index}/${column.key}`, title: column.title, record, field: column.from }, wrong)] : [];
  }));
  return [
    ...fields, ...rows, ...aboutCount(template, report), ...aboutCurrency(template, report), ...aboutRepeats(template, report),
    ...aboutSums(template, report),
  ];
}

/** A value as the text it will be written as; null where there is none. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

const cut = (text: string): string => text.slice(0, 40);

function wrongWith(cell: Cell, value: unknown): Wrong | null {
  const text = textOf(value);
  if (text === null) {
    if (value !== null && value !== undefined && typeof value === 'object') return { is: 'not_one_value' };
    return cell.required ? { is: 'missing' } : null;
  }
  if (text.length > cell.maxLength) return { is: 'too_long', length: text.length, bound: cell.maxLength };
  if (text.length < (cell.minLength ?? 0)) return { is: 'too_short', length: text.length, bound: cell.minLength ?? 0 };
  return wrongKind(cell, text) ?? wrongPattern(cell, text);
}

function wrongPattern({ pattern, patternSays }: Cell, text: string): Wrong | null {
  if (pattern === undefined || new RegExp(pattern, 'u').test(text)) return null;
  return { is: 'pattern', value: cut(text), says: patternSays, pattern };
}

function wrongKind(cell: Cell, text: string): Wrong | null {
  switch (cell.as) {
    case 'text':
      return [...text].some((letter) => isControl(letter)) ? { is: 'unwritable' } : null;
    case 'choice':
      return cell.choices?.includes(text) ? null : { is: 'no_choice', value: cut(text), choices: cell.choices ?? [] };
    case 'date':
      return isDay(text) ? null : { is: 'no_day', value: cut(text) };
    case 'whole':
    case 'decimal':
      return wrongNumber(cell, text);
  }
}

function wrongNumber({ as, decimals, least, most }: Cell, text: string): Wrong | null {
  const value = cut(text);
  const places = as === 'whole' ? 0 : decimals;
  if (!/^-?\d{1,18}(?:\.\d+)?$/.test(text)) return { is: 'no_number', value };
  if ((text.split('.')[1]?.replace(/0+$/, '').length ?? 0) > places) return { is: 'decimals', value, bound: places };
  if (least !== undefined && compare(text, least) < 0) return { is: 'too_small', value, bound: least };
  if (most !== undefined && compare(text, most) > 0) return { is: 'too_large', value, bound: most };
  return null;
}

const compare = (a: string, b: string): number => {
  const difference = toDecimals(a, 12) - toDecimals(b, 12);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

function isControl(letter: string): boolean {
  const point = letter.codePointAt(0) ?? 0;
  return (point < 0x20 && !'\t\n\r'.includes(letter)) || (point >= 0xd800 && point <= 0xdfff) || point === 0xfffe || point === 0xffff;
}

function isDay(text: string): boolean {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return date !== null && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function aboutCount({ rows: { least, most } }: Template, { rows: { length } }: Report): Issue[] {
  if (length >= least && length <= most) return [];
  const wrong: Wrong = length < least ? { is: 'too_few', rows: length, bound: least } : { is: 'too_many', rows: length, bound: most };
  return [issue({ path: '/rows', title: '', record: null, field: null }, wrong)];
}

/** A sum over two currencies is no sum. */
function aboutCurrency({ columns, currency }: Template, { rows }: Report): Issue[] {
  const column = columns.find(({ from }) => from === 'currency');
  return column === undefined ? [] : rows.flatMap(({ record, values }, index): Issue[] => {
    const text = textOf(values[column.key]);
    if (text === null || text === currency) return [];
    return [issue({ path: `/rows/${index}/${column.key}`, title: column.title, record, field: 'currency' }, { is: 'currency', value: cut(text), bound: currency })];
  });
}

function aboutRepeats({ unique, columns }: Template, { rows }: Report): Issue[] {
  const seen = new Map<string, number>();
  const title = columns.filter(({ key }) => unique.includes(key)).map((column) => column.title).join(', ');
  return unique.length === 0 ? [] : rows.flatMap(({ record, values }, index): Issue[] => {
    const name = JSON.stringify(unique.map((key) => textOf(values[key])));
    const before = seen.get(name);
    if (before !== undefined) return [issue({ path: `/rows/${index}`, title, record, field: null }, { is: 'repeated', row: before + 1 })];
    seen.set(name, index);
    return [];
  });
}

/** The exact sum of a column, or null while something in it is no number. */
export function sumOfColumn({ rows }: Report, column: string): string | null {
  const texts = rows.flatMap(({ values }) => textOf(values[column]) ?? []);
  return texts.every(isNumber) ? sumOf(texts) : null;
}

function aboutSums({ sums, fields }: Template, report: Report): Issue[] {
  return sums.flatMap(({ field, column }): Issue[] => {
    const said = textOf(report.fields[field]);
    const sum = sumOfColumn(report, column);
    if (said === null || !isNumber(said) || sum === null || compare(sum, said) === 0) return [];
    const title = fields.find(({ key }) => key === field)?.title ?? field;
    return [issue({ path: `/fields/${field}`, title, record: null, field }, { is: 'no_sum', value: said, sum })];
  });
}
