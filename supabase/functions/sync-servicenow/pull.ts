import { z } from 'zod';
import type { Page, PullRequest } from '../_kit/connector.ts';
import { read } from './table.ts';
import type { Context, Row } from './table.ts';

/** The last row of the page before: when it changed, in ServiceNow's own writing, and which it was among those of the same second. */
const place = z.object({ at: z.string(), id: z.string() });
type Place = z.infer<typeof place>;

const PAGE = 500;
/** What commits late carries the time it began: the first page of a run looks back this far. */
const OVERLAP_SECONDS = 120;

/**
 * Changes in the order of `sys_updated_on`, which has seconds only; within one second by `sys_id`. The two halves are asked for one after
 * the other because a query of ServiceNow's knows no brackets. Times are read in the user's own time zone, which has to be GMT (`check`
 * says so). What is deleted over there is not told.
 */
export async function pull(ctx: Context, request: PullRequest): Promise<Page> {
  const from = begin(request);
  const { pullTable, pullFields } = ctx.settings;
  const fields = pullFields.length === 0 ? [] : [...new Set([...pullFields, 'sys_id', 'sys_updated_on'])];
  const same = from.id === ''
    ? []
    : (await read(ctx, pullTable, `sys_updated_on=${from.at}^sys_id>${from.id}^ORDERBYsys_id`, fields, PAGE)).rows;
  const comparison = from.id === '' ? '>=' : '>';
  const later = same.length >= PAGE
    ? []
    : (await read(ctx, pullTable, `sys_updated_on${comparison}${from.at}^ORDERBYsys_updated_on^ORDERBYsys_id`, fields, PAGE)).rows;
  const found = [...same, ...later].slice(0, PAGE);
  const last = found.at(-1);
  return {
    records: found.map(recordOf),
    cursor: JSON.stringify(last ? { at: last.sys_updated_on, id: last.sys_id } : from),
    more: same.length + later.length >= PAGE,
  };
}

function begin({ cursor, isFirst }: PullRequest): Place {
  if (cursor === null) return { at: '1970-01-01 00:00:00', id: '' };
  const known = place.parse(JSON.parse(cursor));
  if (!isFirst) return known;
  const earlier = new Date(timeOf(known.at).getTime() - OVERLAP_SECONDS * 1_000);
  return { at: earlier.toISOString().slice(0, 19).replace('T', ' '), id: '' };
}

const timeOf = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`);

function recordOf(row: Row): Page['records'][number] {
  const at = timeOf(row.sys_updated_on ?? '');
  return { id: row.sys_id ?? '', payload: row, changedAt: Number.isNaN(at.getTime()) ? null : at.toISOString(), deleted: false };
}
