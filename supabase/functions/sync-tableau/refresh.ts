import { z } from 'zod';
import type { Diagnosis } from '../_kit/diagnose.ts';
import type { Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { mappedValues, refusedPart } from '../_kit/mapped.ts';
import { PayloadProblem, prepare, shaped } from '../_kit/payload.ts';
import { call, jobOf, jobsWhere, notesOf } from './api.ts';
import type { Job, Listed } from './api.ts';
import type { Context, Sessions } from './session.ts';
import { isKind, KINDS } from './settings.ts';
import type { Kind, Settings } from './settings.ts';

type Target = { kind: Kind; id: string; key: string };

const begun = z.object({ job: z.looseObject({ id: z.string().min(1) }) });
const part = z.looseObject({ id: z.string() });
const task = z.object({ task: z.looseObject({ extractRefresh: z.looseObject({ workbook: part.nullish(), datasource: part.nullish() }) }) });

const ALREADY_QUEUED = '409093';
/** Waiting jobs that are looked through for ours. */
const MOST_WAITING = 50;

/** What the record asks to be refreshed; throws `PayloadProblem` naming the key that is missing, doubled or no id of Tableau's. */
function targetOf(record: OutgoingRecord, { map }: Settings): Target {
  const [first, second] = mappedValues(record, map, 2).flatMap(({ key, target, text }) => (isKind(target) && text !== null ? [{ kind: target, id: text, key }] : []));
  if (!first) throw new PayloadProblem('workbook', 'The record names no "workbook", "datasource" or "task" to refresh.', 'payload_missing');
  if (second) throw new PayloadProblem(second.key, `"${second.key}" and "${first.key}" are both there; a record refreshes one thing.`, 'payload_invalid');
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(first.id)) {
    throw new PayloadProblem(first.key, `"${first.key}" must be the id (LUID) of a ${first.kind}; it is "${first.id.slice(0, 60)}".`, 'payload_invalid');
  }
  return first;
}

/** https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm */
export async function push(sessions: Sessions, ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const record of records) {
    const prepared = prepare(record, () => targetOf(record, ctx.settings));
    outcomes.push('refused' in prepared ? prepared.refused : await begin(sessions, ctx, prepared.ready));
  }
  return outcomes;
}

async function begin(sessions: Sessions, ctx: Context, target: Target): Promise<Outcome> {
  const { kind, id } = target;
  try {
    const response = await call(sessions, ctx, `${KINDS[kind]}/${id}/${kind === 'task' ? 'runNow' : 'refresh'}`, { method: 'POST', body: {} });
    return { state: 'accepted', externalId: shaped(ctx.http, response, begun).job.id, requestId: response.requestId ?? undefined };
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.delivered !== 'refused') throw error;
    if (error.diagnosis.code === ALREADY_QUEUED) return queued(sessions, ctx, target, error);
    if (error.status === 403 || error.status === 404) return refusal(error, { ...error.diagnosis, field: target.key, category: categoryOf(error) });
    throw error;
  }
}

/** One workbook that the user may not refresh is wrong with its record alone; a missing permission would end the run. */
const categoryOf = ({ status }: HttpFailure): Diagnosis['category'] => (status === 404 ? 'not_found' : 'validation');

/**
 * "Already queued. Not queuing a duplicate." A job that still waits will read the data as it is then, which is what the record asks for,
 * so it becomes the record's own. One that runs may have read the data before the record came: the refresh is asked for again later.
 */
async function queued(sessions: Sessions, ctx: Context, target: Target, failure: HttpFailure): Promise<Outcome> {
  const wanted = await thingOf(sessions, ctx, target);
  for (const { id } of await waiting(sessions, ctx)) {
    const refreshed = (await jobOf(sessions, ctx, id))?.job.extractRefreshJob;
    if ([refreshed?.workbook?.id, refreshed?.datasource?.id].includes(wanted)) return { state: 'accepted', externalId: id };
  }
  const message = `${failure.diagnosis.message} It is asked for again when the refresh that began before is over.`;
  return refusal(failure, { ...failure.diagnosis, message, category: 'conflict', retryable: true });
}

/** Who is no administrator is not shown jobs; then the refresh is asked for again later, too. */
async function waiting(sessions: Sessions, ctx: Context): Promise<Listed[]> {
  try {
    return (await jobsWhere(sessions, ctx, ['status:eq:Pending'], 1, MOST_WAITING)).jobs;
  } catch (error) {
    if (error instanceof HttpFailure && error.status === 403) return [];
    throw error;
  }
}

/** A task's own workbook or data source. */
async function thingOf(sessions: Sessions, ctx: Context, { kind, id }: Target): Promise<string> {
  if (kind !== 'task') return id;
  const { workbook, datasource } = shaped(ctx.http, await call(sessions, ctx, `${KINDS.task}/${id}`), task).task.extractRefresh;
  return workbook?.id ?? datasource?.id ?? id;
}

function refusal({ status, response, requestId }: HttpFailure, diagnosis: Diagnosis): Outcome {
  return { state: 'refused', diagnosis, status: status ?? undefined, response: response ?? undefined, requestId: requestId ?? undefined };
}

/** Records that share a job share its verdict. */
export async function confirm(sessions: Sessions, ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const verdicts = new Map<string, Outcome | null>();
  for (const id of new Set(records.map(({ externalId }) => externalId ?? ''))) {
    const known = await jobOf(sessions, ctx, id);
    verdicts.set(id, known ? verdict(ctx, known.job, known.response) : { state: 'refused', diagnosis: GONE });
  }
  return records.map(({ externalId }) => verdicts.get(externalId ?? '') ?? null);
}

const GONE: Diagnosis = {
  message: 'Tableau does not know the job any longer, so how the refresh ended cannot be said.',
  code: 'job_without_result',
  field: null,
  category: 'server',
  retryable: true,
};

const DONE = new Set([0, 3]);
const CANCELLED = 2;

/** 0 is success, 1 failure, 2 cancelled. 3 is not in Tableau's documentation; its own client (server-client-python) takes it for success. */
function verdict(ctx: Context, job: Job, response: HttpResponse): Outcome | null {
  const { completedAt, finishCode } = job;
  if (!completedAt || finishCode === null || finishCode === undefined) return null;
  if (DONE.has(finishCode)) return { state: 'exported', externalId: job.id };
  const said = notesOf(job) || 'Tableau gave no reason.';
  const detail = finishCode === CANCELLED ? `The refresh was cancelled in Tableau. ${said}` : said;
  const refused = refusedPart(ctx.http, response, { status: 422, body: { error: { code: `finish_code_${finishCode}`, detail } } });
  return { ...refused, externalId: job.id, diagnosis: aboutData(refused.diagnosis, finishCode) };
}

/** Whom the data source did not let in is Tableau, not us: such a refusal says nothing about our token and must not end the run. */
function aboutData(diagnosis: Diagnosis, finishCode: number): Diagnosis {
  if (finishCode === CANCELLED) return { ...diagnosis, category: 'conflict', retryable: false };
  const isTheirs = ['auth', 'permission', 'rate_limit'].includes(diagnosis.category);
  return isTheirs ? { ...diagnosis, category: 'validation', retryable: false } : diagnosis;
}
