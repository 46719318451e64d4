import type { OutgoingRecord } from '../_kit/connector.ts';
import { amountOf, dayOf, PayloadProblem, shortKey, textsOf } from '../_kit/payload.ts';
import type { Settings } from './settings.ts';

/** A document by its fields and the fields of its table's rows; the values are JSON text, so that amounts stay as they were handed in. */
type Parts = Map<string, string>;

/** A Data field holds 140 characters. */
export function keyOf(record: Pick<OutgoingRecord, 'key'>): string {
  return record.key.length <= 140 ? record.key : shortKey(record.key, 26);
}

/** The document for a record as JSON text; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function documentOf(record: OutgoingRecord, settings: Settings): string {
  const parent: Parts = new Map([['doctype', JSON.stringify(settings.doctype)], ['company', JSON.stringify(settings.company)]]);
  const rows = new Map<string, Parts>();
  const put = (target: string, json: string): boolean => {
    const [table, name] = target.includes('.') ? target.split('.') as [string, string] : [null, target];
    const parts = table === null ? parent : rows.get(table) ?? new Map<string, string>();
    if (table !== null) rows.set(table, parts);
    const isFree = !parts.has(name);
    if (isFree) parts.set(name, json);
    return isFree;
  };
  put(settings.keyField, JSON.stringify(keyOf(record)));
  let balancing = settings.balancingAccount;
  const isJournal = settings.doctype === 'Journal Entry';
  for (const [key, text] of textsOf(record, (one) => isKnown(one, settings), () => null)) {
    const target = settings.map[key];
    if (isJournal && key === 'balancingAccount') balancing = text;
    if (target === undefined || target === 'none') continue;
    if (put(target, JSON.stringify(/(?:^|[._])date$/.test(target) ? dayOf(key, text) : text))) continue;
    throw new PayloadProblem(key, `"${key}" and another key of this record both go to ${target}.`, 'payload_invalid');
  }
  if (record.occurredOn !== null) put('posting_date', JSON.stringify(dayOf('postingDate', record.occurredOn)));
  if (!parent.has('posting_date')) throw new PayloadProblem('postingDate', 'The record has no "postingDate".', 'payload_missing');
  for (const [target, value] of Object.entries(settings.values)) put(target, JSON.stringify(value));
  checkCurrency(record, settings);
  const second = isJournal ? journalRows(rows, amountOf(record, settings.decimals), balancing) : null;
  if (!isJournal) putAmount(record, settings, put);
  const tables = [...rows].map(([table, row]): [string, string] => [table, `[${[row, ...(second ? [second] : [])].map(write).join(',')}]`]);
  return write(new Map([...parent, ...tables]));
}

const isKnown = (key: string, { map, doctype }: Settings): boolean =>
  Object.hasOwn(map, key) || (doctype === 'Journal Entry' && key === 'balancingAccount');

/** Debit on the record's account, credit on the other; a negative amount stands on the other side instead, as ERPNext books it. */
function journalRows(rows: Map<string, Parts>, amount: string, balancing: string | undefined): Parts {
  const row = rows.get('accounts');
  if (!row?.has('account')) throw new PayloadProblem('account', 'The record has no "account".', 'payload_missing');
  if (balancing === undefined) {
    throw new PayloadProblem('balancingAccount', 'Neither the record nor the settings name a "balancingAccount".', 'payload_missing');
  }
  const sides = ['debit_in_account_currency', 'credit_in_account_currency'] as const;
  const [own, other] = amount.startsWith('-') ? [sides[1], sides[0]] : sides;
  const size = amount.replace('-', '');
  row.set(own, size);
  return new Map([['account', JSON.stringify(balancing)], [other, size]]);
}

function putAmount(record: OutgoingRecord, { amountFields, decimals, doctype }: Settings, put: (target: string, json: string) => boolean): void {
  if (amountFields.length === 0 && record.amount !== null) {
    throw new PayloadProblem('amount', `The settings name no field of ${doctype} for the amount ("amountFields").`, 'payload_unknown_key');
  }
  for (const target of amountFields) put(target, amountOf(record, decimals));
}

function checkCurrency(record: OutgoingRecord, { currency }: Settings): void {
  if (record.currency === null || record.currency === currency) return;
  const message = `This integration books in ${currency}, the company’s own currency; this record is in ${record.currency}.`;
  throw new PayloadProblem('currency', message, 'payload_invalid');
}

function write(parts: Parts): string {
  return `{${[...parts].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}
