import type { PulledRecord } from './connector.ts';
import type { PageShape } from './store.ts';

/** Objects with more keys than this are tables of something, whose keys are values. */
const MOST_KEYS = 100;
const MOST_PATHS = 500;
const MOST_DEPTH = 6;
const LONGEST_PATH = 200;

/**
 * What the fields of fetched records are like: which there are, of which types, in how many records. No value of any.
 * @example shapeOf([{ id: '1', payload: { total: 5, lines: [{ sku: 'a' }] }, … }])
 *   // { records: 1, fields: { total: { types: ['number'], in: 1 }, lines: …, 'lines[].sku': … } }
 */
export function shapeOf(records: PulledRecord[]): PageShape {
  const fields = new Map<string, { types: Set<string>; in: number; last: number }>();
  const living = records.filter(({ payload }) => payload !== null);

  function note(path: string, value: unknown, record: number, depth: number): void {
    let field = fields.get(path);
    if (!field) {
      if (fields.size >= MOST_PATHS || path.length > LONGEST_PATH) return;
      fields.set(path, field = { types: new Set(), in: 0, last: -1 });
    }
    field.types.add(typeOf(value));
    if (field.last !== record) Object.assign(field, { in: field.in + 1, last: record });
    if (depth < MOST_DEPTH) inside(path, value, record, depth + 1);
  }

  function inside(path: string, value: unknown, record: number, depth: number): void {
    if (Array.isArray(value)) {
      for (const item of value.slice(0, MOST_KEYS)) inside(`${path}[]`, item, record, depth);
    } else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value);
      if (entries.length <= MOST_KEYS || path === '') for (const [key, item] of entries) note(path === '' ? key : `${path}.${key}`, item, record, depth);
    }
  }

  for (const [index, { payload }] of living.entries()) inside('', payload, index, 0);
  const shape = [...fields].map(([path, { types, in: count }]) => [path, { types: [...types].sort(), in: count }] as const);
  return { records: living.length, fields: Object.fromEntries(shape) };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : typeof value;
}
