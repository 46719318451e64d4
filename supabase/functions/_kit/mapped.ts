import type { Outcome, OutgoingRecord } from './connector.ts';
import type { Http, HttpResponse } from './http.ts';
import { amountOf, dayOf, PayloadProblem, shortKey } from './payload.ts';

/** Which of their fields a payload key goes to, where every organization names its fields itself; `none` leaves it out on purpose. */
export type FieldMap = Record<string, string>;

/** A value on its way to a field of theirs. `text` is null where it is to be emptied; `isPlain` for what JSON writes without quotes. */
export type MappedValue = { key: string; target: string; text: string | null; isPlain: boolean };

/**
 * The payload under their names, with `amount`, `currency` and, where it is mapped, `occurredOn` beside it. Throws `PayloadProblem` for a
 * key that is not mapped, a value that is no text, whole number or truth, and for two keys that go to one field.
 */
export function mappedValues(record: OutgoingRecord, map: FieldMap, decimals: number): MappedValue[] {
  const values = new Map<string, MappedValue>();
  for (const [key, value] of Object.entries({ ...record.payload, ...ownValues(record, map) })) {
    const target = Object.hasOwn(map, key) ? map[key] : undefined;
    if (target === undefined) {
      if (value === null || value === undefined || value === '') continue;
      const message = `This integration does not know the key "${key}". Map it in the settings, or to "none" to leave it out.`;
      throw new PayloadProblem(key, message, 'payload_unknown_key');
    }
    if (target === 'none') continue;
    if (values.has(target)) {
      throw new PayloadProblem(key, `"${key}" and another key of this record both go to ${target}.`, 'payload_invalid');
    }
    if (key === 'occurredOn' && typeof value === 'string') dayOf(key, value);
    const isAmount = key === 'amount' && record.amount !== null;
    if (isAmount) amountOf(record, decimals);
    values.set(target, { key, target, ...written(key, value, isAmount) });
  }
  return [...values.values()];
}

function ownValues({ amount, currency, occurredOn }: OutgoingRecord, map: FieldMap): Record<string, string> {
  return {
    ...(amount === null ? {} : { amount }),
    ...(currency === null ? {} : { currency }),
    ...(occurredOn === null || !Object.hasOwn(map, 'occurredOn') ? {} : { occurredOn }),
  };
}

function written(key: string, value: unknown, isAmount: boolean): Pick<MappedValue, 'text' | 'isPlain'> {
  if (value === null || value === undefined || value === '') return { text: null, isPlain: true };
  if (typeof value === 'string') return { text: value, isPlain: isAmount };
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    return { text: String(value), isPlain: true };
  }
  throw new PayloadProblem(key, `"${key}" must be text, a whole number, or true or false.`, 'payload_invalid');
}

/** The values as the inside of a JSON object, digit by digit. */
export function jsonOf(values: MappedValue[]): string {
  return values.map(({ target, text, isPlain }) => `${JSON.stringify(target)}:${isPlain ? text : JSON.stringify(text)}`).join(',');
}

/**
 * Our key for fields of theirs that may hold a value once: the same for every version of a record, and of capitals and digits only, since
 * many systems take `a` and `A` for one.
 */
export function stableKey({ sourceType, sourceId }: Pick<OutgoingRecord, 'sourceType' | 'sourceId'>): string {
  return shortKey(JSON.stringify([sourceType, sourceId]), 32);
}

/** Whether no payload key goes to the field that holds our key: what overwrote it would bring a record twice. */
export function leavesAlone(map: FieldMap, field: string): boolean {
  return Object.values(map).every((target) => target.toLowerCase() !== field.toLowerCase());
}

/** The payload keys with the names they go by over there, so that a fix lands on the right key. */
export function fieldsOf(map: FieldMap): Record<string, string[]> {
  const own = { amount: [], currency: [], occurredOn: [] };
  return { ...own, ...Object.fromEntries(Object.entries(map).map(([key, target]) => [key, target === 'none' ? [] : [target]])) };
}

/** The refusal of one record of a batch: its part of the answer is read as an answer of its own. */
export function refusedPart(
  http: Http,
  whole: HttpResponse,
  part: { status: number; body: unknown },
): Extract<Outcome, { state: 'refused' }> {
  const body = typeof part.body === 'string' ? part.body : JSON.stringify(part.body);
  const { diagnosis, status, response, requestId } = http.failure(
    { ...whole, status: part.status, body, json: () => part.body },
    'refused',
  );
  return { state: 'refused', diagnosis, status: status ?? undefined, response: response ?? undefined, requestId: requestId ?? undefined };
}
