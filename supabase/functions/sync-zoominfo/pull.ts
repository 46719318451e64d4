import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { creditsIn, enrich, searched, usageOf } from './api.ts';
import type { Contact, Context, Enriched } from './api.ts';

/**
 * A search knows days only, so a round asks for what was updated after the day before the last round began. `done` is how many of the page
 * are enriched; `isSpent` says that ZoomInfo has stopped enriching in the middle of one.
 */
const place = z.object({
  since: z.string().nullable(),
  begun: z.string(),
  page: z.int().min(1),
  done: z.int().min(0).default(0),
  isSpent: z.boolean().default(false),
});
type Place = z.infer<typeof place>;

const DAY = 86_400_000;
const ENRICHED_AT_ONCE = 25;

const paged = (records: PulledRecord[], following: Place, more: boolean): Page => ({ records, cursor: JSON.stringify(following), more });
const dayOf = (at: Date | number): string => new Date(at).toISOString().slice(0, 10);

/** A round that was broken off begins anew: what is enriched a second time is under management by then, and free. */
function begin({ cursor, isFirst, at }: PullRequest): Place {
  const fresh = { begun: dayOf(at), page: 1, done: 0, isSpent: false };
  if (cursor === null) return { since: null, ...fresh };
  const known = place.parse(JSON.parse(cursor));
  return isFirst ? { since: known.since, ...fresh } : known;
}

function over({ since, begun }: Place): Place {
  const before = dayOf(Date.parse(begun) - DAY);
  return { since: since !== null && since > before ? since : before, begun, page: 1, done: 0, isSpent: false };
}

export async function pull(tokens: TokenCache, ctx: Context, request: PullRequest): Promise<Page> {
  const from = begin(request);
  if (request.stream === 'enriched-contacts') return pullEnriched(tokens, ctx, from);
  const { contacts, isLast } = await searched(tokens, ctx, from.since, from.page);
  return paged(contacts.map(recordOf), isLast ? over(from) : { ...from, page: from.page + 1 }, !isLast);
}

function recordOf({ id, attributes }: Contact): PulledRecord {
  return { id, payload: attributes, changedAt: timeOf(attributes.lastUpdatedDate), deleted: false };
}

function timeOf(text: string | null | undefined): string | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

async function pullEnriched(tokens: TokenCache, ctx: Context, from: Place): Promise<Page> {
  const least = ctx.settings.enrich?.leastCredits ?? 0;
  if (!from.isSpent && creditsIn((await usageOf(tokens, ctx)).limits) <= least) return paged([], from, false);
  const { contacts, isLast } = await searched(tokens, ctx, from.since, from.page);
  const chosen = contacts.slice(from.done, from.done + ENRICHED_AT_ONCE);
  const isPageOver = from.done + ENRICHED_AT_ONCE >= contacts.length;
  const following = !isPageOver ? { ...from, done: from.done + ENRICHED_AT_ONCE } : isLast ? over(from) : { ...from, page: from.page + 1, done: 0 };
  const more = !isPageOver || !isLast;
  if (chosen.length === 0) return paged([], following, more);
  const { data, response } = await enrich(tokens, ctx, chosen.map(({ id }) => id));
  const changed = new Map(chosen.map((one) => [one.id, timeOf(one.attributes.lastUpdatedDate)]));
  const records = data.flatMap((one) => enrichedOf(one, changed));
  if (!data.some(({ meta }) => meta.matchStatus === 'LIMIT_EXCEEDED')) return paged(records, following, more);
  // What was paid for is kept; the next page, which is this one again, says what is wrong.
  if (from.isSpent || records.length === 0) throw spent(ctx, response);
  return paged(records, { ...from, isSpent: true }, true);
}

/** Of whom ZoomInfo says nothing there is no record; who has opted out is gone. */
function enrichedOf({ id, attributes, meta: { matchStatus, input } }: Enriched, changed: Map<string, string | null>): PulledRecord[] {
  const asked = String(input?.personId ?? id);
  const changedAt = changed.get(asked) ?? null;
  if (matchStatus === 'OPT_OUT') return [{ id: asked, payload: null, changedAt, deleted: true }];
  if (!/^(?:FULL|CONTACT_ONLY|COMPANY_ONLY)_MATCH$/.test(matchStatus)) return [];
  return [{ id: asked, payload: { ...attributes, matchStatus }, changedAt, deleted: false }];
}

function spent(ctx: Context, response: HttpResponse): Error {
  const failure = ctx.http.failure(response, 'refused');
  const message = 'ZoomInfo has stopped enriching: the credits are used up (LIMIT_EXCEEDED).';
  failure.diagnosis = { message, code: 'LIMIT_EXCEEDED', field: null, category: 'permission', retryable: false };
  return failure;
}
