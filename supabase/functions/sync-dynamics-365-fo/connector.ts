import { z } from 'zod';
import type { Checked, ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { BatchPart, BatchRequest } from '../_kit/odata-batch.ts';
import { createTokenCache } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { prepare, shaped } from '../_kit/payload.ts';
import { batch, read } from './api.ts';
import type { Context, Session } from './api.ts';
import { entityOf, keyOf, namesOf } from './entity.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

/** Keys asked for in one filter: `in` is not supported, and addresses have to stay short. */
const KEYS_PER_FILTER = 20;
const rows = z.object({ value: z.array(z.record(z.string(), z.unknown())) });
const companies = z.object({ value: z.array(z.object({ Name: z.string().nullish() })) });

/** Whatever company is the user's own, the one of the settings is meant. */
function query({ company, key }: Settings, filter: string | null): string {
  const filters = [`dataAreaId eq '${company.toLowerCase()}'`, ...(filter === null ? [] : [`(${filter})`])];
  return `cross-company=true&$select=${key}&$filter=${encodeURIComponent(filters.join(' and '))}`;
}

async function push(session: Session, records: OutgoingRecord[]): Promise<Outcome[]> {
  const { ctx } = session;
  const requests: BatchRequest[] = [];
  const refused = records.map((record): Outcome | null => {
    const prepared = prepare(record, () => entityOf(record, ctx.settings));
    if ('refused' in prepared) return prepared.refused;
    requests.push({ method: 'POST', url: `/data/${ctx.settings.entity}?cross-company=true`, body: prepared.ready });
    return null;
  });
  if (requests.length === 0) return refused.filter((outcome) => outcome !== null);
  const { parts } = await batch(session, requests);
  const outcomes = parts.map((part) => outcomeOf(ctx, part)).values();
  return refused.map((outcome) => outcome ?? outcomes.next().value as Outcome);
}

function outcomeOf(ctx: Context, part: BatchPart): Outcome {
  const requestId = part.requestId ?? undefined;
  if (part.status < 300) return { state: 'exported', externalId: /\(([^()]{1,400})\)\s*$/.exec(part.headers.location ?? '')?.[1], requestId };
  const failure = ctx.http.failure(part, 'refused');
  const { diagnosis, status, response } = failure;
  // A refused value comes with status 500, too. Anything else of that kind may have been carried out, so all is looked up.
  if ((part.status >= 500 || part.status === 408) && diagnosis.retryable) throw new HttpFailure({ ...failure, delivered: 'unknown' });
  const field = diagnosis.field?.replace(/^\w+\./, '') ?? null;
  return { state: 'refused', diagnosis: { ...diagnosis, field }, status: status ?? undefined, response: response ?? undefined, requestId };
}

async function find(session: Session, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const { settings: own, http } = session.ctx;
  const keys = records.map((record) => keyOf(record, own));
  const requests: BatchRequest[] = [];
  for (let at = 0; at < keys.length; at += KEYS_PER_FILTER) {
    const filter = keys.slice(at, at + KEYS_PER_FILTER).map((key) => `${own.key} eq '${key}'`).join(' or ');
    requests.push({ method: 'GET', url: `/data/${own.entity}?${query(own, filter)}` });
  }
  const { parts } = await batch(session, requests);
  const held = new Set(parts.flatMap((part) => {
    if (part.status !== 200) throw http.failure(part);
    return shaped(http, part, rows).value.map((row) => row[own.key]);
  }));
  return keys.map((key) => (held.has(key) ? { state: 'exported' } : null));
}

/** That entity, property and company are there. Finance and operations has no word for who is asking. */
async function check(session: Session): Promise<Checked> {
  const { settings: own, http } = session.ctx;
  shaped(http, await read(session, `${own.entity}?${query(own, null)}&$top=1`), rows);
  const filter = encodeURIComponent(`LegalEntityId eq '${own.company.toUpperCase()}'`);
  const [company] = await read(session, `LegalEntities?$select=Name&$filter=${filter}`).then(
    (response) => shaped(http, response, companies).value,
    (error: unknown) => {
      // Who may write journals need not be allowed to list companies.
      if (error instanceof HttpFailure && ['permission', 'not_found'].includes(error.diagnosis.category)) return [];
      throw error;
    },
  );
  return { as: company?.Name ?? null, warnings: company ? [] : [`There is no company "${own.company}", or the user may not see it.`] };
}

/**
 * Records of a configurable data entity, each in a change set of its own. A PATCH of what is not there is refused ("No resources were
 * found when selecting for update"), so there is no upsert, and an idempotency key there is not: hence `lookup` by the property that
 * holds our key. Where that property is the entity's own key, a second insert is refused besides. What is deleted after posting can no
 * longer be found; whether the environment obeys `odata.continue-on-error` the vendor does not say: an answer that ends early is doubted.
 */
export function dynamics365Fo(tokens: TokenCache): ConfiguredConnector<Settings, Credential> {
  return {
    system: 'dynamics-365-fo',
    title: 'Microsoft Dynamics 365 Finance & Operations',
    docs: 'https://learn.microsoft.com/en-us/dynamics365/fin-ops-core/dev-itpro/data-entities/odata',
    settings,
    credential,
    credentialKind: 'oauth-client',
    dedupe: 'lookup',
    // The vendor names no limit. Entities run X++ for each record: more would not be answered in time.
    batchSize: 50,
    settlesWithinSeconds: 600,
    fields: namesOf,
    replaces: false,
    push: (ctx, records) => push({ ctx, tokens }, records),
    find: (ctx, records) => find({ ctx, tokens }, records),
    check: (ctx) => check({ ctx, tokens }),
  };
}

export const connector = dynamics365Fo(createTokenCache(() => new Date()));
