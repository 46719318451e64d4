import type { OutgoingRecord } from '../_kit/connector.ts';
import { fieldsOf, jsonOf, mappedValues, stableKey } from '../_kit/mapped.ts';
import type { MappedValue } from '../_kit/mapped.ts';
import { plainNumber } from '../_kit/plain-number.ts';
import type { Table } from './settings.ts';

/** A row under our key; the key itself stands in the address and nowhere else. */
export type Row = { key: string; json: string };

const BIND = /^(\w+)@(\w+)\((\w+)\)$/;

/** The row for a record, numbers as numbers and digit by digit. Throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function rowOf(record: OutgoingRecord, { map, numbers, decimals }: Table): Row {
  const values = mappedValues(record, map, decimals).map((value) => bound(numbers.includes(value.target) ? plainNumber(value) : value));
  return { key: stableKey(record), json: `{${jsonOf(values)}}` };
}

/** https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/associate-disassociate-entities-using-web-api */
function bound(value: MappedValue): MappedValue {
  const [, navigation, set, key] = BIND.exec(value.target) ?? [];
  if (navigation === undefined) return value;
  const text = value.text === null ? null : `/${set}(${key}='${encodeURIComponent(value.text).replaceAll("'", "''")}')`;
  return { ...value, target: `${navigation}@odata.bind`, text, isPlain: text === null };
}

/** The payload keys with the names they go by over there, those of bound tables among them. */
export function namesOf(map: Table['map']): Record<string, string[]> {
  const plain = Object.entries(fieldsOf(map));
  return Object.fromEntries(plain.map(([key, targets]) => [key, targets.flatMap((one) => BIND.exec(one)?.slice(1, 3) ?? [one])]));
}

/** Of a row that is not there Dataverse names the table, in the singular: the payload key whose value was looked for in it. */
export function boundKey(message: string, { map }: Table): string | null {
  const entity = /\bdoes not exist in (\w+) entity\b/i.exec(message)?.[1]?.toLowerCase();
  if (entity === undefined) return null;
  return Object.entries(map).find(([, one]) => BIND.exec(one)?.[2]?.toLowerCase().startsWith(entity.replace(/y$/, '')))?.[0] ?? null;
}
