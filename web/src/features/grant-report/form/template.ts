import * as z from 'zod/mini';

const key = z.string().check(z.regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/));
const decimal = z.string().check(z.regex(/^-?\d+(?:\.\d+)?$/));
const filled = z.string().check(z.minLength(1));

/** What a cell may be filled with. */
const limits = {
  title: z.string().check(z.minLength(1), z.maxLength(255)),
  as: z.enum(['text', 'whole', 'decimal', 'date', 'choice']),
  required: z._default(z.boolean(), false),
  minLength: z.optional(z.int().check(z.nonnegative())),
  maxLength: z._default(z.int().check(z.positive(), z.maximum(32_767)), 32_767),
  pattern: z.optional(z.string().check(z.refine(isPattern, 'Is not a regular expression.'))),
  /** What the pattern asks for, in words for whoever must correct it. */
  patternSays: z.optional(z.strictObject({ nb: filled, en: filled })),
  choices: z.optional(z.array(z.string()).check(z.minLength(1))),
  least: z.optional(decimal),
  most: z.optional(decimal),
  decimals: z._default(z.int().check(z.nonnegative(), z.maximum(6)), 2),
};

/** What the report says once: who reports, on what grant. Typed by a person. */
const field = z.strictObject({ key, ...limits });
/** What it says of every record: a payload key, or `amount`, `currency`, `occurredOn`, `sourceType`, `sourceId` of the record itself. */
const column = z.strictObject({ key, from: filled, ...limits });

/**
 * The form of a report as data: one version is never changed once something was handed in by it; what changes is the next version.
 * What cannot be true together is refused with the template, not found on the day of the deadline.
 */
export const template = z.strictObject({
  scheme: z.string().check(z.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)),
  /** Year and number: 2026-1. */
  version: z.string().check(z.regex(/^\d{4}-\d{1,3}$/)),
  title: z.string().check(z.minLength(1), z.maxLength(255)),
  /** Where the form comes from, and how far it is the receiver's own. */
  source: z.strictObject({ nb: filled, en: filled }),
  /** Records of which kinds belong into it. */
  sourceTypes: z.array(filled).check(z.minLength(1)),
  currency: z._default(z.string().check(z.regex(/^[A-Z]{3}$/)), 'NOK'),
  /** `comma` is what spreadsheets in Norwegian open without asking: semicolons between cells, decimals after a comma. */
  csv: z._default(z.enum(['comma', 'point']), 'comma'),
  rows: z.prefault(z.strictObject({
    least: z._default(z.int().check(z.nonnegative()), 1), most: z._default(z.int().check(z.positive(), z.maximum(20_000)), 20_000),
  }), {}),
  fields: z._default(z.array(field), []),
  columns: z.array(column).check(z.minLength(1)),
  /** Columns that together name a row. */
  unique: z._default(z.array(key), []),
  /** Fields that must be the sum of a column. */
  sums: z._default(z.array(z.strictObject({ field: key, column: key })), []),
}).check(({ value, issues }) => {
  const say = (path: (string | number)[], message: string): void => void issues.push({ code: 'custom', path, message, input: value });
  const columns = new Map(value.columns.map((one) => [one.key, one]));
  const fields = new Map(value.fields.map((one) => [one.key, one]));
  if (columns.size < value.columns.length) say(['columns'], 'Two columns have the same key.');
  if (fields.size < value.fields.length) say(['fields'], 'Two fields have the same key.');
  for (const [part, list] of [['columns', value.columns], ['fields', value.fields]] as const) {
    for (const [index, { as, choices, minLength = 0, maxLength }] of list.entries()) {
      if ((as === 'choice') !== (choices !== undefined)) say([part, index, 'choices'], 'A choice has choices, and nothing else has.');
      if (minLength > maxLength) say([part, index, 'minLength'], 'The shortest is longer than the longest.');
    }
  }
  const strange = value.unique.find((name) => !columns.has(name));
  if (strange !== undefined) say(['unique'], `There is no column ${strange}.`);
  for (const [index, sum] of value.sums.entries()) {
    const adds = (one: { as: string } | undefined): boolean => one?.as === 'whole' || one?.as === 'decimal';
    if (!adds(columns.get(sum.column)) || !adds(fields.get(sum.field))) say(['sums', index], 'Only numbers can be summed up.');
  }
});
export type Template = z.output<typeof template>;
export type Cell = z.output<typeof field>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u').source !== '';
  } catch {
    return false;
  }
}
