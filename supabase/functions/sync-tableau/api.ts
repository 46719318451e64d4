import { z } from 'zod';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpRequest, HttpResponse } from '../_kit/http.ts';
import { shaped } from '../_kit/payload.ts';
import { rootOf } from './session.ts';
import type { Context, Sessions } from './session.ts';

/** In JSON, which is made of XML, numbers are text, a list of one may be the one itself, and an empty list an empty object. */
const listOf = <Item extends z.ZodType>(item: Item) => z.union([z.array(item), item.transform((one) => [one])]).default([]);
const part = z.looseObject({ id: z.string().nullish(), name: z.string().nullish() });
const notes = z.union([z.string(), z.array(z.string())]).nullish();

/** A job by itself tells why it failed and of what it was. */
const job = z.looseObject({
  id: z.string().min(1),
  completedAt: z.string().nullish(),
  finishCode: z.coerce.number().nullish(),
  extractRefreshJob: z.looseObject({ notes, workbook: part.nullish(), datasource: part.nullish() }).nullish(),
  statusNotes: z.looseObject({ statusNote: listOf(z.looseObject({ text: z.string().nullish() })) }).nullish(),
});
export type Job = z.infer<typeof job>;
const shown = z.object({ job });

/** A list of jobs tells that they failed. */
const listed = z.looseObject({
  id: z.string().min(1),
  status: z.string(),
  title: z.string().nullish(),
  createdAt: z.string().nullish(),
  endedAt: z.string().nullish(),
});
export type Listed = z.infer<typeof listed>;
const page = z.object({
  pagination: z.object({ pageNumber: z.coerce.number(), pageSize: z.coerce.number(), totalAvailable: z.coerce.number() }),
  backgroundJobs: z.looseObject({ backgroundJob: listOf(listed) }),
});

/** Paths of the site begin without a slash. */
export function call(sessions: Sessions, ctx: Context, path: string, request: Omit<HttpRequest, 'url'> = {}): Promise<HttpResponse> {
  return sessions.within(ctx, ({ token, siteId }) => {
    const url = `${rootOf(ctx)}${path.startsWith('/') ? path : `/sites/${siteId}/${path}`}`;
    return ctx.http.send({ ...request, url, headers: { ...request.headers, 'x-tableau-auth': token } });
  });
}

/** Extract refreshes of both kinds. Commas and colons must not be written as escapes. */
export async function jobsWhere(sessions: Sessions, ctx: Context, filters: string[], pageNumber: number, pageSize: number) {
  const filter = ['jobType:in:[refresh_extracts,increment_extracts]', ...filters].join(',');
  const response = await call(sessions, ctx, `jobs?filter=${filter}&pageSize=${pageSize}&pageNumber=${pageNumber}`);
  const { pagination, backgroundJobs } = shaped(ctx.http, response, page);
  return { jobs: backgroundJobs.backgroundJob, more: pagination.pageNumber * pagination.pageSize < pagination.totalAvailable };
}

/**
 * One job, or null where Tableau does not know it any longer: it answers 404, or 400031 ("There was a problem querying job").
 * https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_job
 */
export async function jobOf(sessions: Sessions, ctx: Context, id: string): Promise<{ job: Job; response: HttpResponse } | null> {
  try {
    const response = await call(sessions, ctx, `jobs/${encodeURIComponent(id)}`);
    return { job: shaped(ctx.http, response, shown).job, response };
  } catch (error) {
    if (error instanceof HttpFailure && (error.status === 404 || error.diagnosis.code === '400031')) return null;
    throw error;
  }
}

/** What Tableau says of a job in sentences. */
export function notesOf({ extractRefreshJob, statusNotes }: Job): string {
  const said = [extractRefreshJob?.notes ?? [], (statusNotes?.statusNote ?? []).map(({ text }) => text ?? '')].flat();
  return said.map((text) => text.trim()).filter((text) => text !== '').join(' ');
}

/** Times are written to the second, and a filter takes no other. */
export const secondOf = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
