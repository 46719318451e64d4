import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import { shaped, unexpected } from '../_kit/payload.ts';
import { call } from './api.ts';
import type { Context } from './api.ts';

/** The last object of the page before: when it changed, in milliseconds, and its number; without one, what changed then is still to come. */
const place = z.object({ at: z.int(), id: z.string().regex(/^\d+$/).nullable() });
type Place = z.infer<typeof place>;

const answer = z.object({
  results: z.array(z.object({ id: z.string().regex(/^\d+$/), properties: z.record(z.string(), z.string().nullable()) })),
});
type Found = { id: string; at: number; payload: Record<string, unknown> };
type Filter = { propertyName: string; operator: 'EQ' | 'GT' | 'GTE'; value: string };

const PAGE = 200;
/** What was changed a moment ago may not be searchable yet: the first page of a run looks back this far. */
const OVERLAP_MS = 120_000;

/** Contacts alone have the short name. */
const modified = (
  { settings }: Context,
): string => (/^(?:contacts?|0-1)$/.test(settings.object) ? 'lastmodifieddate' : 'hs_lastmodifieddate');

/**
 * A search by time that begins anew behind the last object of every page: one search tells no more than 10 000 objects, and sorts by one
 * property. Of a full page the last moment is left for the next, since it may go on there; a moment that fills a page is read by number.
 * What is archived is not told.
 * https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm
 */
export async function pull(ctx: Context, request: PullRequest): Promise<Page> {
  const from = begin(request);
  const same = from.id === null ? [] : await ofMoment(ctx, from.at, from.id);
  if (same.length >= PAGE) return pageOf(same, from, true);
  const later = await search(
    ctx,
    [{ propertyName: modified(ctx), operator: from.id === null ? 'GTE' : 'GT', value: String(from.at) }],
    modified(ctx),
  );
  if (later.length < PAGE) return pageOf([...same, ...later], from, false);
  const end = later.at(-1)?.at ?? from.at;
  const whole = later.filter(({ at }) => at < end);
  return pageOf(whole.length > 0 ? [...same, ...whole] : [...same, ...(await ofMoment(ctx, end, '0'))], from, true);
}

function begin({ cursor, isFirst }: PullRequest): Place {
  if (cursor === null) return { at: 0, id: null };
  const known = place.parse(JSON.parse(cursor));
  return isFirst ? { at: Math.max(0, known.at - OVERLAP_MS), id: null } : known;
}

const ofMoment = (ctx: Context, at: number, id: string): Promise<Found[]> => (
  search(ctx, [
    { propertyName: modified(ctx), operator: 'EQ', value: String(at) },
    { propertyName: 'hs_object_id', operator: 'GT', value: id },
  ], 'hs_object_id')
);

async function search(ctx: Context, filters: Filter[], sortedBy: string): Promise<Found[]> {
  const { object, pullProperties } = ctx.settings;
  const body = {
    filterGroups: [{ filters }],
    sorts: [{ propertyName: sortedBy, direction: 'ASCENDING' }],
    limit: PAGE,
    ...(pullProperties.length === 0 ? {} : { properties: [...new Set([...pullProperties, modified(ctx)])] }),
  };
  const response = await call(ctx, `crm/v3/objects/${object}/search`, body);
  const found = shaped(ctx.http, response, answer).results.map(({ id, properties }) => {
    const at = Date.parse(properties[modified(ctx)] ?? '');
    if (Number.isNaN(at)) throw unexpected(ctx.http, response, `object ${id} without ${modified(ctx)}`);
    return { id, at, payload: properties };
  });
  return found.sort((a, b) => a.at - b.at || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}

function pageOf(found: Found[], from: Place, more: boolean): Page {
  const last = found.at(-1);
  const records = found.map(({ id, at, payload }): PulledRecord => ({
    id,
    payload,
    changedAt: new Date(at).toISOString(),
    deleted: false,
  }));
  return { records, cursor: JSON.stringify(last ? { at: last.at, id: last.id } : from), more };
}
