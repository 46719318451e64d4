import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { Fault, SystemReader } from './types.ts';

/**
 * Salesforce's code says what kind of refusal it is. Bulk results print code, sentence and fields in one cell, `CODE:sentence:Field --`;
 * a refused query repeats the query before it says what is wrong with it.
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_calls_concepts_core_data_objects.htm
 */
export const salesforce: SystemReader = {
  refine(fault: Fault): Partial<Fault> {
    const cell = /^([A-Z][A-Z0-9_]{3,}):([^]*?)(?::([\w., ]*))?\s*--$/.exec(fault.message);
    const code = cell?.[1] ?? fault.code;
    const message = (cell?.[2] ?? fault.message).replace(/^[^]*?ERROR at Row:\d+:Column:\d+\s*/, '').trim();
    const named = fault.field ?? (cell?.[3]?.split(',')[0]?.trim() || null) ?? NAMED.get(code ?? '')?.exec(message)?.[1] ?? null;
    // What follows "field:" in these is the value that was refused.
    const field = named === null && !/PICKLIST/.test(code ?? '') ? {} : { field: named };
    return { message, code, ...field, ...byCode(CODES, code) };
  },
};

/** Where the field stands when it is not given beside the sentence: `[Name, Email]`, "Label: data value too large", "Key__c duplicates value". */
const NAMED = new Map([
  ['REQUIRED_FIELD_MISSING', /: \[([^\],]{1,60})/],
  ['DUPLICATE_VALUE', /: (\w{1,80}) duplicates value on record/],
  ['STRING_TOO_LONG', /^([^:]{1,60}): data value too large/],
  ['INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', /^([^:]{1,60}): bad value for/],
  ['INVALID_FIELD_FOR_INSERT_UPDATE', /: ([\w.]{1,80})(?:,|$)/],
]);

const CODES: CodeTable = [
  [/^(?:REQUEST_LIMIT_EXCEEDED|CONCURRENT_\w*LIMIT\w*|EXCEEDED_QUOTA|TOO_MANY_\w*REQUESTS|rate_limit_exceeded)$/i, 'rate_limit'],
  [/^(?:STORAGE_LIMIT_EXCEEDED|LICENSE_LIMIT_EXCEEDED|\w*LIMIT_EXCEEDED)$/, 'validation', false],
  [/^(?:INVALID_SESSION_ID|INVALID_LOGIN|INVALID_AUTH_HEADER|PASSWORD_LOCKOUT|LOGIN_\w+|invalid_grant|invalid_client\w*|inactive_\w+)$/, 'auth'],
  [/^(?:INSUFFICIENT_ACCESS\w*|API_(?:DISABLED|CURRENTLY_DISABLED)\w*|INVALID_FIELD_FOR_INSERT_UPDATE|CANNOT_\w*PERMISSION\w*|OPERATION_TOO_LARGE|FUNCTIONALITY_NOT_ENABLED|TRANSFER_REQUIRES_READ)$/, 'permission'],
  [/^(?:DUPLICATE_VALUE|DUPLICATES_DETECTED|DUPLICATE_EXTERNAL_ID|DUPLICATE_\w+|INVALIDJOBSTATE)$/, 'conflict', false],
  [/^(?:UNABLE_TO_LOCK_ROW|TooManyLockFailure)$/, 'conflict', true],
  [/^(?:NOT_FOUND|ENTITY_IS_DELETED|INVALID_ID_FIELD)$/, 'not_found'],
  [/^(?:INVALID_FIELD|INVALID_TYPE|JSON_PARSER_ERROR|XML_PARSER_ERROR|METHOD_NOT_ALLOWED|UNSUPPORTED_\w+|INVALID_CONTENT_TYPE|ILLEGAL_QUERY_\w+)$/, 'schema'],
  [/^(?:QUERY_TIMEOUT|REQUEST_RUNNING_TOO_LONG)$/, 'timeout'],
  [/^(?:SERVER_UNAVAILABLE|UNKNOWN_EXCEPTION|INTERNAL_ERROR)$/, 'server'],
  [/^(?:MALFORMED_\w+|REQUIRED_\w+|INVALID_\w+|STRING_TOO_LONG|FIELD_\w+|CANNOT_\w+|NUMBER_OUTSIDE_VALID_RANGE|BAD_\w+|MISSING_\w+)$/, 'validation', false],
];
