import type { OutgoingRecord } from '../_kit/connector.ts';
import { jsonOf, tokensOf } from '../_kit/json-pointer.ts';
import { amountOf, dayOf, PayloadProblem, shortKey } from '../_kit/payload.ts';
import type { Place, Push } from './settings.ts';

/** Our key as the system keeps it: in full, or as many letters of it as fit. */
export function keyOf(record: Pick<OutgoingRecord, 'key'>, { body }: Push): string {
  return body.key?.length === undefined ? record.key : shortKey(record.key, body.key.length);
}

/** The path of one record. A value that would lead to another path is that record's refusal. */
export function pathOf(template: string, record: OutgoingRecord, push: Push): string {
  const values: Record<string, string> = { key: keyOf(record, push), sourceId: record.sourceId, sourceType: record.sourceType };
  const path = template.replace(/\{(\w*)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  if (path.split('?')[0]?.split('/').some((part) => part === '.' || part === '..')) {
    throw new PayloadProblem('sourceId', `"${record.sourceId}" cannot stand in an address.`, 'payload_invalid');
  }
  return path;
}

/** The body for a record as JSON text; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function bodyOf(record: OutgoingRecord, push: Push): string {
  const { map, key, constants, decimals } = push.body;
  const places: [string, string][] = Object.entries(constants).map(([at, value]) => [at, JSON.stringify(value)]);
  const put = (name: string, to: Place | undefined, value: unknown): void => {
    const json = to && jsonFor(name, to, value);
    if (to && typeof json === 'string') places.push([to.at, json]);
  };
  for (const [name, value] of Object.entries(record.payload)) {
    const to = Object.hasOwn(map, name) ? map[name] : undefined;
    if (to === undefined && isFilled(value)) {
      throw new PayloadProblem(
        name,
        `The settings do not say where "${name}" goes. Map it, or to "none" to leave it out.`,
        'payload_unknown_key',
      );
    }
    if (to !== 'none') put(name, to, value);
  }
  for (const [name, to] of Object.entries(map)) if (to !== 'none' && !Object.hasOwn(record.payload, name)) put(name, to, null);
  if (key) places.push([key.at, JSON.stringify(keyOf(record, push))]);
  if (push.body.amount && record.amount !== null) amountOf(record, decimals);
  for (const name of ['amount', 'currency', 'occurredOn', 'sourceType', 'sourceId'] as const) put(name, push.body[name], record[name]);
  return jsonOf(places);
}

const isFilled = (value: unknown): boolean => value !== null && value !== undefined && value !== '';

function jsonFor(name: string, { as, required, maxLength }: Place, value: unknown): string | null {
  if (!isFilled(value)) {
    if (required) throw new PayloadProblem(name, `The record has no "${name}".`, 'payload_missing');
    return null;
  }
  if (as === 'json') return JSON.stringify(value);
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string') throw new PayloadProblem(name, `"${name}" must be text, a number or yes and no.`, 'payload_invalid');
  if (maxLength !== undefined && text.length > maxLength) {
    throw new PayloadProblem(name, `"${name}" has ${text.length} characters; the system takes ${maxLength}.`, 'payload_invalid');
  }
  if (as === 'date') return JSON.stringify(dayOf(name, text));
  if (as === 'boolean' && !/^(?:true|false)$/.test(text)) {
    throw new PayloadProblem(name, `"${name}" must be true or false.`, 'payload_invalid');
  }
  // A number goes in as written: as a number of JavaScript's it would be rounded to 15 or so digits.
  if (as === 'number' && !/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) {
    throw new PayloadProblem(name, `"${name}" must be a decimal number; it is "${text.slice(0, 40)}".`, 'payload_invalid');
  }
  return as === 'text' ? JSON.stringify(text) : text;
}

/** Payload keys, and where each stands in the body. */
export function namesOf({ body }: Push): Record<string, string[]> {
  const own = ['amount', 'currency', 'occurredOn'] as const;
  return Object.fromEntries([
    ...Object.entries(body.map).flatMap(([key, to]): [string, string[]][] => (to === 'none' ? [] : [[key, [to.at]]])),
    ...own.flatMap((name): [string, string[]][] => (body[name] ? [[name, [body[name].at]]] : [])),
  ]);
}

/** The payload key behind the name a system blames: by its whole place, or by its last part where only one key ends so. */
export function payloadKey(blamed: string, push: Push): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const places = Object.entries(namesOf(push)).map(([key, [at = '']]): [string, string] => [key, at]);
  const whole = places.find(([, at]) => plain(at) === plain(blamed));
  const last = blamed.split(/[./\]]/).filter((part) => part !== '').at(-1) ?? blamed;
  const ending = places.filter(([, at]) => plain(tokensOf(at).at(-1) ?? '') === plain(last));
  return whole?.[0] ?? (ending.length === 1 ? ending[0]?.[0] : undefined) ?? blamed;
}
