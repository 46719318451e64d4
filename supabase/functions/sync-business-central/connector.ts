import { z } from 'zod';
import type { Checked, Connector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { createTokenCache } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { prepare, shaped, unexpected } from '../_kit/payload.ts';
import { runBatch } from './batch.ts';
import type { Context, Operation, Part } from './batch.ts';
import { documentNumberOf, lineOf } from './line.ts';
import { credential, fields, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

/** Documents asked for in one filter: an address has to stay short even where proxies are strict. */
const DOCUMENTS_PER_FILTER = 20;

const holdings = z.object({ value: z.array(z.object({ documentNumber: z.string() })) });

const journalLines = ({ companyId, journalId }: Settings): string => `companies(${companyId})/journals(${journalId})/journalLines`;

/** Whether the operation may have been carried out although it failed. */
const isUndecided = (part: Part): boolean => part.status === 408 || part.status >= 500;

function refusal(ctx: Context, part: Part, record: OutgoingRecord): Outcome {
  const { diagnosis, status, response, requestId } = ctx.http.failure(part, 'refused');
  return {
    state: 'refused',
    diagnosis: { ...diagnosis, field: dimensionKey(diagnosis.message, record, ctx.settings) ?? diagnosis.field },
    status: status ?? undefined,
    response: response ?? undefined,
    requestId: requestId ?? undefined,
  };
}

/** An unknown dimension value is named by its dimension's code; the payload key is the one mapped to that dimension. */
function dimensionKey(message: string, record: OutgoingRecord, { map }: Settings): string | null {
  const code = /'([^']{1,20})'\s*,[^,=]{1,40}='[^']*'/.exec(message)?.[1];
  return Object.keys(record.payload).find((key) => code !== undefined && map[key] === `dimension:${code}`) ?? null;
}

async function push(tokens: TokenCache, ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const operations: Operation[] = [];
  const refused = records.map((record, index): Outcome | null => {
    const prepared = prepare(record, () => lineOf(record, ctx.settings));
    if ('refused' in prepared) return prepared.refused;
    operations.push({
      id: String(index),
      method: 'POST',
      url: `${journalLines(ctx.settings)}?$select=id,documentNumber`,
      body: prepared.ready.json,
    });
    return null;
  });
  if (operations.length === 0) return refused.filter((outcome) => outcome !== null);
  const { parts, response } = await runBatch(ctx, tokens, operations);
  // A line without a clear answer may be in the journal: then all of the batch is looked up before anything is sent again.
  const undecided = [...parts.values()].find(isUndecided);
  if (undecided) throw ctx.http.failure(undecided, 'unknown');
  return records.map((record, index) => {
    const part = parts.get(String(index));
    const outcome = refused[index] ?? (part && (part.status < 300 ? exported(record, part.requestId) : refusal(ctx, part, record)));
    if (!outcome) throw unexpected(ctx.http, response, `no answer for operation ${index}`);
    return outcome;
  });
}

function exported(record: OutgoingRecord, requestId: string | null): Outcome {
  return { state: 'exported', externalId: documentNumberOf(record), requestId: requestId ?? undefined };
}

/** Asks the journal and, for what an accountant has posted meanwhile, the general ledger. */
async function find(tokens: TokenCache, ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const numbers = records.map(documentNumberOf);
  const operations: Operation[] = [];
  for (let at = 0; at < numbers.length; at += DOCUMENTS_PER_FILTER) {
    const filter = numbers.slice(at, at + DOCUMENTS_PER_FILTER).map((number) => `documentNumber eq '${number}'`).join(' or ');
    for (const set of [journalLines(ctx.settings), `companies(${ctx.settings.companyId})/generalLedgerEntries`]) {
      operations.push({
        id: String(operations.length),
        method: 'GET',
        url: `${set}?$select=documentNumber&$filter=${encodeURIComponent(filter)}`,
      });
    }
  }
  const { parts, response } = await runBatch(ctx, tokens, operations);
  const held = new Set<string>();
  for (const { id } of operations) {
    const part = parts.get(id);
    if (!part) throw unexpected(ctx.http, response, `no answer for operation ${id}`);
    if (part.status !== 200) throw ctx.http.failure(part);
    for (const { documentNumber } of shaped(ctx.http, part, holdings).value) held.add(documentNumber);
  }
  return records.map((record, index) => (held.has(numbers[index] ?? '') ? exported(record, response.requestId) : null));
}

const journals = z.object({ value: z.array(z.object({ code: z.string(), displayName: z.string().optional() })) });

/** The company and its journal batch can be read. Business Central has no word for who is asking. */
async function check(tokens: TokenCache, ctx: Context): Promise<Checked> {
  const { companyId, journalId } = ctx.settings;
  const url = `companies(${companyId})/journals?$select=code,displayName&$filter=${encodeURIComponent(`id eq ${journalId}`)}`;
  const { parts, response } = await runBatch(ctx, tokens, [{ id: '0', method: 'GET', url }]);
  const part = parts.get('0');
  if (!part) throw unexpected(ctx.http, response, 'no answer for operation 0');
  if (part.status !== 200) throw ctx.http.failure(part, 'refused');
  const [journal] = shaped(ctx.http, part, journals).value;
  return { as: journal ? `journal ${journal.code}` : null, warnings: journal ? [] : [`The company has no journal with the id ${journalId}.`] };
}

/**
 * General journal lines over Business Central's API v2.0. It has no upsert for lines and no idempotency key, and takes two
 * lines with the same document number without a word: hence `lookup`, by the Document No. that every line gets from its key.
 */
export function businessCentral(tokens: TokenCache): Connector<Settings, Credential> {
  return {
    system: 'business-central',
    title: 'Microsoft Dynamics 365 Business Central',
    docs: 'https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_journalline_create',
    settings,
    credential,
    credentialKind: 'oauth-client',
    dedupe: 'lookup',
    // Operations in a batch:
    // https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/administration/operational-limits-online
    batchSize: 100,
    // A request may run for 10 minutes:
    // https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/api-reference/v2.0/dynamics-rate-limits
    settlesWithinSeconds: 600,
    fields,
    replaces: false,
    push: (ctx, records) => push(tokens, ctx, records),
    find: (ctx, records) => find(tokens, ctx, records),
    check: (ctx) => check(tokens, ctx),
  };
}

export const connector = businessCentral(createTokenCache(() => new Date()));
