import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { Fault, SystemReader } from './types.ts';

/**
 * Zoom's `code` is its own number, never the status: 200 is a refusal too.
 * @see https://developers.zoom.us/docs/api/errors/
 */
export const zoom: SystemReader = {
  refine(fault: Fault): Partial<Fault> {
    const scopes = /does not contain scopes?/i.test(fault.message);
    return { ...(scopes ? { category: 'permission' } : byCode(CODES, fault.code)) };
  },
};

const CODES: CodeTable = [
  [/^(?:124|4700|4704|4705|104)$/, 'auth'],
  [/^(?:200|1010|3000|3161|4711|4702|105)$/, 'permission'],
  [/^(?:1001|3001|3301|404|1115|4130)$/, 'not_found'],
  [/^(?:1005|1009|1121|3003|3038)$/, 'conflict', false],
  [/^429$/, 'rate_limit'],
  [/^2300$/, 'schema'],
];
