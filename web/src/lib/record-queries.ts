import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type * as z from 'zod/mini';
import type { Client } from './client.ts';
import { readRows } from './queries.ts';
import type { Answer } from './queries.ts';
import { Attempt, Cause, CauseFix, ClosedRecord, FailedRecord, RecordDetail, Retry, Run, RunDedupe, WaitingRecord } from './record-rows.ts';

// What the pages of an integration read.

/** Rows shown at a time in every list. */
export const PAGE_SIZE = 50;

async function readOne<S extends z.ZodMiniType>(row: S, answer: Answer): Promise<z.output<S> | null> {
  return (await readRows(row, answer))[0] ?? null;
}

export const causesQuery = ({ db }: Client, org: string, integration: string) => queryOptions({
  queryKey: ['org', org, 'causes', integration],
  queryFn: ({ signal }) => readRows(Cause, db.from('cause_overview').select().eq('org_id', org).eq('integration_id', integration)
    .gt('open_records', 0).order('open_records', { ascending: false }).order('id').limit(PAGE_SIZE).abortSignal(signal)),
});

export const causeQuery = ({ db }: Client, org: string, cause: string) => queryOptions({
  queryKey: ['org', org, 'cause', cause],
  queryFn: ({ signal }) => readOne(Cause, db.from('cause_overview').select().eq('org_id', org).eq('id', cause)
    .limit(1).abortSignal(signal)),
});

/** What helped the last time these causes were met; those never fixed are not in it. It changes when one is fixed, not by the second. */
export const causeFixesQuery = ({ db }: Client, org: string, integration: string, causes: readonly string[]) => queryOptions({
  queryKey: ['org', org, 'fixes', integration, causes.toSorted().join()],
  queryFn: ({ signal }) => readRows(CauseFix, db.from('cause_fixes').select().eq('org_id', org).eq('integration_id', integration)
    .in('cause_id', [...causes]).limit(PAGE_SIZE).abortSignal(signal)),
  enabled: causes.length > 0,
  staleTime: 60_000,
});

export type RecordFilter = { integration: string; cause?: string; run?: string; state?: string };
/** The row a page of a list starts after. */
export type Cursor = { failed_at: string; id: string };

/** Open failures, newest first, `size` at a time by keyset: the last row of a page is where the next one starts. */
export function readFailedRecords(
  { db }: Client, org: string, filter: RecordFilter, after: Cursor | null, size: number, signal?: AbortSignal,
): Promise<FailedRecord[]> {
  let rows = db.from('failed_records').select().eq('org_id', org).eq('integration_id', filter.integration);
  if (filter.cause) rows = rows.eq('cause_id', filter.cause);
  if (filter.run) rows = rows.eq('run_id', filter.run);
  if (filter.state) rows = rows.eq('state', filter.state);
  // The first condition is where the index begins to be read; the second leaves out what of that moment was on the page before.
  if (after) rows = rows.lte('failed_at', after.failed_at).or(`failed_at.lt."${after.failed_at}",id.lt.${after.id}`);
  const page = rows.order('failed_at', { ascending: false }).order('id', { ascending: false }).limit(size);
  return readRows(FailedRecord, signal ? page.abortSignal(signal) : page);
}

export const failedRecordsQuery = (client: Client, org: string, filter: RecordFilter, after: Cursor | null) => queryOptions({
  queryKey: ['org', org, 'failed', filter, after],
  queryFn: ({ signal }) => readFailedRecords(client, org, filter, after, PAGE_SIZE, signal),
  placeholderData: keepPreviousData,
});

/** Where the page after this one starts; null when this one is the last. */
export function cursorAfter(page: readonly FailedRecord[]): Cursor | null {
  const last = page.length === PAGE_SIZE ? page.at(-1) : undefined;
  return last ? { failed_at: last.failed_at, id: last.id } : null;
}

