import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import { unexpected } from '../_kit/payload.ts';
import { childOf, childrenOf, elementAt } from '../_kit/xml.ts';
import type { XmlElement, XmlNode } from '../_kit/xml.ts';
import { call, idsOf, isTrue, pageFilter, pagesIn, textAt, wd } from './api.ts';
import type { Context } from './api.ts';
import { plainOf } from './worker.ts';

/**
 * Where reading stands: first all workers; then, from where that began, what was entered in Workday (`updated`), and what was entered
 * earlier and has come into effect meanwhile (`effective`), terminations among it. `through` is null between two readings.
 */
const place = z.object({ kind: z.enum(['all', 'updated', 'effective']), from: z.string(), through: z.string().nullable(), page: z.int().min(1) });
type Place = z.infer<typeof place>;
type Reading = Place & { through: string };

/** What is written late carries the time it began: each reading looks back this far. */
const OVERLAP_SECONDS = 300;

/**
 * The pages of one reading are of the same moment (`As_Of_Entry_DateTime`), so that a page asked for twice is the same page and one that
 * is left can be gone on with. Workday does not say when a worker changed unless asked for the whole log of the worker, which is not done.
 * An employee who has left stays, and says so (`Worker_Status_Data`); one whose hire was rescinded is gone.
 * https://community.workday.com/sites/default/files/file-hosting/productionapi/Human_Resources/v40.0/Get_Workers.html
 */
export async function pull(ctx: Context, { cursor, at }: PullRequest): Promise<Page> {
  const stands = begun(cursor, at);
  const { answer, response } = await call(ctx, 'Human_Resources', {
    name: 'Get_Workers_Request', content: requestOf(ctx, stands), answer: 'Get_Workers_Response',
  });
  const workers = childrenOf(elementAt(answer, 'Response_Data'), 'Worker');
  const leaveOut = new Set(ctx.settings.leaveOut);
  const next = following(stands, pagesIn(answer));
  return {
    records: workers.map((worker) => {
      const record = recordOf(worker, leaveOut);
      if (!record) throw unexpected(ctx.http, response, 'a worker without an id');
      return record;
    }),
    cursor: JSON.stringify(next),
    more: next.through !== null,
  };
}

function begun(cursor: string | null, at: Date): Reading {
  const now = at.toISOString();
  if (cursor === null) return { kind: 'all', from: '', through: now, page: 1 };
  const known = place.parse(JSON.parse(cursor));
  return { ...known, through: known.through ?? now };
}

function following(stands: Reading, pages: number): Place {
  if (stands.page < pages) return { ...stands, page: stands.page + 1 };
  if (stands.kind === 'updated') return { ...stands, kind: 'effective', page: 1 };
  const from = new Date(Date.parse(stands.through) - OVERLAP_SECONDS * 1_000).toISOString();
  return { kind: 'updated', from, through: null, page: 1 };
}

function requestOf({ settings: { pageSize, include, contingentWorkers } }: Context, { kind, from, through, page }: Reading): XmlNode[] {
  const name = kind === 'updated' ? 'Updated' : 'Effective';
  const range = wd('Transaction_Date_Range_Data', [wd(`${name}_From`, from), wd(`${name}_Through`, through)]);
  return [
    wd('Request_Criteria', [
      ...(kind === 'all' ? [] : [wd('Transaction_Log_Criteria_Data', [range])]),
      ...(contingentWorkers ? [] : [wd('Exclude_Contingent_Workers', 'true')]),
    ]),
    wd('Response_Filter', [
      wd('As_Of_Effective_Date', through.slice(0, 10)), wd('As_Of_Entry_DateTime', through), ...pageFilter(page, pageSize),
    ]),
    wd('Response_Group', ['Reference', ...ORDER.filter((part) => include.includes(part))].map((part) => wd(`Include_${part}`, 'true'))),
  ];
}

const ORDER = ['Personal_Information', 'Employment_Information', 'Organizations', 'User_Account'] as const;

function recordOf(worker: XmlElement, leaveOut: ReadonlySet<string>): PulledRecord | null {
  const ids = idsOf(childOf(worker, 'Worker_Reference'));
  const id = ids.get('WID') ?? ids.get('Employee_ID') ?? ids.get('Contingent_Worker_ID');
  if (!id) return null;
  const { Worker_Data: data, ...rest } = plainOf(worker, leaveOut) as Record<string, unknown>;
  const deleted = isTrue(textAt(worker, 'Worker_Data/Employment_Data/Worker_Status_Data/Hire_Rescinded'));
  return { id, payload: { ...rest, ...(typeof data === 'object' ? data : {}) }, changedAt: null, deleted };
}
