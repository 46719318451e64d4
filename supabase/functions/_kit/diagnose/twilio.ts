import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { Fault, SystemReader } from './types.ts';

/**
 * Twilio numbers its errors; the parameter stands in quotes in the sentence. Newer services answer by RFC 9457 with pointers.
 * @see https://www.twilio.com/docs/api/errors
 */
export const twilio: SystemReader = {
  refine(fault: Fault): Partial<Fault> {
    const quoted = /['"]([A-Z][A-Za-z]{1,40})['"]/.exec(fault.message)?.[1];
    return { ...(fault.field === null && quoted !== undefined ? { field: quoted } : {}), ...byCode(CODES, fault.code) };
  },
};

const CODES: CodeTable = [
  [/^(?:20003|2010[0-6]|20107|20151|51101)$/, 'auth'],
  [/^(?:20005|20006|20008|20403|10001|10002|21408|21608|30002|70051)$/, 'permission'],
  [/^20404$/, 'not_found'],
  [/^(?:20429|14107|21611|30001|63018|51002)$/, 'rate_limit'],
  [/^(?:20409|21422|45008)$/, 'conflict', false],
  [/^(?:20004|20400)$/, 'schema'],
  [/^(?:20500|20503|30008|11200)$/, 'server'],
];
