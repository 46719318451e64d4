import { z } from 'zod';
import type { ConfiguredConnector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { fieldsOf, mappedValues, refusedPart, stableKey } from '../_kit/mapped.ts';
import { prepare, shaped } from '../_kit/payload.ts';
import { check } from './check.ts';
import { pull } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';
import { call, read } from './table.ts';
import type { Context, Row } from './table.ts';

const BATCH = 200;

const taken = z.object({ import_set_id: z.string().min(1) });

/** Every value goes as text: the interface takes no other. */
function rowOf(record: OutgoingRecord, { map, keyColumn, decimals }: Settings): Row {
  const values = mappedValues(record, map, decimals).map(({ target, text }) => [target, text ?? '']);
  return { ...Object.fromEntries(values) as Row, [keyColumn]: stableKey(record) };
}

/** https://www.servicenow.com/docs/r/api-reference/rest-apis/c_ImportSetAPI.html (insertMultiple) */
async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const prepared = records.map((record) => prepare(record, () => rowOf(record, ctx.settings)));
  const rows = prepared.flatMap((one) => ('ready' in one ? [one.ready] : []));
  if (rows.length === 0) return prepared.flatMap((one) => ('refused' in one ? [one.refused] : []));
  const path = `import/${ctx.settings.stagingTable}/insertMultiple`;
  const response = await call(ctx, path, JSON.stringify({ records: rows }));
  const { import_set_id: externalId } = shaped(ctx.http, response, taken);
  const accepted: Outcome = { state: 'accepted', externalId, requestId: response.requestId ?? undefined };
  return prepared.map((one) => ('refused' in one ? one.refused : accepted));
}

/** The rows of the import set say what the transformation made of each; rows are deleted after some days. */
async function confirm(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const verdicts = new Map<OutgoingRecord, Outcome | null>();
  for (const [importSet, own] of Map.groupBy(records, ({ externalId }) => externalId ?? '')) {
    const { keyColumn, stagingTable } = ctx.settings;
    const columns = [keyColumn, 'sys_import_state', 'sys_import_state_comment', 'sys_target_sys_id'];
    const { rows, response } = await read(ctx, stagingTable, `sys_import_set=${importSet}`, columns, 2 * BATCH);
    const byKey = new Map(rows.map((row) => [row[keyColumn], row]));
    const isOpen = own.some((record) => stateOf(byKey.get(stableKey(record))) === 'pending');
    const importState = isOpen ? await importSetState(ctx, importSet) : null;
    const lost = rows.some((row) => row[keyColumn] === '') ? NO_KEY : NO_RESULT;
    for (const record of own) {
      const row = byKey.get(stableKey(record));
      const isPending = stateOf(row) === 'pending';
      if (!isPending && row) verdicts.set(record, verdict(ctx, row, response));
      else verdicts.set(record, importState !== null && !ENDED.test(importState) ? null : { state: 'refused', diagnosis: lost });
    }
  }
  return records.map((record) => verdicts.get(record) ?? null);
}

/** States after which nothing more comes; a name that is not known is waited for. */
const ENDED = /^(?:processed|cancell?ed|failed|error|complete)/i;

const stateOf = (row: Row | undefined): string => (row?.sys_import_state === '' ? 'pending' : row?.sys_import_state ?? 'pending');

/** Null when the import set is gone. */
async function importSetState(ctx: Context, id: string): Promise<string | null> {
  const { rows } = await read(ctx, 'sys_import_set', `sys_id=${id}`, ['sys_id', 'state'], 1);
  return rows[0]?.state ?? null;
}

const NO_RESULT = {
  message: 'The import set ended without a result for this record; it was cancelled, or its rows were cleaned up.',
  code: 'import_without_result',
  field: null,
  category: 'server',
  retryable: true,
} as const;
const NO_KEY = {
  message: 'The rows came without our key. The entry under REST Insert Multiples must have the column mapping "Column name".',
  code: 'key_column_empty',
  field: null,
  category: 'schema',
  retryable: false,
} as const;

/** `ignored` because nothing differs is the record as it should be; for any other reason a script or an empty key kept it out. */
function verdict(ctx: Context, row: Row, response: HttpResponse): Outcome {
  const { sys_import_state: state, sys_import_state_comment: comment = '', sys_target_sys_id: target } = row;
  const isSame = state === 'ignored' && /^No field values changed$/i.test(comment.trim());
  if (state === 'inserted' || state === 'updated' || isSame) return { state: 'exported', externalId: target || undefined };
  const said = comment.trim() === '' ? `The transformation left the row in the state "${state}" and gave no reason.` : comment;
  const body = { result: [{ status: 'error', error_message: said }] };
  return refusedPart(ctx.http, response, { status: response.status, body });
}

/** What is refused is refused for a column of the target table, by its label: u_short_description is mostly "Short description" there. */
function namesIn({ map }: Settings): Record<string, string[]> {
  const named = Object.entries(fieldsOf(map)).map(([key, columns]) => {
    const labels = columns.map((column) => column.replace(/^u_/, ''));
    return [key, [...columns, ...labels, ...labels.map((label) => label.replaceAll('_', ' '))]];
  });
  return Object.fromEntries(named) as Record<string, string[]>;
}

/**
 * Rows of an import set. They are taken at once and transformed by the organization's own transform map, asynchronously unless it is
 * set otherwise; that map coalesces on our key, hence `upsert`. Only a unique index on the target keeps two transformations that run at
 * the same moment apart, so what went unanswered rests first.
 */
export const connector = {
  system: 'servicenow',
  title: 'ServiceNow',
  docs: 'https://www.servicenow.com/docs/r/api-reference/rest-apis/c_ImportSetAPI.html',
  settings,
  credential,
  credentialKind: 'basic',
  dedupe: 'upsert',
  batchSize: BATCH,
  settlesWithinSeconds: 600,
  fields: namesIn,
  replaces: true,
  push,
  confirm,
  check,
  streams: [{
    name: 'records',
    title: 'Records of the table in the settings',
    docs: 'https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html',
  }],
  pull,
} satisfies ConfiguredConnector<Settings, Credential>;
