import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import { TAKEN } from './languages.ts';
import type { Fault, SystemReader } from './types.ts';

/**
 * Tripletex numbers its errors by kind; the sentences are in the company's language. Field and path stand in `validationMessages`.
 * @see https://github.com/Tripletex/tripletex-api2
 */
export const tripletex: SystemReader = {
  refine(fault: Fault): Partial<Fault> {
    return { field: fault.field, ...byCode(CODES, fault.code), ...(TAKEN.test(fault.message) ? { category: 'conflict' } : {}) };
  },
};

const CODES: CodeTable = [
  [/^1000$/, 'server'],
  [/^(?:2000|11000|12000|16000|17000|21000|22000)$/, 'schema'],
  [/^3000$/, 'auth'],
  [/^6000$/, 'not_found'],
  [/^(?:7000|14000)$/, 'conflict', false],
  [/^8000$/, 'conflict', false],
  [/^10000$/, 'conflict', true],
  [/^9000$/, 'permission'],
  [/^(?:4000|15000|18000|23000|24000)$/, 'validation'],
];
