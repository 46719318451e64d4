import { z } from 'zod';
import type { Connector, ConnectorContext, Outcome, OutgoingRecord } from '../../../../supabase/functions/_kit/connector.ts';

const settings = z.object({ url: z.string(), misbehaves: z.string().nullable() });
const credential = z.object({ token: z.string() });
export type Settings = z.infer<typeof settings>;
export type Credential = z.infer<typeof credential>;
export type Context = ConnectorContext<Settings, Credential>;

async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const response = await ctx.http.send({
    url: `${ctx.settings.url}/take`,
    headers: { authorization: `Bearer ${ctx.credential.token}` },
    body: records.map(({ key, sourceId, payload }) => ({ key, source: sourceId, account: payload['account'] })),
  });
  const numbers = response.json() as string[];
  return records.map((_record, index) => ({ state: 'exported', externalId: numbers[index] ?? '' }));
}

async function find(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const response = await ctx.http.send({
    url: `${ctx.settings.url}/held?keys=${records.map(({ key }) => key).join(',')}`,
    headers: { authorization: `Bearer ${ctx.credential.token}` },
  });
  const held = response.json() as (string | null)[];
  return records.map((_record, index) => (held[index] ? { state: 'exported', externalId: held[index] } : null));
}

/** A connector as it should be, for the ledger of tests/support/ledger.ts. */
export function ledger(system: string): Connector<Settings, Credential> {
  return {
    system, title: 'Ledger', docs: 'https://example.org', settings, credential, dedupe: 'lookup', batchSize: 8,
    settlesWithinSeconds: 1, fields: { account: ['Account'] }, replaces: false, push, find,
  };
}
