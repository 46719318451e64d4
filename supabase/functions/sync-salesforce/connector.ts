import { z } from 'zod';
import type { Checked, ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import { fieldsOf, jsonOf, mappedValues, refusedPart, stableKey } from '../_kit/mapped.ts';
import type { MappedValue } from '../_kit/mapped.ts';
import { createTokenCache } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { PayloadProblem, prepare, shaped, unexpected } from '../_kit/payload.ts';
import { call, data } from './api.ts';
import type { Session } from './api.ts';
import { ingest, judged } from './bulk.ts';
import { pull } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm */
const COLLECTION = 200;
const BULK = 2_000;
/** Share of the day's calls from which the page warns. */
const USED_UP = 0.8;

const results = z.array(z.looseObject({ success: z.boolean(), id: z.string().nullish() }));
const limits = z.object({ DailyApiRequests: z.object({ Max: z.number(), Remaining: z.number() }) });
const user = z.object({ preferred_username: z.string().nullish(), name: z.string().nullish() });

/** Numbers go as written: Salesforce refuses text where a number belongs, and a number of JavaScript's would be rounded. */
function valuesOf(record: OutgoingRecord, { map, numbers, decimals }: Settings): MappedValue[] {
  return mappedValues(record, map, decimals).map((value) => {
    if (!numbers.includes(value.target) || value.text === null) return value;
    if (!/^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/.test(value.text)) {
      throw new PayloadProblem(value.key, `"${value.key}" must be a number; it is "${value.text.slice(0, 40)}".`, 'payload_invalid');
    }
    return { ...value, isPlain: true };
  });
}

async function push(session: Session, records: OutgoingRecord[]): Promise<Outcome[]> {
  const prepared = records.map((record) =>
    prepare(record, () => ({ key: stableKey(record), values: valuesOf(record, session.ctx.settings) }))
  );
  const rows = prepared.flatMap((one) => ('ready' in one ? [one.ready] : []));
  const outcomes = rows.length > COLLECTION ? await asJob(session, rows) : rows.length > 0 ? await asCollection(session, rows) : [];
  return prepared.map((one) => ('refused' in one ? one.refused : outcomes.shift() as Outcome));
}

type Rows = Parameters<typeof ingest>[1];

async function asJob(session: Session, rows: Rows): Promise<Outcome[]> {
  const { jobId, response } = await ingest(session, rows);
  return rows.map(() => ({ state: 'accepted', externalId: jobId, requestId: response.requestId ?? undefined }));
}

/** Each record on its own (`allOrNone` is false), answered in the order asked. */
async function asCollection(session: Session, rows: Rows): Promise<Outcome[]> {
  const { ctx } = session;
  const { object, externalIdField } = ctx.settings;
  const written = rows.map(({ key, values }) => {
    const head = `"attributes":${JSON.stringify({ type: object })},${JSON.stringify(externalIdField)}:${JSON.stringify(key)}`;
    return `{${[head, jsonOf(values)].filter((part) => part !== '').join(',')}}`;
  });
  const path = data(ctx, `composite/sobjects/${object}/${externalIdField}`);
  const response = await call(session, path, { method: 'PATCH', body: `{"allOrNone":false,"records":[${written.join(',')}]}` });
  const said = shaped(ctx.http, response, results);
  if (said.length !== rows.length) throw unexpected(ctx.http, response, `${said.length} results for ${rows.length} records`);
  return said.map((
    one,
  ): Outcome => (one.success
    ? { state: 'exported', externalId: one.id ?? undefined, requestId: response.requestId ?? undefined }
    : refusedPart(ctx.http, response, { status: response.status, body: [one] }))
  );
}

async function confirm(session: Session, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const verdicts = new Map<OutgoingRecord, Outcome | null>();
  for (const [jobId, own] of Map.groupBy(records, ({ externalId }) => externalId ?? '')) {
    const outcomes = await judged(session, jobId, own);
    own.forEach((record, at) => verdicts.set(record, outcomes[at] ?? null));
  }
  return records.map((record) => verdicts.get(record) ?? null);
}

/** The limits are told only to users who may see the set-up; without them the check still says who we are. */
async function check(session: Session): Promise<Checked> {
  const { http } = session.ctx;
  const known = await call(session, data(session.ctx, 'limits')).catch((error: unknown) => {
    if (error instanceof HttpFailure && error.status === 403 && error.diagnosis.category === 'permission') return null;
    throw error;
  });
  const { name, preferred_username: userName } = shaped(http, await call(session, 'oauth2/userinfo'), user);
  const as = userName ?? name ?? null;
  if (known === null) {
    return { as, warnings: ['The user may not see the limits ("View Setup and Configuration"), so their use is not known.'] };
  }
  const { Max, Remaining } = shaped(http, known, limits).DailyApiRequests;
  const used = Max - Remaining;
  return { as, warnings: used >= Max * USED_UP ? [`${used} of ${Max} API calls of the last 24 hours are used.`] : [] };
}

/** Records of one object, upserted by an external id field: up to 200 in one request, more as a job of the Bulk API 2.0. */
export function salesforce(tokens: TokenCache) {
  return {
    system: 'salesforce',
    title: 'Salesforce',
    docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm',
    settings,
    credential,
    credentialKind: 'oauth-client',
    dedupe: 'upsert',
    batchSize: ({ bulk }: Settings) => (bulk ? BULK : COLLECTION),
    // A request may run for 10 minutes:
    // https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet
    settlesWithinSeconds: 600,
    fields: ({ map }: Settings) => fieldsOf(map),
    replaces: true,
    push: (ctx, records) => push({ ctx, tokens }, records),
    confirm: (ctx, records) => confirm({ ctx, tokens }, records),
    check: (ctx) => check({ ctx, tokens }),
    streams: [{
      name: 'records',
      title: 'Records of the object in the settings',
      docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm',
    }],
    pull: (ctx, request) => pull({ ctx, tokens }, request),
  } satisfies ConfiguredConnector<Settings, Credential>;
}

export const connector = salesforce(createTokenCache(() => new Date()));
