import type { Template } from './template.ts';

/** First and last day, both included. */
export type Span = { from: string; to: string };

/** A record as the database gives it for a form: only what the form asks for, numbers as text. */
export type GrantRecord = {
  id: string;
  integration: string;
  sourceType: string;
  sourceId: string;
  payload: Record<string, unknown>;
  amount: string | null;
  currency: string | null;
  occurredOn: string | null;
  /** Taken out on purpose, with a reason. */
  dismissed: boolean;
};

/** A row and the record it stands for. Values are text, as handed in; null where there is none. */
export type Row = { record: string; values: Record<string, unknown> };

export type LeftOut = { record: string; reason: 'another_kind' | 'outside_period' | 'dismissed' };

export type Report = {
  scheme: string;
  version: string;
  period: Span;
  fields: Record<string, unknown>;
  rows: Row[];
  /** Records that were given and are not in it, with the reason: nothing is left out in silence. */
  leftOut: LeftOut[];
};

const OWN = ['amount', 'currency', 'occurredOn', 'sourceType', 'sourceId'] as const;

/**
 * The report of a period out of records. The same records give the same report, in whatever order they come. A record without a day
 * is in it, to be found by the check: without one nobody can say that it does not belong there.
 */
export function buildReport(template: Template, period: Span, fields: Record<string, unknown>, records: readonly GrantRecord[]): Report {
  const leftOut: LeftOut[] = [];
  const rows: Row[] = [];
  for (const record of [...records].sort(inOrder)) {
    const { occurredOn: day } = record;
    if (!template.sourceTypes.includes(record.sourceType)) leftOut.push({ record: record.id, reason: 'another_kind' });
    else if (day !== null && (day < period.from || day > period.to)) leftOut.push({ record: record.id, reason: 'outside_period' });
    else if (record.dismissed) leftOut.push({ record: record.id, reason: 'dismissed' });
    else rows.push({ record: record.id, values: valuesOf(template, record) });
  }
  const own = Object.fromEntries(template.fields.map(({ key }) => [key, Object.hasOwn(fields, key) ? fields[key] : null]));
  return { scheme: template.scheme, version: template.version, period, fields: own, rows, leftOut };
}

function inOrder(a: GrantRecord, b: GrantRecord): number {
  const keyOf = ({ occurredOn, sourceType, sourceId }: GrantRecord): string => `${occurredOn ?? ''}\0${sourceType}\0${sourceId}`;
  const [left, right] = [keyOf(a), keyOf(b)];
  if (left !== right) return left < right ? -1 : 1;
  return Number(a.id) - Number(b.id);
}

function valuesOf({ columns }: Template, record: GrantRecord): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ key, from }) => {
    const own = OWN.find((name) => name === from);
    return [key, own ? record[own] : Object.hasOwn(record.payload, from) ? record.payload[from] : null];
  }));
}
