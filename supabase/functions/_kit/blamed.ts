import type { Connector } from './connector.ts';
import type { Diagnosis } from './diagnose.ts';
import type { ClaimedRecord } from './store.ts';

/** The payload key behind the name or caption the system used, when the connector knows it. */
export function payloadField(connector: Connector, field: string | null): string | null {
  if (field === null) return null;
  const wanted = field.trim().toLowerCase();
  const match = Object.entries(connector.fields).find(([key, names]) => key.toLowerCase() === wanted || names.some((name) => name.toLowerCase() === wanted));
  return match?.[0] ?? null;
}

export function sentValue(record: ClaimedRecord, key: string): string | null {
  const value = valueOf(record, key);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function valueOf(record: ClaimedRecord, key: string): unknown {
  return key === 'amount' ? record.amount : key === 'currency' ? record.currency : record.payload[key];
}

/** What systems say of a name they do not know. Of a value nobody speaks so. */
const UNKNOWN_NAME = new RegExp([
  'no such (?:column|field|property)', 'un(?:known|recogni[sz]ed|declared) (?:field|property|column|parameter|argument)',
  '(?:field|property|column)\\b.{0,80}\\b(?:does not exist|doesn\'t exist|is not defined|not recogni[sz]ed)', 'could not find a property',
  'cannot query field', 'eksisterer ikke i objektet',
].join('|'), 'i');
const UNKNOWN_NAME_CODE = /^(?:invalid_?field|(?:property|field|column)_?(?:doesnt|does_not)_?exist|unknown_?(?:field|property|column)|no_?such_?(?:field|column))$/i;

/**
 * The records of a batch refused whole that the refusal concerns alike: it is about the name of a field, and they all carry that
 * field. None where it is about anything else, or where the system says which records it means.
 */
export function concernedAlike(connector: Connector, batch: ClaimedRecord[], { category, code, field, message, records }: Diagnosis): ClaimedRecord[] {
  const isName = UNKNOWN_NAME_CODE.test(code ?? '') || UNKNOWN_NAME.test(message);
  if (category !== 'schema' || field === null || !isName || (records?.length ?? 0) > 0) return [];
  const key = payloadField(connector, field);
  // A name that is no payload key's stands in the settings, and goes out with every record.
  return key === null ? batch : batch.filter((record) => valueOf(record, key) !== null && valueOf(record, key) !== undefined);
}

/** Whether two refusals say the same of the same. */
export function isSameRefusal(one: Diagnosis, other: Diagnosis): boolean {
  return one.code === other.code && one.field === other.field && one.message === other.message;
}
