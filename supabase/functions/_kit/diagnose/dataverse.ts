import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { Fault, SystemReader } from './types.ts';

/**
 * Dataverse answers `{ error: { code: '0x8…', message } }`; the reason may stand behind the wrapper's own words, and the field only in
 * quotes inside it.
 * @see https://learn.microsoft.com/power-apps/developer/data-platform/reference/web-service-error-codes
 */
export const dataverse: SystemReader = {
  refine(fault: Fault): Partial<Fault> {
    const message = innermost(fault.message);
    const known = byCode(CODES, fault.code);
    return { message, ...(MISSHAPEN.test(message) ? { category: 'schema' } : {}), ...known };
  },
};

const CODES: CodeTable = [
  [/^0x8004023(?:7|5)$|^0x80040333$|^0x80060882$|^0x80040310$|^0x80048405$/i, 'conflict'],
  [/^0x80040217$|^0x80060891$/i, 'not_found'],
  [/^0x80040220$|^0x80048306$|^0x80072560$|^0x80042f09$|^0x80041d1f$/i, 'permission'],
  [/^0x8007232[126]$|^0x80048d18$/i, 'rate_limit'],
  [/^0x80048d19$|^0x80041103$|^0x80060888$|^0x80060887$/i, 'schema'],
  [/^0x80044331$|^0x80040203$|^0x80040265$|^0x80048408$/i, 'validation', false],
  [/^0x80044150$|^0x80040216$/i, 'server'],
];

const MISSHAPEN = /no http resource was found|resource not found for the segment|undeclared property|could not find a property|navigation propert|cannot convert (?:a|the) |doesn't contain attribute|payload provided/i;

/** "… InnerException : Microsoft.OData.ODataException: An undeclared property 'x' …" */
function innermost(message: string): string {
  const inner = message.split(/-{2,}>?\s*Inner ?Exception\s*:\s*/i).at(-1) ?? message;
  return inner.replace(/^(?:[A-Z]\w*\.)+\w*Exception:\s*/, '').replace(/\s*-{2,}>\s*(?:[A-Z]\w*\.)+\w*Exception:[^]*$/, '').trim() || message;
}
