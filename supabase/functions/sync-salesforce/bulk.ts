import { z } from 'zod';
import type { Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { refusedPart, stableKey } from '../_kit/mapped.ts';
import type { MappedValue } from '../_kit/mapped.ts';
import { shaped } from '../_kit/payload.ts';
import { call, data } from './api.ts';
import type { Session } from './api.ts';
import { csvLine, readCsv } from './csv.ts';

/** A record that can be written, under our key. */
export type Row = { key: string; values: MappedValue[] };

const job = z.object({ id: z.string().min(1), state: z.string(), errorMessage: z.string().nullish() });
type Job = z.infer<typeof job>;

const ENDED = new Set(['JobComplete', 'Failed', 'Aborted']);

/**
 * One ingest job for all rows: created, filled, closed. Before it is closed nothing of it is ever carried out, so whatever fails until
 * then took nothing. When the answer to closing is lost, the job itself says whether it was closed.
 * https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html
 */
export async function ingest(session: Session, rows: Row[]): Promise<{ jobId: string; response: HttpResponse }> {
  const { settings, http } = session.ctx;
  const opened = await unread(async () => {
    const { object, externalIdField: externalIdFieldName } = settings;
    const body = { object, externalIdFieldName, operation: 'upsert', contentType: 'CSV', lineEnding: 'LF' };
    const response = await call(session, data(session.ctx, 'jobs/ingest'), { body });
    const { id } = shaped(http, response, job);
    const csv = csvOf(rows, settings.externalIdField);
    await call(session, jobPath(session, id, '/batches'), { method: 'PUT', headers: { 'content-type': 'text/csv' }, body: csv });
    return { id, response };
  });
  try {
    const response = await call(session, jobPath(session, opened.id), { method: 'PATCH', body: { state: 'UploadComplete' } });
    return { jobId: opened.id, response };
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.delivered !== 'unknown') throw error;
    const known = await jobOf(session, opened.id).catch(() => null);
    if (known === null || known.job.state === 'Open') throw error;
    return { jobId: opened.id, response: known.response };
  }
}

async function unread<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HttpFailure && error.delivered === 'unknown') error.delivered = 'no';
    throw error;
  }
}

/** An empty cell leaves a field as it is; `#N/A` empties it. */
function csvOf(rows: Row[], keyField: string): string {
  const targets = [...new Set(rows.flatMap(({ values }) => values.map(({ target }) => target)))];
  const lines = rows.map(({ key, values }) => {
    const byTarget = new Map(values.map(({ target, text }) => [target, text ?? '#N/A']));
    return csvLine([key, ...targets.map((target) => byTarget.get(target) ?? '')]);
  });
  return csvLine([keyField, ...targets]) + lines.join('');
}

const jobPath = ({ ctx }: Session, id: string, rest = ''): string => data(ctx, `jobs/ingest/${encodeURIComponent(id)}${rest}`);

async function jobOf(session: Session, id: string): Promise<{ job: Job; response: HttpResponse }> {
  const response = await call(session, jobPath(session, id));
  return { job: shaped(session.ctx.http, response, job), response };
}

/** What became of a job's records; null while it runs. Result rows come in any order and are matched by our key. */
export async function judged(session: Session, jobId: string, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const { http, settings } = session.ctx;
  const known = await jobOf(session, jobId).catch((error: unknown) => {
    if (error instanceof HttpFailure && error.status === 404) return null;
    throw error;
  });
  if (known === null) return records.map(() => missed('The job is not kept any longer.', true));
  if (!ENDED.has(known.job.state)) return records.map(() => null);
  const results = async (name: string): Promise<{ rows: Map<string, Record<string, string>>; response: HttpResponse }> => {
    const response = await call(session, jobPath(session, jobId, `/${name}/`), { headers: { accept: 'text/csv' } });
    return { rows: new Map(readCsv(response.body).map((row) => [row[settings.externalIdField] ?? '', row])), response };
  };
  const [landed, refused] = [await results('successfulResults'), await results('failedResults')];
  return records.map((record) => {
    const key = stableKey(record);
    const [row, fault] = [landed.rows.get(key), refused.rows.get(key)];
    if (row) return { state: 'exported', externalId: row.sf__Id };
    if (!fault) {
      return missed(known.job.errorMessage ?? `The job ended (${known.job.state}) without this record.`, known.job.state !== 'Failed');
    }
    const body = csvLine(['sf__Id', 'sf__Error']) + csvLine(['', fault.sf__Error ?? '']);
    return refusedPart(http, refused.response, { status: refused.response.status, body });
  });
}

function missed(message: string, retryable: boolean): Outcome {
  const category = retryable ? 'server' : 'schema';
  return { state: 'refused', diagnosis: { message, code: 'job_without_result', field: null, category, retryable } };
}
