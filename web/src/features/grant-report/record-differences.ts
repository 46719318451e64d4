import type { Template } from './form/template.ts';
import type { ChangedRecord } from './queries.ts';

/** One value of a record that is other than it was; null where there was or is none. */
export type Difference = { key: string; title: string; was: string | null; now: string | null };

type Side = NonNullable<ChangedRecord['before']>;

const written = (value: unknown): string | null =>
  (value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value));

function valueOf(side: Side | null, from: string): string | null {
  if (side === null) return null;
  const own: Record<string, unknown> = { amount: side.amount, currency: side.currency, occurredOn: side.occurredOn, sourceType: side.sourceType, sourceId: side.sourceId };
  return written(Object.hasOwn(own, from) ? own[from] : side.payload[from]);
}

/** What of a record the form shows differently now, in the form's order and by its names; nothing for one that was added or is gone. */
export function differencesOf({ columns }: Template, { before, after }: ChangedRecord): Difference[] {
  if (before === null || after === null) return [];
  return columns.flatMap(({ key, from, title }): Difference[] => {
    const [was, now] = [valueOf(before, from), valueOf(after, from)];
    return was === now ? [] : [{ key, title, was, now }];
  });
}

/** Whether it was taken out on purpose, or taken back, since. */
export const isLeftOutNow = ({ before, after }: ChangedRecord): boolean => before?.dismissed === false && after?.dismissed === true;
