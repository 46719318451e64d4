import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { textAt, valueAt } from '../_kit/json-pointer.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { unexpected } from '../_kit/payload.ts';
import { jsonIn } from './answer.ts';
import { call } from './call.ts';
import type { Context } from './call.ts';
import type { Pull } from './settings.ts';

/**
 * Where reading stands: the time asked since, the page that comes next (null: the first), and the latest change seen in this round.
 * The time moves only when the last page of a round is in, since pages need not be in the order of their changes.
 */
const position = z.object({ since: z.string().nullable(), page: z.string().nullable(), latest: z.string().nullable() });
type Position = z.infer<typeof position>;

/** One page of the list the settings describe. */
export async function pullPage(ctx: Context, tokens: TokenCache, pull: Pull, request: PullRequest): Promise<Page> {
  const stands = begun(request, pull);
  const response = await call(ctx, tokens, { path: pathFor(pull, stands) });
  const json = jsonIn(response);
  const items = valueAt(json, pull.items);
  if (!Array.isArray(items)) throw unexpected(ctx.http, response, `no list at ${pull.items || 'its beginning'}`);
  const records = items.map((item: unknown) => pulled(ctx, response, item, pull));
  const next = nextPage(ctx, pull, stands, response, { json, count: items.length });
  const latest = records.reduce(
    (time, { changedAt }) => (changedAt !== null && (time === null || changedAt > time) ? changedAt : time),
    stands.latest,
  );
  if (next !== null) return { records, cursor: JSON.stringify({ ...stands, page: next, latest }), more: true };
  const keeps = pull.paging.by === 'cursor' && pull.paging.keeps;
  const end: Position = keeps
    ? { since: null, page: cursorIn(pull, json) ?? stands.page, latest: null }
    : { since: pull.since ? latest ?? stands.since : null, page: null, latest: null };
  return { records, cursor: JSON.stringify(end), more: false };
}

function begun({ cursor, isFirst }: PullRequest, { since }: Pull): Position {
  const stored = cursor === null ? null : position.safeParse(jsonOrNull(cursor)).data;
  const stands = stored ?? { since: null, page: null, latest: null };
  if (!isFirst || !since || stands.since === null || stands.page !== null) return stands;
  // What was written while the last round was read may carry an earlier time than what it saw.
  return { ...stands, since: new Date(Date.parse(stands.since) - since.overlapSeconds * 1_000).toISOString() };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function pathFor({ path, since, paging }: Pull, { since: time, page }: Position): string {
  if (paging.by === 'link' && page !== null) return page;
  const asked: [string, string][] = [];
  if (since && time !== null) asked.push([since.param, time]);
  if (paging.by === 'cursor' && page !== null) asked.push([paging.param, page]);
  if (paging.by === 'page') asked.push([paging.param, page ?? String(paging.first)]);
  return asked.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(asked).toString()}`;
}

const cursorIn = ({ paging }: Pull, json: unknown): string | null => (paging.by === 'cursor' ? textAt(json, paging.next) : null);

function nextPage(
  ctx: Context,
  pull: Pull,
  { page }: Position,
  response: HttpResponse,
  { json, count }: { json: unknown; count: number },
): string | null {
  const { paging } = pull;
  if (paging.by === 'none') return null;
  if (paging.by === 'page') return count < paging.size ? null : String(Number(page ?? paging.first) + 1);
  const next = paging.by === 'cursor' ? cursorIn(pull, json) : linkIn(ctx, paging.next, response, json);
  if (paging.by === 'cursor' && paging.keeps && (count === 0 || next === page)) return null;
  if (next !== null && next === page) throw unexpected(ctx.http, response, 'the next page is this page again');
  return next;
}

function linkIn(ctx: Context, next: string, response: HttpResponse, json: unknown): string | null {
  const link = next === 'header'
    ? /<([^>]{1,2000})>\s*;[^,]{0,200}\brel="?next\b/.exec(response.headers.link ?? '')?.[1]
    : textAt(json, next);
  return link ? new URL(link, ctx.settings.baseUrl).href : null;
}

function pulled(ctx: Context, response: HttpResponse, item: unknown, pull: Pull): PulledRecord {
  const id = textAt(item, pull.id);
  if (id === null || typeof item !== 'object' || item === null) throw unexpected(ctx.http, response, `an entry without ${pull.id}`);
  const time = textAt(item, pull.changedAt);
  const deleted = pull.deleted !== undefined && pull.deleted.in.includes(valueAt(item, pull.deleted.at) as string);
  return { id, payload: deleted ? null : { ...item }, changedAt: isoTime(time), deleted };
}

/** ISO time of a time in words or in seconds since 1970; null for what is neither. */
function isoTime(text: string | null): string | null {
  const time = text === null ? Number.NaN : /^\d{9,11}$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
