import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import { jobOf, jobsWhere, notesOf, secondOf } from './api.ts';
import type { Listed } from './api.ts';
import type { Context, Sessions } from './session.ts';

/** A stretch of time that is over, and the page of it: what failed then does not change any more. */
const place = z.object({ from: z.string(), until: z.string().nullable(), page: z.int().min(1) });
type Place = z.infer<typeof place>;

/** Every failed job is asked for its reason by itself, so a page is short. */
const PAGE = 25;
const FIRST_DAYS = 30;
/** The clock of a server may be behind ours, and a job is listed a moment after it ended. */
const OVERLAP_SECONDS = 300;

/** https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm#jobs */
export async function pull(sessions: Sessions, ctx: Context, request: PullRequest): Promise<Page> {
  const { from, until: begun, page } = begin(request);
  const until = begun ?? secondOf(request.at);
  const filters = ['status:eq:Failed', `completedAt:gte:${from}`, `completedAt:lte:${until}`];
  const { jobs, more } = await jobsWhere(sessions, ctx, filters, page, PAGE);
  const records: PulledRecord[] = [];
  for (const one of jobs) records.push(await recordOf(sessions, ctx, one));
  const following: Place = more ? { from, until, page: page + 1 } : { from: until, until: null, page: 1 };
  return { records, cursor: JSON.stringify(following), more };
}

/** A stretch that was left in its middle is read from its beginning again: pages are counted, and jobs are forgotten meanwhile. */
function begin({ cursor, isFirst, at }: PullRequest): Place {
  if (cursor === null) return { from: secondOf(new Date(at.getTime() - FIRST_DAYS * 86_400_000)), until: null, page: 1 };
  const known = place.parse(JSON.parse(cursor));
  if (!isFirst) return known;
  return { from: secondOf(new Date(Date.parse(known.from) - OVERLAP_SECONDS * 1_000)), until: null, page: 1 };
}

async function recordOf(sessions: Sessions, ctx: Context, one: Listed): Promise<PulledRecord> {
  const known = await jobOf(sessions, ctx, one.id);
  const { workbook, datasource } = known?.job.extractRefreshJob ?? {};
  const refreshed = workbook ? { kind: 'workbook', ...workbook } : datasource ? { kind: 'datasource', ...datasource } : null;
  const time = Date.parse(one.endedAt ?? '');
  return {
    id: one.id,
    payload: { ...one, notes: known ? notesOf(known.job) : null, refreshed },
    changedAt: Number.isNaN(time) ? null : new Date(time).toISOString(),
    deleted: false,
  };
}
