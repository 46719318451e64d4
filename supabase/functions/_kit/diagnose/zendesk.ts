import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import { generalFaults } from './general.ts';
import { inKeys } from './keys.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * Zendesk has five shapes; two say things in a place of their own: `{ error: { title, message } }`, where the title is all the code
 * there is, and `{ errors: [{ code, title, <thing>_id }] }` of a batch, where each names its record by that id.
 * @see https://developer.zendesk.com/api-reference/introduction/requests/#error-messages
 */
export const zendesk: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const body = inKeys(answer.json);
    const { title, message } = Object.fromEntries(inKeys(body.get('error')));
    if (typeof title === 'string' && typeof message === 'string') return [{ message, code: title, field: null, status: null }];
    const errors = body.get('errors');
    if (!Array.isArray(errors) || body.get('status') !== 'failed') return null;
    return generalFaults(answer, 1_000).map((fault, place) => {
      const namesRecord = [...inKeys(errors[place]).keys()].some((key) => /^(?!ticketfield)\w+id$/.test(key));
      return namesRecord && fault.record === undefined ? { ...fault, record: { index: null } } : fault;
    });
  },
  refine(fault: Fault): Partial<Fault> {
    // What concerns the whole record begins with the field's label, in the account's language.
    const label = ABOUT_VALUES.test(fault.code ?? '') ? /^([^:：.]{1,60})[:：]\s*\S/.exec(fault.message)?.[1] : undefined;
    return { ...(fault.field === null && label !== undefined ? { field: label } : {}), ...byCode(CODES, fault.code) };
  },
};

const ABOUT_VALUES = /^(?:RecordInvalid|\w+Value|ValueToo\w+|Ticket\w+Error)$/;

const CODES: CodeTable = [
  [/^(?:DatabaseConflict|UpdateConflict)$/, 'conflict', true],
  [/^(?:DuplicateValue|IdempotentRequestError|RecordAlreadyExists)$/, 'conflict', false],
  [/^(?:TooManyJobs|TooManyRequests|APIRateLimitExceeded|RateLimited)$/i, 'rate_limit'],
  [/^(?:RecordNotFound|InvalidEndpoint)$/, 'not_found'],
  [/^(?:Forbidden|AccessDenied|PermissionDenied)$/i, 'permission'],
  [/^(?:invalid_token|Unauthorized|invalid_client|invalid_grant)$/i, 'auth'],
  [/^(?:ServiceUnavailable|InternalError)$/i, 'server'],
];
