import type { OutgoingRecord } from '../connector.ts';
import type { Template } from './template.ts';

/** First and last day, both included. */
export type Period = { from: string; to: string };

export type ReportRecord = Pick<OutgoingRecord, 'id' | 'sourceType' | 'sourceId' | 'payload' | 'amount' | 'currency' | 'occurredOn'>;

/** A row and the record it stands for. Values are text, as handed in; null where there is none. */
export type Row = { record: number; values: Record<string, unknown> };

export type Report = {
  scheme: string;
  version: string;
  period: Period;
  fields: Record<string, unknown>;
  rows: Row[];
  /** Records that were given and are not in it, with the reason: nothing is left out in silence. */
  leftOut: { record: number; reason: 'another_kind' | 'outside_period' }[];
};

const OWN = ['amount', 'currency', 'occurredOn', 'sourceType', 'sourceId'] as const;

/**
 * The report of a period out of records. The same records give the same report, in whatever order they come. A record without a day
 * is in it, to be found by the check: without one nobody can say that it does not belong there.
 */
export function buildReport(template: Template, period: Period, fields: Record<string, unknown>, records: ReportRecord[]): Report {
  const leftOut: Report['leftOut'] = [];
  const rows: Row[] = [];
  for (const record of [...records].sort(inOrder)) {
    const { occurredOn: day } = record;
    if (!template.sourceTypes.includes(record.sourceType)) leftOut.push({ record: record.id, reason: 'another_kind' });
    else if (day !== null && (day < period.from || day > period.to)) leftOut.push({ record: record.id, reason: 'outside_period' });
    else rows.push({ record: record.id, values: valuesOf(template, record) });
  }
  const own = Object.fromEntries(template.fields.map(({ key }) => [key, Object.hasOwn(fields, key) ? fields[key] : null]));
  return { scheme: template.scheme, version: template.version, period, fields: own, rows, leftOut };
}

function inOrder(a: ReportRecord, b: ReportRecord): number {
  const [left, right] = [a, b].map(({ occurredOn, sourceType, sourceId }) => `${occurredOn ?? ''}\0${sourceType}\0${sourceId}`) as [
    string,
    string,
  ];
  return left < right ? -1 : left > right ? 1 : a.id - b.id;
}

function valuesOf({ columns }: Template, record: ReportRecord): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ key, from }) => {
    const own = OWN.find((name) => name === from);
    return [key, own ? record[own] : Object.hasOwn(record.payload, from) ? record.payload[from] : null];
  }));
}
