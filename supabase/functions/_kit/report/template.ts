import { z } from 'zod';

const key = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/);
const limits = {
  title: z.string().min(1).max(255),
  as: z.enum(['text', 'whole', 'decimal', 'date', 'choice']),
  required: z.boolean().default(false),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(1).max(32_767).default(32_767),
  pattern: z.string().refine(isPattern, 'Is not a regular expression.').optional(),
  /** What the pattern asks for, in words for whoever must correct it. */
  patternSays: z.string().optional(),
  choices: z.array(z.string()).min(1).optional(),
  least: z.string().regex(/^-?\d+(?:\.\d+)?$/).optional(),
  most: z.string().regex(/^-?\d+(?:\.\d+)?$/).optional(),
  decimals: z.int().min(0).max(6).default(2),
};

/** What the report says once: who reports, on what grant. */
const field = z.strictObject({ key, ...limits });
/** What it says of every record: a payload key, or something of the record itself. */
const column = z.strictObject({
  key,
  from: z.string().min(1).describe('A payload key, or amount, currency, occurredOn, sourceType, sourceId'),
  ...limits,
});

/**
 * The form of a report as data: one version is never changed once something was handed in by it; what changes is the next version.
 * What cannot be true together is refused with the template, not found on the day of the deadline.
 */
export const template = z.strictObject({
  scheme: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  version: z.string().regex(/^\d{4}-\d{1,3}$/).describe('Year and number: 2026-1'),
  title: z.string().min(1).max(255),
  source: z.string().min(1).describe('Where the form comes from, and how far it is the receiver’s own'),
  sourceTypes: z.array(z.string().min(1)).min(1).describe('Records of which kinds belong into it'),
  currency: z.string().regex(/^[A-Z]{3}$/).default('NOK'),
  rows: z.strictObject({ least: z.int().min(0).default(1), most: z.int().min(1).max(1_000_000).default(100_000) }).prefault({}),
  fields: z.array(field).default([]),
  columns: z.array(column).min(1),
  unique: z.array(key).default([]).describe('Columns that together name a row'),
  sums: z.array(z.strictObject({ field: key, column: key })).default([]).describe('Fields that must be the sum of a column'),
}).superRefine((given, context) => {
  const say = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
  const columns = new Map(given.columns.map((one) => [one.key, one]));
  const fields = new Map(given.fields.map((one) => [one.key, one]));
  if (columns.size < given.columns.length) say(['columns'], 'Two columns have the same key.');
  if (fields.size < given.fields.length) say(['fields'], 'Two fields have the same key.');
  for (const [part, list] of [['columns', given.columns], ['fields', given.fields]] as const) {
    for (const [index, { as, choices, minLength = 0, maxLength }] of list.entries()) {
      if ((as === 'choice') !== (choices !== undefined)) say([part, index, 'choices'], 'A choice has choices, and nothing else has.');
      if (minLength > maxLength) say([part, index, 'minLength'], 'The shortest is longer than the longest.');
    }
  }
  const strange = given.unique.find((name) => !columns.has(name));
  if (strange !== undefined) say(['unique'], `There is no column ${strange}.`);
  for (const [index, sum] of given.sums.entries()) {
    const isNumber = (one: { as: string } | undefined): boolean => one?.as === 'whole' || one?.as === 'decimal';
    if (!isNumber(columns.get(sum.column)) || !isNumber(fields.get(sum.field))) say(['sums', index], 'Only numbers can be summed up.');
  }
});
export type Template = z.infer<typeof template>;
export type Cell = z.infer<typeof field>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u').source !== '';
  } catch {
    return false;
  }
}
