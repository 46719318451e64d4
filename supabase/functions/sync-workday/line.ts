import type { OutgoingRecord } from '../_kit/connector.ts';
import { mappedValues, stableKey } from '../_kit/mapped.ts';
import type { FieldMap, MappedValue } from '../_kit/mapped.ts';
import { dayOf, PayloadProblem } from '../_kit/payload.ts';
import { plainNumber } from '../_kit/plain-number.ts';
import { isXmlText } from '../_kit/xml.ts';
import type { XmlNode } from '../_kit/xml.ts';
import { reference, wd } from './api.ts';

/**
 * The elements of a payroll input that take a value, in the order in which they must stand.
 * https://community.workday.com/sites/default/files/file-hosting/productionapi/Payroll/v40.0/Import_Payroll_Input.html
 */
const ELEMENTS = [
  'Ongoing_Input', 'Start_Date', 'End_Date', 'Run_Category_Reference', 'Worker_Reference', 'Position_Reference', 'Earning_Reference',
  'Deduction_Reference', 'Amount', 'Hours', 'Rate', 'Adjustment', 'Worktag_Data', 'Comment', 'Currency_Reference', 'Company_Reference',
  'Coverage_Start_Date', 'Coverage_End_Date',
];
const numbered = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `Custom_Worktag_${String(first + index).padStart(2, '0')}_Reference`);
const WORKTAGS = [
  'Location_Reference', 'Region_Reference', 'Job_Profile_Reference', 'Cost_Center_Reference', 'Project_Reference',
  'Project_Phase_Reference', 'Project_Task_Reference', ...numbered(1, 5), 'Fund_Reference', 'Grant_Reference', 'Gift_Reference',
  'Program_Reference', 'Business_Unit_Reference', 'Object_Class_Reference', 'Custom_Organization_Reference', ...numbered(6, 15),
];

type Target = { parent: string | null; name: string; idType: string | null };

function targetOf(text: string): Target {
  const [, parent = null, name = '', idType = null] = /^(?:(\w+)\/)?([\w-]+)(?::([\w-]{1,100}))?$/.exec(text) ?? [];
  return { parent, name, idType };
}

/** Whether a mapping may lead there: `Amount`, `Worker_Reference:Employee_ID`, `Worktag_Data/Fund_Reference:Fund_ID`, `none`. */
export function isTarget(text: string): boolean {
  if (text === 'none') return true;
  const { parent, name, idType } = targetOf(text);
  const isKnown = parent === null ? name !== 'Worktag_Data' && ELEMENTS.includes(name) : parent === 'Worktag_Data' && WORKTAGS.includes(name);
  return isKnown && name.endsWith('_Reference') === (idType !== null);
}

type Value = MappedValue & Target;

/**
 * One payroll input under our key, which stays the same for every version of a record. Throws `PayloadProblem` naming the payload key
 * that is missing or wrong.
 */
export function lineOf(record: OutgoingRecord, map: FieldMap, decimals: number): XmlNode {
  const values = mappedValues(record, map, decimals).map((value): Value => ({ ...value, ...targetOf(value.target) }))
    .filter(({ text }) => text !== null);
  const named = new Map<string, Value>();
  for (const value of values) {
    if (named.has(value.name)) throw new PayloadProblem(value.key, `"${value.key}" and another key of this record both go to ${value.name}.`, 'payload_invalid');
    named.set(value.name, checked(value));
  }
  const need = (wanted: string[]): void => {
    if (wanted.some((name) => named.has(name))) return;
    const key = Object.keys(map).find((one) => wanted.includes(targetOf(map[one] ?? '').name)) ?? wanted[0] ?? '';
    throw new PayloadProblem(key, `A payroll input needs ${wanted.join(' or ')}; the record has no "${key}".`, 'payload_missing');
  };
  [['Worker_Reference'], ['Start_Date'], PAY].forEach(need);
  const [, second] = PAY.map((name) => named.get(name)).filter((value) => value !== undefined);
  if (second) throw new PayloadProblem(second.key, 'A payroll input is an earning or a deduction, not both.', 'payload_invalid');
  const elements = ELEMENTS.flatMap((name) => {
    const written = name === 'Worktag_Data' ? WORKTAGS.flatMap((worktag) => elementFor(named.get(worktag))) : [];
    return written.length > 0 ? [wd(name, written)] : elementFor(named.get(name));
  });
  return wd('Payroll_Input_Data', [wd('Payroll_Input_ID', stableKey(record)), ...elements]);
}

const PAY = ['Earning_Reference', 'Deduction_Reference'];

function elementFor(value: Value | undefined): XmlNode[] {
  if (value === undefined || value.text === null) return [];
  return [value.idType === null ? wd(value.name, value.text) : reference(value.name, value.idType, value.text)];
}

function checked(value: Value): Value {
  const { key, name, text } = value;
  if (text === null || !isXmlText(text)) throw new PayloadProblem(key, `"${key}" holds a character that cannot be sent.`, 'payload_invalid');
  if (name.endsWith('_Date')) dayOf(key, text);
  if (name === 'Ongoing_Input' || name === 'Adjustment') {
    if (text !== 'true' && text !== 'false') throw new PayloadProblem(key, `"${key}" must be true or false.`, 'payload_invalid');
  }
  return ['Amount', 'Hours', 'Rate'].includes(name) ? { ...value, ...plainNumber(value) } : value;
}

/** The payload keys with the names Workday may call them by: the element, its caption, and the type of its id. */
export function namesOf(map: FieldMap): Record<string, string[]> {
  return Object.fromEntries(Object.entries(map).map(([key, text]) => {
    const { name, idType } = targetOf(text);
    const caption = name.replace(/_Reference$/, '').replaceAll('_', ' ');
    return [key, text === 'none' ? [] : [...new Set([name, caption, ...(idType === null ? [] : [idType])])]];
  }));
}
