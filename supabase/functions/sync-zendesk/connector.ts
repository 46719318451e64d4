import { z } from 'zod';
import type { Checked, ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import { fieldsOf } from '../_kit/mapped.ts';
import { prepare, shaped, shortKey } from '../_kit/payload.ts';
import { call, externalIdOf, itemOf } from './api.ts';
import type { Context, Item } from './api.ts';
import { handIn, judged, ticketIdOf } from './jobs.ts';
import { pull, streamsOf } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

const id = z.number().transform(String);
const made = z.object({ ticket: z.object({ id }) });
const held = z.object({ tickets: z.array(z.object({ id })) });
const me = z.object({ user: z.object({ id: z.number().nullable(), name: z.string(), role: z.string().nullish() }) });

async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const prepared = records.map((record) => prepare(record, () => itemOf(record, ctx.settings)));
  const known = records.map((record) => (ctx.settings.kind === 'tickets' ? ticketIdOf(record) : null));
  const ready = prepared.flatMap((one, at) => ('ready' in one ? [{ at, item: one.ready, ticketId: known[at] ?? null }] : []));
  const outcomes = prepared.map((one) => ('refused' in one ? one.refused : null));
  const fresh = ready.filter(({ ticketId }) => ticketId === null);
  const again = ready.filter(({ ticketId }) => ticketId !== null);
  const settle = (part: typeof ready, said: Outcome[]): void => part.forEach(({ at }, index) => (outcomes[at] = said[index] ?? null));
  if (fresh.length > 0) settle(fresh, await create(ctx, fresh.map(({ item }) => item)));
  if (again.length > 0) {
    const items = again.map(({ item, ticketId }) => ({ ...item, id: Number(ticketId) }));
    const working = handIn(ctx, 'tickets/update_many.json', 'PUT', 'tickets', items);
    settle(again, await (fresh.length === 0 ? working : working.catch(doubted)));
  }
  return outcomes as Outcome[];
}

/** What was created before must not be created again, however plainly the rest was refused: all of it is looked up. */
function doubted(error: unknown): never {
  if (error instanceof HttpFailure) error.delivered = 'unknown';
  throw error;
}

/**
 * One ticket is created at once under an idempotency key, which Zendesk keeps for two hours; it covers the content too, since Zendesk
 * refuses a key that comes back with another. For lists no such key is documented, nor whether a refusal is kept under it.
 * https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency
 */
async function create(ctx: Context, items: Item[]): Promise<Outcome[]> {
  if (ctx.settings.kind === 'users') return handIn(ctx, 'users/create_or_update_many.json', 'POST', 'users', items);
  const [only, ...more] = items;
  if (only === undefined || more.length > 0) return handIn(ctx, 'tickets/create_many.json', 'POST', 'tickets', items);
  const body = JSON.stringify({ ticket: only });
  const headers = { 'content-type': 'application/json', 'idempotency-key': shortKey(body, 32) };
  const response = await call(ctx, 'tickets.json', { method: 'POST', body, headers });
  const { ticket } = shaped(ctx.http, response, made);
  return [{ state: 'exported', externalId: ticket.id, requestId: response.requestId ?? undefined }];
}

/**
 * Tickets by their external id, one at a time: the list takes no more. That a new ticket is in it at once is not documented; a lost answer
 * rests first. Users are overwritten, so there is nothing to ask.
 */
async function find(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  if (ctx.settings.kind === 'users') return records.map(() => null);
  const outcomes: (Outcome | null)[] = [];
  for (const record of records) {
    const query = new URLSearchParams({ external_id: externalIdOf(record, ctx.settings) });
    const [ticket] = shaped(ctx.http, await call(ctx, `tickets.json?${query}`), held).tickets;
    outcomes.push(ticket ? { state: 'exported', externalId: ticket.id } : null);
  }
  return outcomes;
}

/** Who is not let in is answered 200 and called the anonymous user. */
async function check(ctx: Context): Promise<Checked> {
  const response = await call(ctx, 'users/me.json');
  const { user } = shaped(ctx.http, response, me);
  if (user.id === null) {
    const failure = ctx.http.failure(response, 'refused');
    const message = 'Zendesk took us for an anonymous user: the address or the API token is not right, or token access is switched off.';
    failure.diagnosis = { message, code: 'anonymous_user', field: null, category: 'auth', retryable: false };
    throw failure;
  }
  const isAdmin = user.role === 'admin';
  return { as: user.name, warnings: isAdmin ? [] : [`${user.name} is no admin; only an admin may fetch tickets and users.`] };
}

/** In errors fields of the account's own go by their number alone, and the comment of a ticket is its description. */
function namesIn({ map }: Settings): Record<string, string[]> {
  const names = Object.entries(fieldsOf(map)).map(([key, [target]]) => {
    if (target === undefined) return [key, []];
    return [key, target === 'comment' ? ['comment', 'description'] : [target, target.replace(/^(?:field:|requester\.)/, '')]];
  });
  return Object.fromEntries(names) as Record<string, string[]>;
}

/** Tickets or users, in lists that jobs work off. */
export const connector = {
  system: 'zendesk',
  title: 'Zendesk',
  docs: 'https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#create-many-tickets',
  settings,
  credential,
  credentialKind: 'basic',
  // The least of all plans: https://developer.zendesk.com/api-reference/introduction/rate-limits/
  rate: { requests: 200, perSeconds: 60 },
  dedupe: ({ kind }: Settings) => (kind === 'users' ? 'upsert' : 'lookup'),
  batchSize: 100,
  settlesWithinSeconds: 900,
  fields: namesIn,
  replaces: true,
  push,
  confirm: (ctx, records) => judged(ctx, records, (untold) => find(ctx, untold)),
  find,
  check,
  streams: streamsOf,
  pull,
} satisfies ConfiguredConnector<Settings, Credential>;
