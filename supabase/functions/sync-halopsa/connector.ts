import { z } from 'zod';
import type { ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import { createTokenCache } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { prepare, shaped, unexpected } from '../_kit/payload.ts';
import { call, entry, list } from './api.ts';
import type { Context } from './api.ts';
import { check } from './check.ts';
import { entryOf, markOf } from './entry.ts';
import { credential, fieldsOf, KINDS, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

async function push(tokens: TokenCache, ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const prepared = records.map((record) => ({ record, ...prepare(record, () => entryOf(record, ctx.settings)) }));
  const good = prepared.flatMap((one) => ('ready' in one ? [{ record: one.record, body: one.ready }] : []));
  const outcomes = good.length === 0 ? [] : await send(tokens, ctx, good);
  return prepared.flatMap((one) => ('refused' in one ? [one.refused] : outcomes.splice(0, 1)));
}

type Good = { record: OutgoingRecord; body: string };

/**
 * What a refusal in the middle of a list does to the entries before it is nowhere said. So nothing is believed of a refused list: what it
 * left behind is looked up, and the rest goes one by one.
 */
async function send(tokens: TokenCache, ctx: Context, good: Good[]): Promise<Outcome[]> {
  try {
    return await post(tokens, ctx, good);
  } catch (error) {
    if (good.length === 1 || !isAboutContent(error)) throw error;
  }
  const there = await find(tokens, ctx, good.map(({ record }) => record));
  const outcomes: Outcome[] = [];
  for (const [index, one] of good.entries()) outcomes.push(there[index] ?? await alone(tokens, ctx, one));
  return outcomes;
}

function isAboutContent(error: unknown): error is HttpFailure {
  return error instanceof HttpFailure && error.delivered === 'refused' &&
    !['auth', 'permission', 'rate_limit'].includes(error.diagnosis.category);
}

async function alone(tokens: TokenCache, ctx: Context, one: Good): Promise<Outcome> {
  try {
    const [outcome] = await post(tokens, ctx, [one]);
    return outcome as Outcome;
  } catch (error) {
    if (isAboutContent(error)) return refusal(error);
    // The records before it are in: all of them are looked up before anything is sent again.
    if (error instanceof HttpFailure) throw new HttpFailure({ ...error, delivered: 'unknown' });
    throw error;
  }
}

function refusal({ diagnosis, status, response, requestId }: HttpFailure): Outcome {
  return { state: 'refused', diagnosis, status: status ?? undefined, response: response ?? undefined, requestId: requestId ?? undefined };
}

/** Every entry comes back with its summary, and so with our key: the order, of which nothing is said either, does not matter. */
async function post(tokens: TokenCache, ctx: Context, good: Good[]): Promise<Outcome[]> {
  const { path } = KINDS[ctx.settings.kind];
  const response = await call(tokens, ctx, `${path}?returnall=true`, `[${good.map(({ body }) => body).join(',')}]`);
  const taken = [shaped(ctx.http, response, z.union([z.array(entry), entry]))].flat();
  return good.map(({ record }, index): Outcome => {
    const own = taken.find(({ summary }) => summary.endsWith(markOf(record)));
    if (!own) throw unexpected(ctx.http, response, `no entry for record ${index + 1}`);
    return { state: 'exported', externalId: String(own.id), requestId: response.requestId ?? undefined };
  });
}

/** A search that the token may not make finds nothing, without a word; so nothing is believed to be missing where nothing can be seen. */
async function find(tokens: TokenCache, ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const found: (Outcome | null)[] = [];
  for (const record of records) {
    const mark = markOf(record);
    const { items } = await list(tokens, ctx, `search_summary=${encodeURIComponent(mark.slice(1, -1))}&page_size=10`);
    const own = items.find(({ summary }) => summary.endsWith(mark));
    found.push(own ? { state: 'exported', externalId: String(own.id) } : null);
  }
  if (found.every((outcome) => outcome === null)) {
    const { count, response } = await list(tokens, ctx, 'page_size=1');
    if (count === 0) throw unexpected(ctx.http, response, 'it shows nothing at all, so nothing can be said to be missing');
  }
  return found;
}

/**
 * Tickets and leads in HaloPSA. The vendor's documentation names resources and fields, and leaves open what matters most here: what an
 * error looks like, what becomes of a list of which one entry is refused, in which order a list comes back, how long a summary may be,
 * whether 429 says how long to wait. `returnall`, `search_summary`, `record_count` and `Agent/me` are taken from a client module that is
 * in wide use (https://github.com/homotechsual/HaloAPI). Hence: nothing is believed that an answer does not show.
 */
export function halopsa(tokens: TokenCache): ConfiguredConnector<Settings, Credential> {
  return {
    system: 'halopsa',
    title: 'HaloPSA',
    docs: 'https://halopsa.com/apidoc/info',
    settings,
    credential,
    credentialKind: 'oauth-client',
    rate: { requests: 500, perSeconds: 300 },
    dedupe: 'lookup',
    batchSize: 20,
    settlesWithinSeconds: 120,
    fields: fieldsOf,
    replaces: false,
    push: (ctx, records) => push(tokens, ctx, records),
    find: (ctx, records) => find(tokens, ctx, records),
    check: (ctx) => check(tokens, ctx),
  };
}

export const connector = halopsa(createTokenCache(() => new Date()));
