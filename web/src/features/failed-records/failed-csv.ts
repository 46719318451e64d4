import type { Client } from '../../lib/client.ts';
import { BYTE_ORDER_MARK, csvLine, csvStyle } from '../../lib/csv.ts';
import type { Cell } from '../../lib/csv.ts';
import type { Format } from '../../lib/format.ts';
import type { FixWords } from '../../lib/i18n/nb-fix.ts';
import { readFailedRecords } from '../../lib/record-queries.ts';
import type { Cursor, RecordFilter } from '../../lib/record-queries.ts';
import type { FailedRecord } from '../../lib/record-rows.ts';

/** What a spreadsheet can still be worked with in, and a browser can hold. */
export const MOST_ROWS = 100_000;
/** The most the Data API answers at a time. */
const ROWS_PER_READ = 1_000;

export type FailedTable = { parts: string[]; rows: number; isCut: boolean };

type Words = { t: Pick<FixWords, 'failed' | 'integration'>; f: Format };

/**
 * The failed records of a selection as a table, newest first: read page by page, so that the server never has to answer with all of
 * them. Throws `ApiError` when a page cannot be read: half a table would look like a whole one.
 */
export async function failedTable(client: Client, org: string, filter: RecordFilter, words: Words, most = MOST_ROWS): Promise<FailedTable> {
  const style = csvStyle(words.f.locale);
  const parts = [BYTE_ORDER_MARK + csvLine(heads(words), style)];
  let after: Cursor | null = null;
  let rows = 0;
  while (rows < most) {
    const size = Math.min(ROWS_PER_READ, most - rows);
    const page: FailedRecord[] = await readFailedRecords(client, org, filter, after, size);
    parts.push(page.map((record) => csvLine(cellsOf(record, words), style)).join(''));
    rows += page.length;
    const last = page.at(-1);
    if (!last || page.length < size) return { parts, rows, isCut: false };
    after = { failed_at: last.failed_at, id: last.id };
  }
  return { parts, rows, isCut: (await readFailedRecords(client, org, filter, after, 1)).length > 0 };
}

function heads({ t }: Words): Cell[] {
  const c = t.failed.columns;
  return [
    c.record, t.failed.csv.key, t.failed.csv.type, c.state, c.field, t.failed.value, c.message, t.integration.code, t.integration.httpStatus,
    c.amount, t.failed.csv.currency, t.failed.csv.day, c.failedAt, c.attempts, t.failed.nextAttempt,
  ];
}

function cellsOf(record: FailedRecord, { t, f }: Words): Cell[] {
  const at = (iso: string | null | undefined): string | null => (iso ? f.sortable(iso) : null);
  return [
    record.label || record.source_id, record.source_id, record.source_type, t.failed.states[record.state] ?? record.state,
    record.payload_field || record.error_field, record.error_value, record.error_message, record.error_code, { number: record.error_status },
    { number: record.amount }, record.currency, record.occurred_on, at(record.failed_at), { number: record.attempts }, at(record.next_attempt_at),
  ];
}

/** `expenses-2026-11-20.csv`: which integration, and the organization's day. */
export function fileName(slug: string, f: Format, now: Date): string {
  return `${slug}-${f.sortable(now.toISOString()).slice(0, 10)}.csv`;
}
