import { z } from 'zod';
import type { Checked, ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { fieldsOf, mappedValues, refusedPart, stableKey } from '../_kit/mapped.ts';
import { prepare, shaped, unexpected } from '../_kit/payload.ts';
import { warningsOf } from '../_kit/warnings.ts';
import { call } from './api.ts';
import type { Context } from './api.ts';
import { pull } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

/** Share of the day's calls from which the page warns. */
const USED_UP = 0.8;

const done = z.looseObject({
  id: z.string(),
  objectWriteTraceId: z.string().nullish(),
  properties: z.record(z.string(), z.unknown()).default({}),
});
const fault = z.looseObject({
  message: z.string(),
  context: z.looseObject({ objectWriteTraceId: z.array(z.string()).default([]) }).nullish(),
});
const batchAnswer = z.object({ results: z.array(done).default([]), errors: z.array(fault).default([]) });
const account = z.object({ portalId: z.number(), portalName: z.string().nullish(), accountType: z.string().nullish() });
const usage = z.object({
  results: z.array(z.object({ currentUsage: z.number(), usageLimit: z.number(), fetchStatus: z.string().nullish() })),
});
const property = z.object({ name: z.string(), hasUniqueValue: z.boolean().default(false) });

/** Every value goes as text; the empty text empties a property. */
function inputOf(record: OutgoingRecord, { map, idProperty, decimals }: Settings): object {
  const key = stableKey(record);
  const values = mappedValues(record, map, decimals).map(({ target, text }) => [target, text ?? '']);
  return { id: key, idProperty, objectWriteTraceId: key, properties: Object.fromEntries(values) as Record<string, string> };
}

/**
 * With `objectWriteTraceId` HubSpot answers 207 and names the inputs it refused; without a trace it refuses all for one.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/upsert-contacts
 * https://developers.hubspot.com/docs/api-reference/error-handling
 */
async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const { object, idProperty } = ctx.settings;
  const prepared = records.map((record) => prepare(record, () => inputOf(record, ctx.settings)));
  const inputs = prepared.flatMap((one) => ('ready' in one ? [one.ready] : []));
  if (inputs.length === 0) return prepared.flatMap((one) => ('refused' in one ? [one.refused] : []));
  const response = await call(ctx, `crm/v3/objects/${object}/batch/upsert`, { inputs });
  const { results, errors } = shaped(ctx.http, response, batchAnswer);
  const landed = new Map(results.map((one) => [one.objectWriteTraceId ?? String(one.properties[idProperty]), one.id]));
  const refused = new Map(errors.flatMap((one) => (one.context?.objectWriteTraceId ?? []).map((key) => [key, one] as const)));
  return prepared.map((one, index) => {
    if ('refused' in one) return one.refused;
    const key = stableKey(records[index] as OutgoingRecord);
    const [id, said] = [landed.get(key), refused.get(key)];
    if (said) return refusedPart(ctx.http, response, { status: 400, body: said });
    if (id === undefined) throw unexpected(ctx.http, response, `no result for input ${index}`);
    return { state: 'exported', externalId: id, requestId: response.requestId ?? undefined };
  });
}

/** https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide */
async function check(ctx: Context): Promise<Checked> {
  const { portalId, portalName } = shaped(ctx.http, await call(ctx, 'account-info/v3/details'), account);
  const { results } = shaped(ctx.http, await call(ctx, 'account-info/v3/api-usage/daily/private-apps'), usage);
  const warnings = results.filter(({ currentUsage, usageLimit }) => currentUsage >= usageLimit * USED_UP)
    .map(({ currentUsage, usageLimit }) => `${currentUsage} of ${usageLimit} API calls of this day are used.`);
  warnings.push(...(await unfit(ctx)));
  return { as: portalName ? `${portalName} (${portalId})` : `Account ${portalId}`, warnings };
}

/** What keeps records from being sent under the property; an integration that fetches needs none. */
async function unfit(ctx: Context): Promise<string[]> {
  const { object, idProperty } = ctx.settings;
  let isUnique = true;
  const warnings = await warningsOf('Records cannot be sent', async () => {
    isUnique = shaped(ctx.http, await call(ctx, `crm/v3/properties/${object}/${idProperty}`), property).hasUniqueValue;
  });
  return isUnique ? warnings : [`Records cannot be sent: the property ${idProperty} does not ask for unique values.`];
}

/** Objects of one kind, upserted by a property with unique values. */
export const connector = {
  system: 'hubspot',
  title: 'HubSpot',
  docs: 'https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/upsert-contacts',
  settings,
  credential,
  credentialKind: 'api-key',
  // The least of all editions, 100 in 10 seconds:
  // https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
  rate: { requests: 100, perSeconds: 10 },
  dedupe: 'upsert',
  batchSize: 100,
  settlesWithinSeconds: 120,
  fields: ({ map }: Settings) => fieldsOf(map),
  replaces: true,
  push,
  check,
  streams: [{
    name: 'records',
    title: 'Objects of the kind in the settings',
    docs: 'https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm',
  }],
  pull,
} satisfies ConfiguredConnector<Settings, Credential>;
