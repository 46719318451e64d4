import type { OutgoingRecord } from '../_kit/connector.ts';
import { amountOf, dayOf, PayloadProblem, shortKey, textsOf } from '../_kit/payload.ts';
import { isNumbered } from './api.ts';
import type { Numbered } from './api.ts';
import type { Settings, Target } from './settings.ts';

/** What a record says, before Tripletex's ids are known. */
export type Entry = {
  key: string;
  date: string;
  description: string;
  vendorInvoiceNumber: string | undefined;
  /** Decimal text. */
  amount: string;
  /** The things the record names, by the number it names them by and the payload key that did. */
  numbers: { target: Numbered; number: string; payloadKey: string }[];
};

export type Ids = Partial<Record<Numbered, number>>;

/** Our key on a voucher, its external voucher number of at most 70 characters; on a pay slip it stands in a line's text, kept short. */
export function keyOf(record: Pick<OutgoingRecord, 'key'>, kind: Settings['kind']): string {
  if (kind === 'salary') return shortKey(record.key, 16);
  return record.key.length <= 70 ? record.key : shortKey(record.key, 26);
}

/** A thing the record names and Tripletex does not have. */
export function unknownNumber({ target, number, payloadKey }: Entry['numbers'][number]): PayloadProblem {
  const problem = new PayloadProblem(payloadKey, `Tripletex has no ${target} with the number "${number}".`, 'payload_invalid');
  problem.diagnosis = { ...problem.diagnosis, code: 'number_unknown' };
  return problem;
}

/** What the record says; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function entryOf(record: OutgoingRecord, settings: Settings): Entry {
  const given = new Map<Target, { text: string; key: string }>();
  for (const [key, text] of textsOf(record, (one) => Object.hasOwn(settings.map, one), () => null)) {
    const target = settings.map[key];
    if (target === undefined || target === 'none') continue;
    if (given.has(target)) throw new PayloadProblem(key, `"${key}" and another key of this record both go to ${target}.`, 'payload_invalid');
    given.set(target, { text, key });
  }
  if (settings.kind === 'voucher' && settings.balancingAccount !== undefined && !given.has('balancingAccount')) {
    given.set('balancingAccount', { text: settings.balancingAccount, key: 'balancingAccount' });
  }
  for (const target of settings.kind === 'voucher' ? ['account', 'balancingAccount'] as const : ['employee', 'salaryType'] as const) {
    if (!given.has(target)) throw new PayloadProblem(target, `The record has no "${target}".`, 'payload_missing');
  }
  if (record.currency !== null && record.currency !== settings.currency) {
    const message = `This integration books in ${settings.currency}, the company’s own currency; this record is in ${record.currency}.`;
    throw new PayloadProblem('currency', message, 'payload_invalid');
  }
  const date = given.get('date')?.text ?? record.occurredOn;
  if (date === null) throw new PayloadProblem('postingDate', 'The record has no "postingDate".', 'payload_missing');
  return {
    key: keyOf(record, settings.kind),
    date: dayOf('postingDate', date),
    description: given.get('description')?.text ?? `${record.sourceType} ${record.sourceId}`,
    vendorInvoiceNumber: given.get('vendorInvoiceNumber')?.text,
    amount: amountOf(record, 2),
    numbers: [...given].flatMap(([target, { text, key }]) => (isNumbered(target) ? [{ target, number: text, payloadKey: key }] : [])),
  };
}

const negated = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);
const refs = (ids: Ids, ...targets: Numbered[]): string =>
  targets.flatMap((target) => (ids[target] === undefined ? [] : [`,"${target}":{"id":${ids[target]}}`])).join('');

/** Two postings that make nought. Rows count from 1: row 0 is Tripletex's own, for the VAT it adds. */
export function voucherJson(entry: Entry, ids: Ids): string {
  const { key, date, description, vendorInvoiceNumber, amount } = entry;
  const posting = (row: number, sum: string, account: number | undefined, more: string): string =>
    `{"row":${row},"date":"${date}","description":${JSON.stringify(description)},"account":{"id":${account}}${more},` +
    `"amountGross":${sum},"amountGrossCurrency":${sum}}`;
  const postings = [
    posting(1, amount, ids.account, refs(ids, 'department', 'project', 'vatType', 'supplier', 'employee')),
    posting(2, negated(amount), ids.balancingAccount, ''),
  ];
  const head = JSON.stringify({ date, description, externalVoucherNumber: key, vendorInvoiceNumber });
  return `${head.slice(0, -1)},"postings":[${postings.join(',')}]}`;
}

/** One pay slip with one line. Of all its texts the line's is the only one that can be read back, so the key stands at its end. */
export function salaryJson({ key, date, description, amount }: Entry, ids: Ids): string {
  const [year, month] = date.split('-').map(Number);
  const when = `"date":"${date}","year":${year},"month":${month}`;
  const text = JSON.stringify(`${description} [${key}]`);
  const line = `{"count":1,"rate":${amount},"description":${text}${refs(ids, 'salaryType', 'department', 'project')}}`;
  return `{${when},"payslips":[{${when}${refs(ids, 'employee')},"specifications":[${line}]}]}`;
}
