import type { OutgoingRecord } from '../_kit/connector.ts';
import { fieldsOf, jsonOf, mappedValues } from '../_kit/mapped.ts';
import type { MappedValue } from '../_kit/mapped.ts';
import { dayOf, shortKey } from '../_kit/payload.ts';
import { plainNumber } from '../_kit/plain-number.ts';
import type { Settings } from './settings.ts';

export function keyOf(record: Pick<OutgoingRecord, 'key'>, { keyLength }: Settings): string {
  return shortKey(record.key, keyLength);
}

/** The record as JSON text; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function entityOf(record: OutgoingRecord, settings: Settings): string {
  const values = mappedValues(record, settings.map, settings.decimals).map((value) => valueFor(value, settings));
  const taken = new Set(values.map(({ target }) => target));
  const fixed = { ...settings.values, dataAreaId: settings.company.toLowerCase(), [settings.key]: keyOf(record, settings) };
  const own = Object.entries(fixed).filter(([name]) => !taken.has(name));
  const rest = jsonOf(values);
  return `{${[...own.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`), ...(rest === '' ? [] : [rest])].join(',')}}`;
}

function valueFor(value: MappedValue, { dates, numbers, creditField }: Settings): MappedValue {
  const { key, target, text } = value;
  if (text === null) return value;
  // A day is a moment over there: at noon it is the same day in every time zone a company is likely to be in.
  if (dates.includes(target)) return { ...value, text: `${dayOf(key, text)}T12:00:00Z`, isPlain: false };
  if (key === 'amount' && creditField !== undefined && text.startsWith('-')) return { ...value, target: creditField, text: text.slice(1) };
  return numbers.includes(target) ? plainNumber(value) : value;
}

/** The payload keys with the properties and labels they go by over there. */
export function namesOf({ map, labels, creditField }: Settings): Record<string, string[]> {
  const credit = (key: string): string[] => (key === 'amount' && creditField !== undefined ? [creditField] : []);
  return Object.fromEntries(Object.entries(fieldsOf(map)).map(([key, names]) => [key, [...names, ...credit(key), ...(labels[key] ?? [])]]));
}
