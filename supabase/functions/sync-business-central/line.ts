import type { OutgoingRecord } from '../_kit/connector.ts';
import { amountOf, dayOf, PayloadProblem, shortKey, textsOf } from '../_kit/payload.ts';
import type { Settings, Target } from './settings.ts';

/** A journal line as JSON text: the amount stands in it as the number that was handed in, digit by digit. */
export type Line = { documentNumber: string; json: string };

/**
 * Sizes of the fields behind the properties; `dimension` stands for every dimension value.
 * https://microsoft.github.io/BCApps/reference/base-application/Table/Microsoft.Finance.GeneralLedger.Journal.Gen.-Journal-Line.html
 */
const SIZES: Record<string, number> = {
  accountNumber: 20,
  externalDocumentNumber: 35,
  description: 100,
  comment: 250,
  taxCode: 20,
  balancingAccountNumber: 20,
  dimension: 20,
};

const DIMENSION = 'dimension:';
const isDimension = (target: Target | undefined): target is `dimension:${string}` => target?.startsWith(DIMENSION) === true;

/**
 * Our key on the line: its Document No. (20 characters, capitals). Of the fields the interface shows it is the only one that
 * stays with the entry after posting, so it can be asked for in the journal and in the general ledger.
 */
export function documentNumberOf(record: Pick<OutgoingRecord, 'key'>): string {
  return shortKey(record.key, 20);
}

/** The line for a record; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function lineOf(record: OutgoingRecord, settings: Settings): Line {
  const documentNumber = documentNumberOf(record);
  const line: Record<string, unknown> = { documentNumber };
  const dimensionSetLines: { code: string; valueCode: string }[] = [];
  const size = (key: string): number | null => {
    const target = settings.map[key];
    return SIZES[isDimension(target) ? 'dimension' : target ?? ''] ?? null;
  };
  for (const [key, text] of textsOf(record, (key) => Object.hasOwn(settings.map, key), size)) {
    const target = settings.map[key];
    if (target === undefined || target === 'none') continue;
    if (isDimension(target)) dimensionSetLines.push({ code: target.slice(DIMENSION.length), valueCode: text });
    else if (line[target] !== undefined) {
      throw new PayloadProblem(key, `"${key}" and another key of this record both go to ${target}.`, 'payload_invalid');
    } else line[target] = target === 'postingDate' ? dayOf(key, text) : text;
  }
  if (line.accountNumber === undefined) throw new PayloadProblem('account', 'The record has no "account".', 'payload_missing');
  line.postingDate ??= postingDate(record);
  line.balancingAccountNumber ??= settings.balancingAccount;
  if (record.currency !== null && record.currency !== settings.currency) {
    throw new PayloadProblem(
      'currency',
      `Business Central's journal interface takes ${settings.currency} only, the company's own currency; ` +
        `this record is in ${record.currency}.`,
      'payload_invalid',
    );
  }
  if (dimensionSetLines.length > 0) line.dimensionSetLines = dimensionSetLines;
  // The amount goes in as written: as a number of JavaScript's it would be rounded to 15 or so digits.
  return { documentNumber, json: `${JSON.stringify(line).slice(0, -1)},"amount":${amountOf(record, settings.decimals)}}` };
}

function postingDate(record: OutgoingRecord): string {
  if (record.occurredOn === null) throw new PayloadProblem('postingDate', 'The record has no "postingDate".', 'payload_missing');
  return dayOf('postingDate', record.occurredOn);
}
