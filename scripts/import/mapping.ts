import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ImportError } from './import-error.ts';
import { isDateFormat } from './values.ts';

/** The shape of an ISO 4217 code; whether a system books that currency is for the system to say. */
export const CURRENCY = /^[A-Z]{3}$/;

const MAX_MAPPING_CHARACTERS = 1_000_000;

/** One header, or several spellings of it of which a file has one. */
const headers = z.union([z.string().trim().min(1), z.array(z.string().trim().min(1)).min(1)])
  .transform((names) => (typeof names === 'string' ? [names] : names));

const number = z.strictObject({
  decimal: z.enum(['.', ',']),
  thousands: z.enum(['.', ',', ' ', "'"]).optional(),
}).refine((format) => format.decimal !== format.thousands, 'decimal and thousands sign must differ');

const date = z.string().refine(isDateFormat, 'must name year, month and day once each: YYYY, MM or M, DD or D (such as DD/MM/YYYY)');

/**
 * Where a value comes from: a `column` (with accepted spellings of its header), several `columns` joined, or a
 * `constant`. `else` says where to look when the column is missing or its cell empty; `optional` lets it be empty.
 */
export type Source = {
  column?: string[];
  columns?: string[][];
  join?: string;
  /** Replaces every run of spaces, hyphens and underscores, so that "1036863 - 4" and "1036863_4" are the same. */
  separator?: string;
  date?: string;
  number?: z.infer<typeof number>;
  constant?: string;
  optional?: boolean;
  else?: Source;
};

const sourceShape = z.strictObject({
  column: headers.optional(),
  columns: z.array(headers).min(1).optional(),
  join: z.string().optional(),
  separator: z.string().min(1).optional(),
  date: date.optional(),
  number: number.optional(),
  constant: z.string().trim().min(1).optional(),
  optional: z.boolean().optional(),
  get else() {
    return source.optional();
  },
}).refine(
  (value) => [value.column, value.columns, value.constant].filter((part) => part !== undefined).length === 1,
  'needs exactly one of column, columns and constant',
).refine((value) => value.date === undefined || value.number === undefined, 'is either a date or a number, not both');

/** In short: a header, or a list of its spellings, stands for `{ "column": … }`. */
const source: z.ZodType<Source> = z.preprocess(
  (value) => (typeof value === 'string' || Array.isArray(value) ? { column: value } : value),
  sourceShape,
);

const namesDates = (value: Source): boolean => value.date !== undefined && (value.else === undefined || namesDates(value.else));

const mappingShape = z.strictObject({
  description: z.string().optional(),
  delimiter: z.enum([',', ';', '\t', '|']).default(','),
  /** A plain text here is the type itself, not a column. */
  sourceType: z.preprocess((value) => (typeof value === 'string' ? { constant: value } : value), sourceShape),
  sourceId: source,
  amount: z.strictObject({ ...number.shape, column: headers, optional: z.boolean().optional() })
    .transform(({ column, optional, ...format }): Source => ({ column, optional, number: format })).optional(),
  currency: source.refine(
    ({ constant }) => constant === undefined || CURRENCY.test(constant),
    'must be a three-letter currency code such as NOK',
  ).optional(),
  occurredOn: source.refine(namesDates, 'needs "date": the format the dates are written in').optional(),
  label: source.optional(),
  payload: z.record(z.string().min(1), source),
}).refine((value) => value.amount === undefined || value.currency !== undefined, 'amount needs a currency');

/** How the columns of a file become a record. */
export type Mapping = z.infer<typeof mappingShape>;

/**
 * Reads the text of a mapping file.
 * @throws ImportError listing everything that is wrong with it, each with its place.
 */
export function parseMapping(text: string, name: string): Mapping {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ImportError(`${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = mappingShape.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(whole file)'}: ${issue.message}`);
  throw new ImportError(`${name} is not a mapping Syncward understands:\n${problems.join('\n')}`);
}

/** @throws ImportError when there is no such file or it is no mapping. */
export async function loadMapping(file: string): Promise<Mapping> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ImportError(`The mapping file ${file} can't be read (${cause.code ?? cause.message}).`, { cause });
  });
  if (text.length > MAX_MAPPING_CHARACTERS) throw new ImportError(`${file} is too large for a mapping file.`);
  return parseMapping(text, file);
}
