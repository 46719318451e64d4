import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { SystemReader } from './types.ts';

/** Credits that are used up are not a tempo that one could wait out: https://docs.zoominfo.com/docs/status-codes-and-errors */
const CODES: CodeTable = [[/PFAPI0011/, 'permission', false]];

export const zoominfo: SystemReader = { refine: ({ code }) => byCode(CODES, code) };