// The amount as text: a JSON number would be rounded on its way into JavaScript.
const RECORD_COLUMNS = 'id,integration_id,source_type,source_id,label,state,amount::text,currency,occurred_on,cause_id,error_code,'
  + 'error_field,error_value,error_message,error_category,error_status,failed_at,attempts,next_attempt_at,run_id,payload,version,'
  + 'external_id,created_at,idempotency_key';

export const recordQuery = ({ db }: Client, org: string, record: string) => queryOptions({
  queryKey: ['org', org, 'record', record],
  queryFn: ({ signal }) => readOne(RecordDetail, db.from('records').select(RECORD_COLUMNS).eq('org_id', org).eq('id', record)
    .limit(1).abortSignal(signal)),
});

/** The first records that wait to be sent, in the order they came in. */
export const waitingRecordsQuery = ({ db }: Client, org: string, integration: string) => queryOptions({
  queryKey: ['org', org, 'waiting', integration],
  queryFn: ({ signal }) => readRows(WaitingRecord, db.from('records')
    .select('id,source_id,label,state,amount::text,currency,occurred_on,created_at').eq('org_id', org).eq('integration_id', integration)
    .in('state', ['queued', 'sending']).order('id').limit(PAGE_SIZE).abortSignal(signal)),
});

export const attemptsQuery = ({ db }: Client, org: string, record: string) => queryOptions({
  queryKey: ['org', org, 'attempts', record],
  queryFn: ({ signal }) => readRows(Attempt, db.from('attempts').select().eq('org_id', org).eq('record_id', record)
    .order('at', { ascending: false }).order('id', { ascending: false }).limit(PAGE_SIZE).abortSignal(signal)),
});

export const runQuery = ({ db }: Client, org: string, run: string) => queryOptions({
  queryKey: ['org', org, 'run', run],
  queryFn: ({ signal }) => readOne(Run, db.from('run_history').select().eq('org_id', org).eq('id', run).limit(1).abortSignal(signal)),
});

/** How the system of a run tells whether it holds a record: `none` means that it cannot be asked. */
export const runDedupeQuery = ({ db }: Client, org: string, run: string) => queryOptions({
  queryKey: ['org', org, 'dedupe', run],
  queryFn: ({ signal }) => readOne(RunDedupe, db.from('runs').select('dedupe').eq('org_id', org).eq('id', run).limit(1).abortSignal(signal)),
});

/** The latest retries of an integration, newest first: more than one may wait, for approval or for their turn. */
export const retriesQuery = ({ db }: Client, org: string, integration: string) => queryOptions({
  queryKey: ['org', org, 'retries', integration],
  queryFn: ({ signal }) => readRows(Retry, db.from('retry_progress').select().eq('org_id', org).eq('integration_id', integration)
    .order('requested_at', { ascending: false }).order('id', { ascending: false }).limit(20).abortSignal(signal)),
});

/** Where a page of what is closed starts. */
export type ClosedCursor = { closed_at: string; id: string };

/** Records that are out of trouble in one way, `exported` or `dismissed`, newest first, a page at a time. */
export const closedRecordsQuery = ({ db }: Client, org: string, integration: string, state: string, after: ClosedCursor | null) => queryOptions({
  queryKey: ['org', org, 'closed', integration, state, after],
  queryFn: ({ signal }) => {
    let rows = db.from('closed_records').select().eq('org_id', org).eq('integration_id', integration).eq('state', state);
    if (after) rows = rows.lte('closed_at', after.closed_at).or(`closed_at.lt."${after.closed_at}",id.lt.${after.id}`);
    return readRows(ClosedRecord, rows.order('closed_at', { ascending: false }).order('id', { ascending: false }).limit(PAGE_SIZE).abortSignal(signal));
  },
  placeholderData: keepPreviousData,
});

/** How one record came out of its trouble; null if it never was in any, or is. */
export const closedRecordQuery = ({ db }: Client, org: string, record: string) => queryOptions({
  queryKey: ['org', org, 'closed', 'one', record],
  queryFn: ({ signal }) => readOne(ClosedRecord, db.from('closed_records').select().eq('org_id', org).eq('id', record).limit(1).abortSignal(signal)),
});
