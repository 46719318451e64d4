import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * A classic webhook answers in plain text, with status 200 even where Teams refused: "… returned HTTP error 429 with ContextId …".
 * A workflow's and Graph's answers are `{ error: { code, message } }`.
 * @see https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 * @see https://learn.microsoft.com/graph/errors
 */
export const microsoftTeams: SystemReader = {
  read(answer: Answer): Fault[] | null {
    if (answer.kind !== 'text') return null;
    const message = answer.text.replace(/^Webhook message delivery failed with error:\s*/i, '');
    const status = /returned HTTP error (\d{3})\b/.exec(message)?.[1];
    return status === undefined ? null : [{ message, code: status, field: null, status: Number(status) }];
  },
  refine(fault: Fault): Partial<Fault> {
    const known = byCode(CODES, fault.code);
    return { ...(/^\d{3}$/.test(fault.code ?? '') ? { field: null } : {}), ...known };
  },
};

const CODES: CodeTable = [
  [/^DirectApi\w*Authorization|^InvalidAuthenticationToken$|^Unauthorized$|^AuthenticationFailed$/i, 'auth'],
  [/^Trigger(?:Input)?Schema|^InvalidRequestContent$/i, 'schema'],
  [/^WorkflowTriggerIsNotEnabled$|^WorkflowDisabled$/i, 'conflict', false],
  [/^(?:Workflow|Trigger|Workflow\w*Version|Resource|Item)NotFound$|^NotFound$/i, 'not_found'],
  [/^(?:activityLimitReached|TooManyRequests|429)$/i, 'rate_limit'],
  [/^(?:Forbidden|AccessDenied|accessDenied|Authorization_RequestDenied|403)$/i, 'permission'],
  [/^(?:generalException|serviceNotAvailable|UnknownError|ServiceUnavailable|InternalServerError|5\d\d)$/i, 'server'],
];
