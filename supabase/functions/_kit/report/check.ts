import { sumOf, toDecimals } from './decimal.ts';
import type { Report } from './build.ts';
import type { Cell, Template } from './template.ts';

/** Bufdir's own names for what can be wrong with a message, as its public validator of message definitions has them. */
export type IssueCode = 'MissingValue' | 'TooShortValue' | 'TooLongValue' | 'IncorrectValue' | 'CountOutOfRange' | 'PatternMatchError';

/** One thing to put right before the report can be handed in. */
export type Issue = {
  /** A JSON pointer into the report: `/rows/3/participants`, `/fields/grantNumber`, `/rows`. */
  path: string;
  code: IssueCode;
  message: string;
  /** The record to correct; null for what the report says once. */
  record: number | null;
  field: string | null;
};

/** Everything that stands in the way of handing in; an empty list means that the report may go. */
export function checkReport(template: Template, report: Report): Issue[] {
  const issues: Issue[] = [];
  for (const cell of template.fields) {
    const wrong = wrongWith(cell, report.fields[cell.key]);
    if (wrong) issues.push({ path: `/fields/${cell.key}`, ...wrong, record: null, field: cell.key });
  }
  for (const [index, { record, values }] of report.rows.entries()) {
    for (const column of template.columns) {
      const wrong = wrongWith(column, values[column.key]);
      if (wrong) issues.push({ path: `/rows/${index}/${column.key}`, ...wrong, record, field: column.from });
    }
  }
  return [
    ...issues,
    ...aboutCount(template, report),
    ...aboutCurrency(template, report),
    ...aboutRepeats(template, report),
    ...aboutSums(template, report),
  ];
}

type Wrong = Pick<Issue, 'code' | 'message'>;

/** A value as the text it will be written as; null where there is none. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function wrongWith(cell: Cell, value: unknown): Wrong | null {
  const text = textOf(value);
  const name = `"${cell.title}"`;
  if (text === null) {
    if (value !== null && value !== undefined && typeof value === 'object') {
      return { code: 'IncorrectValue', message: `${name} must be one value.` };
    }
    return cell.required ? { code: 'MissingValue', message: `${name} is missing.` } : null;
  }
  if (text.length > cell.maxLength) {
    return { code: 'TooLongValue', message: `${name} has ${text.length} characters; at most ${cell.maxLength} are taken.` };
  }
  if (text.length < (cell.minLength ?? 0)) {
    return { code: 'TooShortValue', message: `${name} has ${text.length} characters; at least ${cell.minLength} are asked for.` };
  }
  return wrongKind(cell, text, name) ?? wrongPattern(cell, text, name);
}

function wrongPattern({ pattern, patternSays }: Cell, text: string, name: string): Wrong | null {
  if (pattern === undefined || new RegExp(pattern, 'u').test(text)) return null;
  return {
    code: 'PatternMatchError',
    message: `${name} is "${text.slice(0, 40)}"; it must be ${patternSays ?? `of the form ${pattern}`}.`,
  };
}

function wrongKind(cell: Cell, text: string, name: string): Wrong | null {
  const said = `${name} is "${text.slice(0, 40)}"`;
  switch (cell.as) {
    case 'text':
      return [...text].some((letter) => isControl(letter))
        ? { code: 'IncorrectValue', message: `${name} holds characters no file can hold.` }
        : null;
    case 'choice':
      return cell.choices?.includes(text) ? null : { code: 'IncorrectValue', message: `${said}; there are ${cell.choices?.join(', ')}.` };
    case 'date':
      return isDay(text) ? null : { code: 'IncorrectValue', message: `${said}; it must be a day written YYYY-MM-DD.` };
    case 'whole':
    case 'decimal': {
      const most = cell.as === 'whole' ? 0 : cell.decimals;
      if (!/^-?\d{1,18}(?:\.\d+)?$/.test(text)) return { code: 'IncorrectValue', message: `${said}; it must be a number.` };
      if ((text.split('.')[1]?.replace(/0+$/, '').length ?? 0) > most) {
        return { code: 'IncorrectValue', message: `${said}; it may have ${most === 0 ? 'no' : most} decimals.` };
      }
      const { least, most: bound } = cell;
      if (least !== undefined && compare(text, least) < 0) {
        return { code: 'IncorrectValue', message: `${said}; it must be at least ${least}.` };
      }
      if (bound !== undefined && compare(text, bound) > 0) {
        return { code: 'IncorrectValue', message: `${said}; it must be at most ${bound}.` };
      }
      return null;
    }
  }
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

function aboutCount({ rows: { least, most } }: Template, { rows }: Report): Issue[] {
  if (rows.length >= least && rows.length <= most) return [];
  const bound = rows.length < least ? `at least ${least} are asked for` : `at most ${most} are taken`;
  return [{ path: '/rows', code: 'CountOutOfRange', message: `The report has ${rows.length} rows; ${bound}.`, record: null, field: null }];
}

/** A sum over two currencies is no sum. */
function aboutCurrency({ columns, currency }: Template, { rows }: Report): Issue[] {
  const key = columns.find(({ from }) => from === 'currency')?.key;
  return key === undefined ? [] : rows.flatMap(({ record, values }, index): Issue[] => {
    const text = textOf(values[key]);
    if (text === null || text === currency) return [];
    const message = `The amount is in ${text.slice(0, 40)}; the report is in ${currency}.`;
    return [{ path: `/rows/${index}/${key}`, code: 'IncorrectValue', message, record, field: 'currency' }];
  });
}

function aboutRepeats({ unique, columns }: Template, { rows }: Report): Issue[] {
  const seen = new Map<string, number>();
  return unique.length === 0 ? [] : rows.flatMap(({ record, values }, index): Issue[] => {
    const name = JSON.stringify(unique.map((key) => textOf(values[key])));
    const before = seen.get(name);
    if (before === undefined) {
      seen.set(name, index);
      return [];
    }
    const titles = columns.filter(({ key }) => unique.includes(key)).map(({ title }) => `"${title}"`).join(', ');
    return [{
      path: `/rows/${index}`,
      code: 'IncorrectValue',
      message: `${titles}: the same as in row ${before + 1}.`,
      record,
      field: null,
    }];
  });
}

function aboutSums({ sums, fields }: Template, { fields: given, rows }: Report): Issue[] {
  return sums.flatMap(({ field, column }): Issue[] => {
    const said = textOf(given[field]);
    const values = rows.flatMap(({ values: row }) => textOf(row[column]) ?? []);
    const isNumber = (text: string): boolean => /^-?\d{1,18}(?:\.\d{1,12})?$/.test(text);
    if (said === null || !isNumber(said) || !values.every(isNumber)) return [];
    const sum = sumOf(values);
    if (compare(sum, said) === 0) return [];
    const title = fields.find(({ key }) => key === field)?.title ?? field;
    return [{
      path: `/fields/${field}`,
      code: 'IncorrectValue',
      message: `"${title}" is ${said}; the rows come to ${sum}.`,
      record: null,
      field,
    }];
  });
}
