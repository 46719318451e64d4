import type { PulledRecord } from './connector.ts';
import { shapeOf } from './shape.ts';
import type { PageShape, StoredPage } from './store.ts';

/** What one call to Postgres carries, and what one record may weigh, in characters of JSON. */
const MOST_RECORDS = 500;
const MOST_CHARACTERS = 2_000_000;
const LARGEST_RECORD = 1_000_000;

export type PagePart = { records: StoredPage['records']; shape: PageShape };

/** A page in parts that Postgres takes in one call each; at least one, so that an empty page moves its cursor too. */
export function pageParts(page: PulledRecord[]): PagePart[] | { tooLarge: string } {
  const groups: PulledRecord[][] = [[]];
  let characters = 0;
  for (const record of page) {
    const { length } = JSON.stringify(record.payload);
    if (length > LARGEST_RECORD) return { tooLarge: record.id };
    const group = groups.at(-1) ?? [];
    if (group.length < MOST_RECORDS && characters + length <= MOST_CHARACTERS) {
      group.push(record);
      characters += length;
    } else {
      groups.push([record]);
      characters = length;
    }
  }
  return groups.map((group) => {
    const clean = group.map((record) => ({ ...record, id: storableText(record.id), payload: storablePayload(record.payload) }));
    return {
      records: clean.map(({ id, payload, changedAt, deleted }) => ({ id, payload, changed_at: changedAt, deleted })),
      shape: shapeOf(clean),
    };
  });
}

/** Postgres takes neither the character zero nor half a character; what systems hold may have both, rarely. */
const storableText = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

function storablePayload(payload: PulledRecord['payload']): PulledRecord['payload'] {
  if (payload === null || !/\\u(?:0000|d[89a-f])/i.test(JSON.stringify(payload))) return payload;
  return cleaned(payload) as PulledRecord['payload'];
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storableText(key), cleaned(item)]));
}
