import type { OutgoingRecord } from '../_kit/connector.ts';
import { amountOf, dayOf, PayloadProblem, shortKey, textsOf } from '../_kit/payload.ts';
import { fields } from './settings.ts';
import type { Settings, Target } from './settings.ts';

/** One general ledger import line, as `AddGLImportItemsInputNode` takes it. Amounts are text (`MoneyString`). */
export type Line = { extIdentifier: string; [name: string]: Value };
type Value = string | number | { code: string } | { dbSubId: number };

const REFERENCES = new Set<Target>([
  'account',
  'glObject1',
  'glObject2',
  'glObject3',
  'glObject4',
  'glObject5',
  'project',
  'taxRule',
  'subledger',
  'company',
]);
const DATES = new Set<Target>(['postedDate', 'invoiceDate', 'dueDate']);

/** Our key on the line, `extIdentifier`; a key of up to 36 characters is used as it is. */
export function identifierOf(record: Pick<OutgoingRecord, 'key'>): string {
  return record.key.length <= 36 ? record.key : shortKey(record.key, 26);
}

/** The line for a record; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function lineOf(record: OutgoingRecord, settings: Settings): Line {
  const line: Line = {
    extIdentifier: identifierOf(record),
    transactionSource: { code: settings.transactionSource },
    jobLevel: { dbSubId: settings.jobLevels.ready },
  };
  for (const [key, text] of textsOf(record, (key) => Object.hasOwn(settings.map, key), () => null)) {
    const target = settings.map[key];
    if (target === undefined || target === 'none') continue;
    if (line[target] !== undefined) {
      throw new PayloadProblem(key, `"${key}" and another key of this record both go to ${target}.`, 'payload_invalid');
    }
    line[target] = valueFor(target, key, text);
  }
  if (line.account === undefined) missing('account', settings);
  const day = typeof line.postedDate === 'string' ? line.postedDate : record.occurredOn ?? missing('postingDate', settings);
  line.postedDate = dayOf('postingDate', day);
  // Lines of one number are one voucher; the vendor's own example numbers it by the day.
  line.trRegNumber ??= Number(day.replaceAll('-', ''));
  return { ...line, ...money(record, settings) };
}

function missing(key: string, settings: Settings): never {
  const wanted = settings.map[key];
  const given = Object.entries(settings.map).find(([other, target]) => target === wanted && other !== key)?.[0];
  throw new PayloadProblem(key, `The record has no "${key}"${given ? ` (or "${given}")` : ''}.`, 'payload_missing');
}

function valueFor(target: Target, key: string, text: string): Value {
  if (REFERENCES.has(target)) return { code: text };
  if (DATES.has(target)) return dayOf(key, text);
  if (target !== 'trRegNumber') return text;
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number >= 2 ** 31) {
    throw new PayloadProblem(key, `"${key}" must be a whole number below 2147483648.`, 'payload_invalid');
  }
  return number;
}

/** In the entity's own currency both amounts are known; in another Xledger works out its own by its rate. */
function money(record: OutgoingRecord, settings: Settings): Record<string, Value> {
  const amount = amountOf(record, settings.decimals);
  if (record.currency === null || record.currency === settings.currency) {
    return { amount, invoiceAmount: amount, currency: { code: settings.currency } };
  }
  return { invoiceAmount: amount, currency: { code: record.currency } };
}

/**
 * The payload key an error of the import job is about: those texts name a field only in passing. A caption in the text
 * decides, the longest first; else the one payload value that is quoted.
 */
export function fieldIn(message: string, record: OutgoingRecord): string | null {
  const text = ` ${message.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')} `;
  const contains = (part: string): boolean => text.includes(` ${part.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `);
  const captions = Object.entries(fields).flatMap(([key, names]) => names.map((name) => ({ key, name }))).sort((a, b) =>
    b.name.length - a.name.length
  );
  const named = captions.find(({ name }) => contains(name));
  if (named) return named.key;
  const quoted = Object.entries(record.payload).filter(([, value]) => typeof value === 'string' && value.length >= 3 && contains(value));
  return quoted.length === 1 ? quoted[0]?.[0] ?? null : null;
}
