import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import { asObject } from './keys.ts';
import { parseLoosely } from './json.ts';
import { FIELD_WORD, MUST } from './languages.ts';
import { plainText } from './text.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * Frappe answers `{ exc_type, exception, exc, _server_messages }`: the sentences stand in `_server_messages`, JSON in JSON and partly
 * HTML; the one that stopped the request has `raise_exception`. `exc` is a traceback and never shown.
 * @see https://docs.frappe.io/framework/user/en/api/rest
 */
export const erpnext: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const body = asObject(answer.json);
    if (body === null || !OWN_KEYS.some((key) => typeof body[key] === 'string')) return null;
    const code = text(body.exc_type) ?? CLASS.exec(text(body.exception) ?? '')?.[1] ?? null;
    const message = stopping(text(body._server_messages)) ?? text(body._error_message) ?? withoutClass(text(body.exception)) ?? '';
    // A missing value is named by its field in the exception, and by its label in the sentence.
    const missing = /MandatoryError: \[[^\]]{1,200}\]: (\w{1,60})/.exec(text(body.exception) ?? '')?.[1];
    return [{ message: reasonIn(message), code, field: missing ?? null, status: null }];
  },
  refine(fault: Fault): Partial<Fault> {
    const misshapen = /^unknown column\b/i.test(fault.message);
    return { field: fault.field ?? fieldIn(fault), ...byCode(CODES, fault.code), ...(misshapen ? { category: 'schema', retryable: false } : {}) };
  },
};

const OWN_KEYS = ['exc_type', 'exception', '_server_messages', '_error_message'];
const CLASS = /^(?:\w+\.)*(\w+(?:Error|Exception|Exceeded|Stopped))\b/;

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** Of several messages the one that raised; later ones come from closer to the record. */
function stopping(messages: string | null): string | null {
  const list = messages === null ? null : parseLoosely(messages)?.value;
  if (!Array.isArray(list)) return null;
  const parsed = list.slice(0, 50).flatMap((item) => {
    const message: Record<string, unknown> =
      asObject(typeof item === 'string' ? parseLoosely(item)?.value : item) ?? { message: item };
    return text(message.message) === null ? [] : [message];
  });
  return text((parsed.findLast((message) => message.raise_exception) ?? parsed[0])?.message);
}

function withoutClass(exception: string | null): string | null {
  return exception?.replace(/^(?:\w+\.)*\w+(?::\s+|$)/, '') || null;
}

/** A database error as Python prints it, alone or inside a tuple: `('Employee', 'E-1', IntegrityError(1062, "Duplicate entry …"))`. */
function reasonIn(message: string): string {
  return plainText(/\(\d{3,5}, (["'])(.{1,500}?)\1\)+/.exec(message)?.[2] ?? message);
}

const CODES: CodeTable = [
  [/^(?:DuplicateEntryError|UniqueValidationError|NameError|TimestampMismatchError|LinkExistsError|UpdateAfterSubmitError)$/, 'conflict'],
  [/^(?:DocumentLockedError|QueryDeadlockError|QueryTimeoutError)$/, 'conflict', true],
  [/^(?:AuthenticationError|SessionExpired|InvalidAuthorizationToken|InvalidAuthorizationHeader|InvalidAuthorizationPrefix)$/, 'auth'],
  [/^(?:PermissionError|CSRFTokenError|IncorrectSitePath)$/, 'permission'],
  [/^(?:DoesNotExistError|PageDoesNotExistError)$/, 'not_found'],
  [/^(?:RateLimitExceededError|TooManyRequestsError|TooManyWritesError)$/, 'rate_limit'],
  [/^(?:SessionStopped|InReadOnlyMode|BrokenPipeError|OperationalError)$/, 'server'],
  [/^(?:RequestTimeout|JobTimeoutException|ReadTimeout)$/i, 'timeout'],
  [/^(?:FieldTypeError|InvalidColumnName|ProgrammingError)$/, 'schema'],
  [/(?:Validation|Mandatory|Length|Value|Type|Attribute|Key|Link|Stock|Data|Dates)\w*Error$/, 'validation', false],
];

/** The field is a label or a name inside the sentence, in a place that depends on the kind of error. */
const BY_KIND: [kind: RegExp, sentence: RegExp][] = [
  [/^LinkValidationError$/, /^Could not find (?:Row #?\d+: )?([^:]{1,60}): /],
  // In another language the label is still what stands in capitals before a colon.
  [/^LinkValidationError$/, /(?<=\p{L} (?:\p{L}+ #?\d+: )?)(\p{Lu}[\p{L}\p{N}]*(?: \p{Lu}[\p{L}\p{N}]*){0,4}): /u],
  [/^(?:MandatoryError|ValidationError)$/, /^\[[^\]]{1,200}\]: (\w{1,60})/],
  [/^(?:MandatoryError|ValidationError)$/, /^(?:Error: )?Value missing for (?:[^:]{1,60}: )?([^:]{1,60}?)$/],
  [/^(?:UniqueValidationError|DuplicateEntryError)$/, new RegExp(`^([^:]{1,60}?) ${MUST} `, 'u')],
  [/^(?:MandatoryError|ValidationError)$/, /^(?:Row #?\d+: )?([A-Z][\w ]{1,60}?) is (?:mandatory|required)/],
  [/^(?:MandatoryError|ValidationError)$/, new RegExp(`(?<!\\p{L})${FIELD_WORD} ['"]([^'"]{1,60})['"]`, 'iu')],
  [/^CharacterLengthExceededError$/, /['"]([^'"]{1,60})['"]/],
  [/^(?:Data|Operational|Integrity|Internal|Programming)Error$/, /\b[Cc]olumn ['"`]([^'"`]{1,60})['"`]/],
];

function fieldIn({ code, message }: Fault): string | null {
  for (const [kind, sentence] of BY_KIND) {
    const field = kind.test(code ?? '') ? sentence.exec(message)?.[1]?.trim() : undefined;
    if (field !== undefined && field !== '') return field;
  }
  return null;
}
