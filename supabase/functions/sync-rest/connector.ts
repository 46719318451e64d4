import type { ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { jsonOf, textAt, valueAt } from '../_kit/json-pointer.ts';
import { createTokenCache } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { prepare, unexpected } from '../_kit/payload.ts';
import { answerTo, explained, jsonIn, outcomeOf, partsOf } from './answer.ts';
import { bodyOf, keyOf, namesOf, pathOf } from './body.ts';
import { call } from './call.ts';
import type { Context } from './call.ts';
import { pullPage } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Push, Settings } from './settings.ts';

type Prepared = ReturnType<typeof prepare<{ path: string; body: string }>>;

function pushOf({ push }: Settings): Push {
  if (!push) throw new Error('The settings of this integration describe no sending.');
  return push;
}

async function push(tokens: TokenCache, ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const described = pushOf(ctx.settings);
  const prepared = records.map((record) =>
    prepare(record, () => ({ path: pathOf(described.send.path, record, described), body: bodyOf(record, described) }))
  );
  if (described.send.batch) return pushBatch(tokens, ctx, described, records, prepared);
  const outcomes: Outcome[] = [];
  for (const [index, record] of records.entries()) {
    const one = prepared[index];
    if (!one || 'refused' in one) outcomes.push(...(one ? [one.refused] : []));
    else {
      const response = await sent(tokens, ctx, described, one.ready, record);
      outcomes.push(outcomeOf(ctx, described, record, response, answerTo(ctx, described, response)));
    }
  }
  return outcomes;
}

async function pushBatch(
  tokens: TokenCache,
  ctx: Context,
  described: Push,
  records: OutgoingRecord[],
  prepared: Prepared[],
): Promise<Outcome[]> {
  const bodies = prepared.flatMap((one) => ('ready' in one ? [one.ready.body] : []));
  const goes = records.filter((_, index) => 'ready' in (prepared[index] ?? {}));
  const [first] = goes;
  if (!first) return prepared.flatMap((one) => ('refused' in one ? [one.refused] : []));
  const list = `[${bodies.join(',')}]`;
  const at = described.send.batch?.at ?? '';
  const response = await sent(tokens, ctx, described, { path: described.send.path, body: at === '' ? list : jsonOf([[at, list]]) }, first);
  const parts = partsOf(ctx, described, goes, response);
  const outcomes = goes.map((record, index) => outcomeOf(ctx, described, record, response, parts[index]));
  return prepared.flatMap((one) => ('refused' in one ? [one.refused] : outcomes.splice(0, 1)));
}

async function sent(
  tokens: TokenCache,
  ctx: Context,
  described: Push,
  { path, body }: { path: string; body: string },
  record: OutgoingRecord,
): Promise<HttpResponse> {
  const { send: { method, headers }, dedupe } = described;
  const key = dedupe.by === 'key' ? { [dedupe.header]: keyOf(record, described) } : {};
  try {
    return await call(ctx, tokens, { method, path, body, headers: { 'content-type': 'application/json', ...headers, ...key } });
  } catch (error) {
    throw explained(error, described);
  }
}

/** One question for each record: is there something with our key? An entry that carries another key is none of ours. */
async function find(tokens: TokenCache, ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const described = pushOf(ctx.settings);
  const { dedupe } = described;
  // Asked after a conflict, too: nothing is known then.
  if (dedupe.by !== 'lookup') return records.map(() => null);
  const found: (Outcome | null)[] = [];
  for (const record of records) {
    const response = await asked(call(ctx, tokens, { path: pathOf(dedupe.path, record, described) }), dedupe.missing);
    const items = response === null ? [] : valueAt(jsonIn(response), dedupe.items);
    // One that is asked for by its key may come alone, not in a list.
    const list: unknown[] | null = Array.isArray(items) ? items : dedupe.missing === '404' && items ? [items] : null;
    if (list === null && response) throw unexpected(ctx.http, response, `no list at ${dedupe.items || 'its beginning'}`);
    const ours = list?.find((item) => textAt(item, dedupe.key) === keyOf(record, described));
    found.push(ours === undefined ? null : { state: 'exported', externalId: textAt(ours, dedupe.externalId) ?? keyOf(record, described) });
  }
  return found;
}

async function asked(answer: Promise<HttpResponse>, missing: 'empty' | '404'): Promise<HttpResponse | null> {
  try {
    return await answer;
  } catch (error) {
    if (missing === '404' && error instanceof HttpFailure && error.status === 404) return null;
    throw error;
  }
}

/** Any JSON interface, by settings alone. What it cannot say in settings is worth a connector of its own. */
export function rest(tokens: TokenCache): ConfiguredConnector<Settings, Credential> {
  return {
    system: 'rest',
    title: 'JSON API by settings',
    docs: 'https://www.rfc-editor.org/rfc/rfc9110',
    settings,
    credential,
    credentialKind: 'api-key',
    dedupe: ({ push: described }) => described?.dedupe.by ?? 'none',
    batchSize: ({ push: described }) => described?.send.batch?.size ?? 1,
    settlesWithinSeconds: ({ push: described }) => described?.send.settlesWithinSeconds ?? 120,
    replaces: ({ push: described }) => described?.dedupe.by === 'upsert' && described.dedupe.replaces,
    fields: ({ push: described }) => (described ? namesOf(described) : {}),
    push: (ctx, records) => push(tokens, ctx, records),
    find: (ctx, records) => find(tokens, ctx, records),
    async check(ctx) {
      const { check: { path, as } } = ctx.settings;
      const json = jsonIn(await call(ctx, tokens, { path }));
      return { as: as === undefined ? null : textAt(json, as), warnings: [] };
    },
    streams: ({ pull: list }) => (list ? [{ name: 'items', title: 'Items', docs: 'https://www.rfc-editor.org/rfc/rfc9110' }] : []),
    async pull(ctx, request) {
      if (!ctx.settings.pull) throw new Error('The settings of this integration describe no fetching.');
      return pullPage(ctx, tokens, ctx.settings.pull, request);
    },
  };
}

export const connector = rest(createTokenCache(() => new Date()));
