import type { Connector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { diagnose } from '../_kit/diagnose.ts';
import type { Diagnosis } from '../_kit/diagnose.ts';
import { prepare, unexpected } from '../_kit/payload.ts';
import { heldByKey, heldByNumber, readable, write } from './graphql.ts';
import type { Context, Held } from './graphql.ts';
import { fieldIn, identifierOf, lineOf } from './line.ts';
import type { Line } from './line.ts';
import { credential, fields, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

const gone: Diagnosis = {
  message: 'Xledger no longer holds this import line; somebody has deleted it there.',
  code: 'import_line_deleted',
  field: null,
  category: 'not_found',
  retryable: false,
};
const replaced: Diagnosis = {
  message: 'An earlier version of this record is posted. Reverse that posting in Xledger first.',
  code: 'earlier_version_posted',
  field: null,
  category: 'conflict',
  retryable: false,
};

function refusal(message: string, record: OutgoingRecord, { dbId, errors }: Held): Outcome {
  const diagnosis = diagnose('xledger', { status: 200, headers: {}, body: JSON.stringify({ errors: [{ message }] }) });
  return {
    state: 'refused',
    diagnosis: { ...diagnosis, field: diagnosis.field ?? fieldIn(message, record) },
    externalId: dbId,
    status: 200,
    response: JSON.stringify({ glImportItemErrors: errors }),
  };
}

/** What the state of a line means for its record; null while the import job has not judged it. */
function verdict(held: Held, record: OutgoingRecord, { jobLevels }: Settings): Outcome | null {
  if (held.level !== null && jobLevels.posted.includes(held.level)) return { state: 'exported', externalId: held.dbId };
  const [first] = held.errors;
  return first === undefined ? null : refusal(first, record, held);
}

const byNumber = (held: Held[]): Map<string, Held> => new Map(held.map((one) => [one.dbId, one]));

/**
 * A record Xledger took before is not handed in anew: its line, refused then, is still there, and whoever corrects it there
 * would book it a second time. So the same line is corrected, or found posted already.
 */
async function linesToCorrect(ctx: Context, records: OutgoingRecord[]): Promise<Map<string, Held>> {
  const numbers = records.flatMap((record) => record.externalId ?? []);
  return numbers.length === 0 ? new Map() : byNumber(await heldByNumber(ctx, numbers));
}

async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const held = await linesToCorrect(ctx, records);
  const add: Line[] = [];
  const update: Line[] = [];
  const settled = records.map((record): Outcome | null => {
    const before = record.externalId === null ? undefined : held.get(record.externalId);
    if (before?.level !== undefined && before.level !== null && ctx.settings.jobLevels.posted.includes(before.level)) {
      return before.extIdentifier === identifierOf(record)
        ? { state: 'exported', externalId: before.dbId }
        : { state: 'refused', diagnosis: replaced };
    }
    const prepared = prepare(record, () => lineOf(record, ctx.settings));
    if ('refused' in prepared) return prepared.refused;
    if (before) update.push({ ...prepared.ready, dbId: before.dbId });
    else add.push(prepared.ready);
    return null;
  });
  if (add.length + update.length === 0) return settled.filter((outcome) => outcome !== null);
  const { numbers, response } = await write(ctx, add, update);
  return records.map((record, index) => {
    const number = numbers.get(identifierOf(record));
    const outcome = settled[index] ??
      (number === undefined ? null : { state: 'accepted', externalId: number, requestId: response.requestId ?? undefined });
    // A line without an answer may be in; the records are looked up before anything is sent again.
    if (!outcome) throw unexpected(ctx.http, response, `no answer for line ${index + 1}`);
    return outcome;
  });
}

async function confirm(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const held = byNumber(await heldByNumber(ctx, records.flatMap((record) => record.externalId ?? [])));
  return records.map((record) => {
    const line = held.get(record.externalId ?? '');
    return line ? verdict(line, record, ctx.settings) : { state: 'refused', diagnosis: gone };
  });
}

async function find(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const held = Map.groupBy(await heldByKey(ctx, records.map(identifierOf)), ({ extIdentifier }) => extIdentifier);
  return records.map((record) => {
    const lines = held.get(identifierOf(record)) ?? [];
    const verdicts = lines.map((line) => verdict(line, record, ctx.settings));
    const waiting = lines[verdicts.indexOf(null)];
    return verdicts.find((outcome) => outcome?.state === 'exported') ??
      (waiting ? { state: 'accepted', externalId: waiting.dbId } : verdicts[0] ?? null);
  });
}

/**
 * General ledger import lines over Xledger's GraphQL interface. Taken at once, judged by an import job afterwards
 * (`confirm`). Xledger has no idempotency key and takes the same line twice; our key stands on the line as `extIdentifier`,
 * which stays readable while the line waits, is posted or is refused: hence `lookup`.
 */
export const connector: Connector<Settings, Credential> = {
  system: 'xledger',
  title: 'Xledger',
  docs: 'https://xledgerukinternal.zendesk.com/hc/en-us/articles/33393587744786-How-to-Use-the-Xledger-GraphQL-API-Economically',
  settings,
  credential,
  credentialKind: 'api-key',
  dedupe: 'lookup',
  batchSize: 500,
  settlesWithinSeconds: 120,
  fields,
  replaces: false,
  push,
  confirm,
  find,
  async check(ctx) {
    await readable(ctx);
    return { as: null, warnings: [] };
  },
};
