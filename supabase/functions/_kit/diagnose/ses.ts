import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import { inKeys } from './keys.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * SES says a sentence in the body and its code in the header `x-amzn-ErrorType` (version 1: both in XML). A bulk send answers 200
 * with a status for each entry, in the order of the request.
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
 */
export const ses: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const entries = inKeys(answer.json).get('bulkemailentryresults');
    if (!Array.isArray(entries)) return null;
    return entries.slice(0, 1_000).flatMap((entry, index) => {
      const { status, error } = Object.fromEntries(inKeys(entry));
      if (typeof status !== 'string' || status === 'SUCCESS') return [];
      return [{ message: typeof error === 'string' ? error : status, code: status, field: null, status: null, record: { index } }];
    });
  },
  refine(fault: Fault): Partial<Fault> {
    const unverified = fault.code === null && /is not verified/i.test(fault.message);
    const constrained = /\bat '([^']{1,100})' failed to satisfy constraint/.exec(fault.message)?.[1];
    return { field: fault.field ?? constrained ?? null, ...byCode(CODES, fault.code), ...(unverified ? { category: 'permission' } : {}) };
  },
};

const CODES: CodeTable = [
  [/^(?:TooManyRequests|LimitExceeded|Throttling|ThrottlingException|RequestLimitExceeded)(?:Exception)?$|^ACCOUNT_(?:THROTTLED|DAILY_QUOTA_EXCEEDED)$/, 'rate_limit'],
  [/^(?:AccountSuspended|SendingPaused|MailFromDomainNotVerified|AccountSendingPaused|AccessDenied|OptInRequired)(?:Exception)?$/, 'permission'],
  [/^(?:ACCOUNT_SUSPENDED|ACCOUNT_SENDING_PAUSED|CONFIGURATION_SET_SENDING_PAUSED|MAIL_FROM_DOMAIN_NOT_VERIFIED)$/, 'permission'],
  [/^(?:InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|IncompleteSignature|ExpiredToken|MissingAuthenticationToken|InvalidSignature)(?:Exception)?$/, 'auth'],
  [/^(?:NotFoundException|TEMPLATE_NOT_FOUND|CONFIGURATION_SET_NOT_FOUND|TemplateDoesNotExist(?:Exception)?|ConfigurationSetDoesNotExist(?:Exception)?)$/, 'not_found'],
  [/^ConcurrentModificationException$/, 'conflict', true],
  [/^(?:AlreadyExists|Conflict)(?:Exception)?$/, 'conflict', false],
  [/^(?:InternalServiceError|InternalFailure|ServiceUnavailable)(?:Exception|Error)?$|^TRANSIENT_FAILURE$/, 'server', true],
  [/^(?:MessageRejected|BadRequestException|ValidationError|InvalidParameterValue|InvalidNextTokenException)$|^(?:MESSAGE_REJECTED|INVALID_PARAMETER|INVALID_SENDING_POOL_NAME|FAILED)$/, 'validation', false],
];
