import type { Books } from './books.ts';

/** A record as it is held: numbers as they were written. */
export type Held = { Id: string; key: string; values: Record<string, string | null>; SystemModstamp: string; IsDeleted: boolean };

export type Fault = { statusCode: string; message: string; fields: string[] };

/** Refused whole, with a status of its own. */
export class Refused extends Error {
  override name = 'Refused';
  status: number;
  code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const OBJECT = 'Spending__c';
export const KEY_FIELD = 'Syncward_Key__c';
const FIELDS: Record<string, 'text' | 'double' | 'date'> = {
  [KEY_FIELD]: 'text',
  Account__c: 'text',
  Description__c: 'text',
  Document__c: 'text',
  CurrencyIsoCode: 'text',
  Amount__c: 'double',
  Hours__c: 'double',
  Posting_Date__c: 'date',
};

export const isField = (name: string): boolean => Object.hasOwn(FIELDS, name);

/** A value of a JSON request as text; text where a number belongs is refused with everything else of the request. */
export function fromJson(name: string, value: unknown): string | null {
  const literal = typeof value === 'object' && value !== null && 'literal' in value ? String(value.literal) : null;
  if (FIELDS[name] === 'double' && typeof value === 'string') {
    throw new Refused(400, 'JSON_PARSER_ERROR', `Cannot deserialize instance of double from VALUE_STRING value ${value}`);
  }
  return value === null ? null : literal ?? (typeof value === 'string' ? value : JSON.stringify(value));
}

/** The first complaint about a record, in the codes of the Object Reference (“Core Data Types Used in API Calls”). */
export function faultOf(values: Record<string, string | null>, books: Books): Fault | null {
  const { Account__c: account, Description__c: text, Posting_Date__c: date, CurrencyIsoCode: currency } = values;
  if (!account) {
    return { statusCode: 'REQUIRED_FIELD_MISSING', message: 'Required fields are missing: [Account__c]', fields: ['Account__c'] };
  }
  if (books.accounts.size > 0 && !books.accounts.has(account)) {
    return { statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: `There is no account ${account}.`, fields: ['Account__c'] };
  }
  if (text && text.length > 80) {
    const message = `Description: data value too large: ${text} (max length=80)`;
    return { statusCode: 'STRING_TOO_LONG', message, fields: ['Description__c'] };
  }
  if (currency && !books.currencies.has(currency)) {
    const message = `Currency ISO Code: bad value for restricted picklist field: ${currency}`;
    return { statusCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', message, fields: ['CurrencyIsoCode'] };
  }
  if (date && !books.isOpen(date)) {
    return { statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'The period is closed.', fields: ['Posting_Date__c'] };
  }
  return null;
}
