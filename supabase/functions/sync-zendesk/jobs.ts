import { z } from 'zod';
import type { Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { refusedPart } from '../_kit/mapped.ts';
import { shaped } from '../_kit/payload.ts';
import { call, externalIdOf } from './api.ts';
import type { Context, Item } from './api.ts';

const id = z.union([z.string(), z.number()]).transform(String);
const result = z.looseObject({
  id: id.nullish(),
  index: z.number().nullish(),
  external_id: z.string().nullish(),
  status: z.string().nullish(),
  success: z.boolean().nullish(),
  error: z.string().nullish(),
});
type Result = z.infer<typeof result>;
const status = z.object({
  job_status: z.object({
    id: z.string(),
    status: z.string(),
    message: z.string().nullish(),
    // Of some jobs it is one object for all.
    results: z.union([z.array(result), z.looseObject({})]).nullish(),
  }),
});

const ENDED = new Set(['completed', 'failed', 'killed']);

/** What an accepted record is asked about with: its job, its place among so many, and the ticket if it is one already. */
type Ticket = { jobId: string; place: number; total: number; ticketId: string | null };

const write = ({ jobId, place, total, ticketId }: Ticket): string => `job:${jobId}:${place}:${total}:${ticketId ?? ''}`;

function read(externalId: string | null): Ticket | null {
  const [, jobId, place, total, ticketId] = /^job:([\w-]+):(\d+):(\d+):(\d*)$/.exec(externalId ?? '') ?? [];
  return jobId === undefined ? null : { jobId, place: Number(place), total: Number(total), ticketId: ticketId || null };
}

/** The number of the ticket an earlier version became, also where a later one is still under way. */
export function ticketIdOf({ externalId }: OutgoingRecord): string | null {
  return read(externalId)?.ticketId ?? (/^\d+$/.test(externalId ?? '') ? externalId : null);
}

/** Hands in a list that a job works off; each of it is accepted under the job and its place. */
export async function handIn(ctx: Context, path: string, method: string, name: string, items: Item[]): Promise<Outcome[]> {
  const response = await call(ctx, path, { method, body: { [name]: items } });
  const { id: jobId } = shaped(ctx.http, response, status).job_status;
  return items.map((item, place) => {
    const ticketId = typeof item.id === 'number' ? String(item.id) : null;
    return {
      state: 'accepted',
      externalId: write({ jobId, place, total: items.length, ticketId }),
      requestId: response.requestId ?? undefined,
    };
  });
}

/**
 * The verdicts of the jobs. A job is kept for a day; of one that is gone or broke off, and of a record it says nothing about, only asking
 * for the record itself tells more (`missing`).
 * https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
 */
export async function judged(
  ctx: Context,
  records: OutgoingRecord[],
  missing: (records: OutgoingRecord[]) => Promise<(Outcome | null)[]>,
): Promise<(Outcome | null)[]> {
  const verdicts = new Map<OutgoingRecord, Outcome | null>();
  const untold: { record: OutgoingRecord; message: string }[] = [];
  for (const [jobId, own] of Map.groupBy(records, ({ externalId }) => read(externalId)?.jobId ?? '')) {
    const known = await show(ctx, jobId);
    const job = known?.job;
    if (job && !ENDED.has(job.status)) continue;
    const results = Array.isArray(job?.results) ? job.results : [];
    for (const record of own) {
      const said = known && resultOf(ctx, record, results);
      if (said) verdicts.set(record, verdict(ctx, record, said, known.response));
      else untold.push({ record, message: job?.message || 'Zendesk does not keep the job any longer, or it ended without this record.' });
    }
  }
  const held = await missing(untold.map(({ record }) => record));
  for (const [at, { record, message }] of untold.entries()) {
    const category = 'server';
    const gone: Outcome = { state: 'refused', diagnosis: { message, code: 'job_without_result', field: null, category, retryable: true } };
    verdicts.set(record, held[at] ?? { ...gone, externalId: ticketIdOf(record) ?? undefined });
  }
  return records.map((record) => verdicts.get(record) ?? null);
}

async function show(ctx: Context, jobId: string): Promise<{ job: z.infer<typeof status>['job_status']; response: HttpResponse } | null> {
  try {
    const response = await call(ctx, `job_statuses/${encodeURIComponent(jobId)}.json`);
    return { job: shaped(ctx.http, response, status).job_status, response };
  } catch (error) {
    if (error instanceof HttpFailure && error.status === 404) return null;
    throw error;
  }
}

/** Jobs name a record by its external id or its place, and some by nothing but the order, which holds only while none is left out. */
function resultOf(ctx: Context, record: OutgoingRecord, results: Result[]): Result | undefined {
  const ticket = read(record.externalId);
  const named = results.find((one) => one.external_id === externalIdOf(record, ctx.settings)) ??
    results.find(({ index }) => index === ticket?.place);
  const inOrder = ticket !== null && results.length === ticket.total ? results[ticket.place] : undefined;
  return named ?? (inOrder?.external_id == null && inOrder?.index == null ? inOrder : undefined);
}

/** Sentences of a job begin with the field, or with the thing and the field: `Name: Email: … is not properly formatted`. */
const labelIn = (message: string): string | null => /^(?:\p{Lu}[\p{L}\d ]{0,40}: )*(\p{Lu}[\p{L}\d ]{0,40}): /u.exec(message)?.[1] ?? null;

/** What a job says of a refused user as its `id` is only its place. */
function verdict(ctx: Context, record: OutgoingRecord, said: Result, response: HttpResponse): Outcome {
  const isRefused = Boolean(said.error) || said.success === false || /fail/i.test(said.status ?? '');
  if (!isRefused) return { state: 'exported', externalId: said.id ?? ticketIdOf(record) ?? undefined };
  const { id: _place, index: _index, ...body } = said;
  const { diagnosis, ...rest } = refusedPart(ctx.http, response, { status: 422, body });
  return {
    ...rest,
    diagnosis: { ...diagnosis, field: diagnosis.field ?? labelIn(diagnosis.message) },
    externalId: ticketIdOf(record) ?? undefined,
  };
}
