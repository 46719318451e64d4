import { z } from 'zod';
import type { Checked, ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { sendBatch } from '../_kit/odata-batch.ts';
import type { BatchPart, BatchRequest } from '../_kit/odata-batch.ts';
import { createTokenCache, withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { prepare, shaped } from '../_kit/payload.ts';
import { apiPath, apiUrl, get, grantOf } from './api.ts';
import type { Session } from './api.ts';
import { pull, TRACKING } from './pull.ts';
import { boundKey, namesOf, rowOf } from './row.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings, Table } from './settings.ts';

const whoAmI = z.object({ UserId: z.string(), OrganizationId: z.string() });
const tables = z.object({
  value: z.array(z.object({
    EntitySetName: z.string(),
    ChangeTrackingEnabled: z.boolean(),
    Keys: z.array(z.object({ KeyAttributes: z.array(z.string()), EntityKeyIndexStatus: z.string() })),
  })),
});

/** Longer than this a slice must not stand still, or it loses its lease. */
const BATCH_MS = 50_000;

const NO_TABLE: Outcome = {
  state: 'refused',
  diagnosis: {
    message: 'The settings name no "table" to send to.', code: 'settings_incomplete', field: null, category: 'schema', retryable: false,
  },
};

/** https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/update-delete-entities-using-web-api#upsert-a-table */
async function push({ ctx, tokens }: Session, records: OutgoingRecord[]): Promise<Outcome[]> {
  const { table } = ctx.settings;
  if (!table) return records.map(() => NO_TABLE);
  const requests: BatchRequest[] = [];
  const refused = records.map((record): Outcome | null => {
    const prepared = prepare(record, () => rowOf(record, table));
    if ('refused' in prepared) return prepared.refused;
    const { key, json } = prepared.ready;
    requests.push({ method: 'PATCH', url: `${apiPath(ctx.settings)}/${table.set}(${table.key}='${key}')`, body: json });
    return null;
  });
  if (requests.length === 0) return refused.filter((outcome) => outcome !== null);
  const url = `${apiUrl(ctx.settings)}/$batch`;
  const { parts } = await withToken(tokens, ctx.http, grantOf(ctx), (token) =>
    sendBatch(ctx.http, { url, headers: { authorization: `Bearer ${token}` }, changeSets: false, timeoutMs: BATCH_MS }, requests));
  const next = parts.values();
  return refused.map((outcome) => outcome ?? outcomeOf(ctx, table, next.next().value as BatchPart));
}

function outcomeOf(ctx: Session['ctx'], table: Table, part: BatchPart): Outcome {
  const requestId = part.requestId ?? undefined;
  const externalId = /\(([^()]{1,200})\)\s*$/.exec(part.headers['odata-entityid'] ?? '')?.[1];
  if (part.status < 300) return { state: 'exported', externalId, requestId };
  const { diagnosis, status, response } = ctx.http.failure(part, 'refused');
  const field = boundKey(diagnosis.message, table) ?? diagnosis.field;
  return { state: 'refused', diagnosis: { ...diagnosis, field }, status: status ?? undefined, response: response ?? undefined, requestId };
}

/** Who we are, and whether the tables are set up for what the settings want of them. */
async function check(session: Session): Promise<Checked> {
  const { table, streams } = session.ctx.settings;
  const me = shaped(session.ctx.http, await get(session, 'WhoAmI'), whoAmI);
  const wanted = [...(table ? [table.set] : []), ...streams.map(({ set }) => set)];
  const filter = wanted.map((set) => `EntitySetName eq '${set}'`).join(' or ');
  const parts = '$select=EntitySetName,ChangeTrackingEnabled&$expand=Keys($select=KeyAttributes,EntityKeyIndexStatus)';
  const path = `EntityDefinitions?${parts}&$filter=${encodeURIComponent(filter)}`;
  const { value } = wanted.length === 0 ? { value: [] } : shaped(session.ctx.http, await get(session, path), tables);
  const bySet = new Map(value.map((one) => [one.EntitySetName, one]));
  const missing = wanted.filter((set) => !bySet.has(set)).map((set) => `Dataverse has no table with the entity set "${set}".`);
  const untracked = streams.filter(({ set }) => bySet.get(set)?.ChangeTrackingEnabled === false)
    .map(({ set }) => `Change tracking is off for "${set}".`);
  const key = table && bySet.get(table.set)?.Keys.find(({ KeyAttributes: [one, ...more] }) => one === table.key && more.length === 0);
  const unkeyed = table && bySet.has(table.set) && key?.EntityKeyIndexStatus !== 'Active'
    ? [`"${table.set}" has no active alternate key of the column "${table.key}" alone; without it nothing can be sent.`] : [];
  return { as: `user ${me.UserId} of organization ${me.OrganizationId}`, warnings: [...missing, ...unkeyed, ...untracked] };
}

/**
 * Rows of a configurable table over the Dataverse Web API, each upserted by an alternate key that holds our key: the same for every
 * version of a record, so a later one replaces the first. What is read comes by change tracking.
 */
export function dataverse(tokens: TokenCache): ConfiguredConnector<Settings, Credential> {
  return {
    system: 'dataverse',
    title: 'Microsoft Dataverse (Dynamics 365)',
    docs: 'https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/overview',
    settings,
    credential,
    credentialKind: 'oauth-client',
    // Per user: https://learn.microsoft.com/en-us/power-apps/developer/data-platform/api-limits
    rate: { requests: 6_000, perSeconds: 300, concurrent: 52 },
    dedupe: 'upsert',
    // A batch may hold 1 000 operations, but they are carried out one after the other and the answer has to come in time.
    batchSize: 100,
    // An operation runs for 2 minutes at most.
    settlesWithinSeconds: 120,
    fields: ({ table }) => namesOf(table?.map ?? {}),
    replaces: true,
    push: (ctx, records) => push({ ctx, tokens }, records),
    check: (ctx) => check({ ctx, tokens }),
    streams: ({ streams }) => streams.map(({ set }) => ({ name: set, title: set, docs: TRACKING })),
    pull: (ctx, request) => pull({ ctx, tokens }, request),
  };
}

export const connector = dataverse(createTokenCache(() => new Date()));
