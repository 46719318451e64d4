import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import { shaped } from '../_kit/payload.ts';
import { call, contactsBy, creditsOf } from './api.ts';
import type { Contact, Context, List } from './api.ts';

/**
 * Apollo can be asked for the latest only, not for what changed since. So a round goes from the latest (`top`) back to what the round before
 * began with (`since`); what is changed meanwhile moves to the front, and is the next round's. `below` is how far enriching has come, as it
 * must not be paid for twice.
 */
const place = z.object({
  since: z.number(),
  top: z.number().nullable(),
  page: z.int().min(1),
  below: z.object({ at: z.number(), ids: z.array(z.string()) }).nullable().default(null),
});
type Place = z.infer<typeof place>;

/** What was changed a moment ago may not be searchable yet. */
const OVERLAP_MS = 120_000;
/** People that one request has enriched. */
const ENRICHED_AT_ONCE = 10;

const parsed = (cursor: string): Place => place.parse(JSON.parse(cursor));
const paged = (records: PulledRecord[], following: Place, more: boolean): Page => ({ records, cursor: JSON.stringify(following), more });

export async function pull(ctx: Context, request: PullRequest): Promise<Page> {
  return request.stream === 'people' ? people(ctx, request) : contacts(ctx, request);
}

async function contacts(ctx: Context, { cursor, isFirst }: PullRequest): Promise<Page> {
  const known = cursor === null ? { since: 0, top: null, page: 1, below: null } : parsed(cursor);
  const from = isFirst ? { ...known, top: null, page: 1 } : known;
  const { contacts: found, isLast } = await contactsBy(ctx, 'contact_updated_at', from.page);
  const timed = found.map((one) => ({ one, at: Date.parse(one.updated_at) }));
  const fresh = timed.filter(({ at }) => at >= from.since - OVERLAP_MS);
  const top = from.top ?? timed[0]?.at ?? from.since;
  const records = fresh.map(({ one }): PulledRecord => ({ id: one.id, payload: one, changedAt: one.updated_at, deleted: false }));
  const more = !isLast && fresh.length === timed.length;
  return paged(records, more ? { ...from, top, page: from.page + 1 } : { since: Math.max(top, from.since), top: null, page: 1, below: null }, more);
}

/** Contacts that are new since the first run, ten at a time, as long as credits are left over. What was there before is not enriched. */
async function people(ctx: Context, { cursor, isFirst, at }: PullRequest): Promise<Page> {
  if (cursor === null) return paged([], { since: at.getTime(), top: null, page: 1, below: null }, false);
  const known = parsed(cursor);
  const from = isFirst ? { ...known, page: 1 } : known;
  if (await isSpent(ctx)) return paged([], from, false);
  const list = await contactsBy(ctx, 'contact_created_at', from.page);
  const top = from.top ?? timeOf(list.contacts[0]) ?? from.since;
  const due = list.contacts.filter((one) => isDue(one, from, top));
  const chosen = due.slice(0, ENRICHED_AT_ONCE);
  if (chosen.length > 0) return paged(await enriched(ctx, chosen), { ...from, top, below: belowOf(chosen, from.below) }, true);
  const more = !list.isLast && !isOver(list, from);
  return paged([], more ? { ...from, top, page: from.page + 1 } : { since: Math.max(top, from.since), top: null, page: 1, below: null }, more);
}

async function isSpent(ctx: Context): Promise<boolean> {
  const { lead_credit: left } = await creditsOf(ctx);
  return (left?.left_over ?? 0) <= (ctx.settings.enrich?.leastCredits ?? 0);
}

const timeOf = (one: Contact | undefined): number | null => (one ? Date.parse(one.created_at) : null);
const isOver = ({ contacts: found }: List, { since }: Place): boolean => found.some((one) => Date.parse(one.created_at) <= since);

function isDue(one: Contact, { since, below }: Place, top: number): boolean {
  const at = Date.parse(one.created_at);
  const isLeft = below === null || at < below.at || (at === below.at && !below.ids.includes(one.id));
  return at > since && at <= top && isLeft && Boolean(one.person_id ?? one.email);
}

function belowOf(chosen: Contact[], before: Place['below']): Place['below'] {
  const at = Math.min(...chosen.map((one) => Date.parse(one.created_at)));
  const ids = chosen.filter((one) => Date.parse(one.created_at) === at).map(({ id }) => id);
  return { at, ids: before?.at === at ? [...before.ids, ...ids] : ids };
}

const answer = z.object({ matches: z.array(z.looseObject({ id: z.string().min(1) }).nullable()) });

/** Whom Apollo does not know comes back as nothing, or not at all, and costs nothing. https://docs.apollo.io/reference/bulk-people-enrichment */
async function enriched(ctx: Context, chosen: Contact[]): Promise<PulledRecord[]> {
  const details = chosen.map(({ person_id: id, email }) => (id ? { id } : { email }));
  const query = ctx.settings.enrich?.revealPersonalEmails ? '?reveal_personal_emails=true' : '';
  const { matches } = shaped(ctx.http, await call(ctx, `people/bulk_match${query}`, { details }), answer);
  return matches.flatMap((one) => (one ? [{ id: one.id, payload: one, changedAt: null, deleted: false }] : []));
}
