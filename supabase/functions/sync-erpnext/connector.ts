import { z } from 'zod';
import type { Checked, Connector, ConnectorContext, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { prepare, shaped, unexpected } from '../_kit/payload.ts';
import { documentOf, keyOf } from './document.ts';
import { credential, fields, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

type Context = ConnectorContext<Settings, Credential>;

/** Keys asked for in one filter: gunicorn, in front of Frappe, reads request lines of 4 094 characters. */
const FILTER_CHARACTERS = 2_500;

/** Each document runs its doctype's own code. Longer than this a slice must not stand still, or it loses its lease. */
const INSERT_MS = 50_000;

const names = z.object({ message: z.array(z.string()) });
const user = z.object({ message: z.string() });
const held = z.object({ data: z.array(z.record(z.string(), z.unknown())) });

/** https://docs.frappe.io/framework/user/en/api/rest */
function call(ctx: Context, path: string, body?: string): Promise<HttpResponse> {
  const { site, apiKey, apiSecret } = ctx.credential;
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return ctx.http.send({
    url: `${site.replace(/\/+$/, '')}/api/${path}`,
    headers: { authorization: `token ${apiKey}:${apiSecret}`, accept: 'application/json', ...type },
    body,
    timeoutMs: body === undefined ? undefined : INSERT_MS,
  });
}

type Row = Record<string, unknown>;

async function list(ctx: Context, doctype: string, fieldNames: string[], filters: unknown[][], most: number): Promise<Row[]> {
  const query = new URLSearchParams({
    fields: JSON.stringify(fieldNames), filters: JSON.stringify(filters), limit_page_length: String(most),
  });
  return shaped(ctx.http, await call(ctx, `resource/${encodeURIComponent(doctype)}?${query.toString()}`), held).data;
}

/** All in one transaction: https://github.com/frappe/frappe/blob/develop/frappe/client.py (`insert_many`) */
async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const documents: string[] = [];
  const refused = records.map((record): Outcome | null => {
    const prepared = prepare(record, () => documentOf(record, ctx.settings));
    if ('refused' in prepared) return prepared.refused;
    documents.push(prepared.ready);
    return null;
  });
  if (documents.length === 0) return refused.filter((outcome) => outcome !== null);
  const response = await call(ctx, 'method/frappe.client.insert_many', `{"docs":[${documents.join(',')}]}`).catch((error: unknown) => {
    throw aboutSecondRow(error);
  });
  const given = shaped(ctx.http, response, names).message;
  if (given.length !== documents.length) throw unexpected(ctx.http, response, `${given.length} names for ${documents.length} documents`);
  const next = given.values();
  return refused.map((outcome) => outcome ?? { state: 'exported', externalId: next.next().value, requestId: response.requestId ?? undefined });
}

/** The account in the second row of a journal entry is the balancing one, not the record's. */
function aboutSecondRow(error: unknown): unknown {
  if (error instanceof HttpFailure && error.diagnosis.field === 'Account' && /\bRow #?2\b/.test(error.diagnosis.message)) {
    error.diagnosis = { ...error.diagnosis, field: 'balancingAccount' };
  }
  return error;
}

/** Drafts, submitted and cancelled documents alike carry the key. */
async function find(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const { doctype, keyField } = ctx.settings;
  const keys = records.map(keyOf);
  const known = new Map<unknown, unknown>();
  const longest = Math.max(...keys.map((key) => encodeURIComponent(JSON.stringify(key)).length));
  const size = Math.max(1, Math.floor(FILTER_CHARACTERS / (longest + 3)));
  for (let at = 0; at < keys.length; at += size) {
    const asked = keys.slice(at, at + size);
    // Two of one key are one too many, but both are there: none is sent again.
    for (const row of await list(ctx, doctype, ['name', keyField], [[keyField, 'in', asked]], 2 * size)) known.set(row[keyField], row.name);
  }
  return keys.map((key) => {
    const name = known.get(key);
    return typeof name === 'string' ? { state: 'exported', externalId: name } : null;
  });
}

/**
 * Frappe drops a field it does not know without a word, so a key that was never set up would be lost: asking for the field fails
 * where it is missing. Whether it is unique only those may read who may read the set-up.
 */
async function check(ctx: Context): Promise<Checked> {
  const { doctype, keyField } = ctx.settings;
  const as = shaped(ctx.http, await call(ctx, 'method/frappe.auth.get_logged_user'), user).message;
  await list(ctx, doctype, ['name', keyField], [], 1);
  const ours = [['dt', '=', doctype], ['fieldname', '=', keyField]];
  const [field] = await list(ctx, 'Custom Field', ['unique'], ours, 1).catch((error: unknown) => {
    if (error instanceof HttpFailure && error.diagnosis.category === 'permission') return [{ unique: null }];
    throw error;
  });
  const where = `The field "${keyField}" of ${doctype}`;
  if (field?.unique === null) return { as, warnings: [`${where} could not be checked for being unique: the user may not read Custom Field.`] };
  return { as, warnings: field?.unique === 1 ? [] : [`${where} is not unique: ERPNext would take the same record twice.`] };
}

/**
 * Documents of a configurable doctype over Frappe's REST interface, left as drafts for an accountant to submit. Frappe has no
 * idempotency key, and its upsert goes by a document's name, which a naming series gives. Our key stands in a custom field that is
 * unique: hence `lookup` by that field, and a second insert of the same key is refused by ERPNext itself.
 */
export const connector: Connector<Settings, Credential> = {
  system: 'erpnext',
  title: 'ERPNext',
  docs: 'https://docs.frappe.io/framework/user/en/api/rest',
  settings,
  credential,
  credentialKind: 'api-key',
  dedupe: 'lookup',
  batchSize: 200,
  // What Frappe's own web server lets a request run for (`http_timeout`):
  settlesWithinSeconds: 120,
  fields,
  replaces: false,
  push,
  find,
  check,
};
