import { FIELD_WORD, MUST } from './languages.ts';
import type { Category, Fault, SystemReader } from './types.ts';

/**
 * Business Central answers `{ error: { code, message } }`, in a `$batch` once per part. The message ends in a correlation id, and the
 * field stands only inside it, as the caption that the company's language gives it.
 * @see https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes
 */
export const businessCentral: SystemReader = {
  refine(fault: Fault): Partial<Fault> {
    const message = fault.message.replace(TAIL, '').trim();
    return { message, field: fault.field ?? captionIn(message), ...judged(fault.code, message) };
  },
};

/** What only support needs: the server's correlation id, and the ids and the time that the sign-in service adds. */
const TAIL = /\s*(?:CorrelationId:\s*[\w-]{0,60}\.?\s*|Trace ID: [^]{0,300})$/i;

/** The code's family decides; within `Application_*` the sentence tells a duplicate from a wrong value. */
const CATEGORIES: [RegExp, Category][] = [
  [/^Internal_EntityWithSameKeyExists$|^Request_EntityChanged$|^BadRequest_InvalidToken$/, 'conflict'],
  [/^Internal_InvalidTableRelation$/, 'validation'],
  [/^Internal_(?:RecordNotFound|DataNotFoundFilter|CompanyNotFound)$|^BadRequest_(?:Resource)?NotFound$/, 'not_found'],
  [/^Internal_(?:ServerError|TenantUnavailable)$/, 'server'],
  [/^Authentication_/, 'auth'],
  [/^Authorization_/, 'permission'],
  [/^Application_TooManyRequests$/, 'rate_limit'],
  [/^Application_(?:EvaluateException|InvalidGUID|StringExceededLength|FieldValidationException)$/, 'validation'],
  [/^Application_(?:FilterErrorException|CallbackNotAllowed)$/, 'validation'],
  [/^BadRequest_RequiredParamNotProvided$/, 'validation'],
  [/^BadRequest_(?:InvalidRequestUrl|MethodNotAllowed|MethodNotImplemented|InvalidOperation)$/, 'schema'],
];

/** `BadRequest` stands for both: a request that can't be read, and a value that can't be taken. */
const MISSHAPEN = /property|type|literal|token|json|payload|body|syntax/i;

function judged(code: string | null, message: string): Partial<Fault> {
  if (code === null) return {};
  if (/^BadRequest_NotFound$/.test(code) && /\bproperty\b/i.test(message)) return { category: 'schema' };
  const known = CATEGORIES.find(([pattern]) => pattern.test(code))?.[1];
  if (known !== undefined) return { category: known };
  if (/^Internal_/.test(code)) return { category: 'server' };
  if (/^BadRequest/.test(code)) return { category: MISSHAPEN.test(message) ? 'schema' : 'validation' };
  return {};
}

const CAPTION = '([\\p{L}\\p{N}][^:"\'()]{0,60}?)';

/** "of table", "be" and "value" in the languages the product is sold in. */
const OF_TABLE = '(?:of|i|in|for|av|af|der|de|van|da|della|del)(?: la| het)? tab(?:el|le|la|ell|ella|elle)\\p{L}{0,3}';
const BE = '(?:be|være|vara|sein|gleich|zijn|être|ser|essere)(?!\\p{L})';
const VALUE = '(?:value|verdi|værdi|värde|Wert|waarde|valeur|valor|valore)(?!\\p{L})';

/**
 * The sentences of AL's runtime (table relation, TestField, FieldError, Evaluate, duplicate key, posting date). The caption and the
 * sentence are translated together, so only their form is the same in every language.
 */
const SENTENCES: RegExp[] = [
  new RegExp(`^(?:\\p{L}{1,4} )?${FIELD_WORD} ${CAPTION} ${OF_TABLE} `, 'iu'),
  new RegExp(`^${CAPTION} (?:ne |no |non |não )?${MUST} (?:\\p{L}{1,6} ){0,2}?${BE}`, 'u'),
  new RegExp(`^${CAPTION} ${MUST} (?:\\p{L}{1,9} ){1,4}?${VALUE}`, 'u'),
  // German and Dutch put the verb last.
  new RegExp(`^${CAPTION} (?:muss|darf|moet|mag) [^.]{1,120} (?:haben|sein|enthalten|hebben|bevatten|zijn)(?!\\p{L})`, 'u'),
  new RegExp(`^${CAPTION} is not within your range of allowed posting dates`, 'u'),
  new RegExp(`^${CAPTION} er ikke innenfor `, 'u'),
  new RegExp(`^You must specify (?:an? |the )?${CAPTION} (?:in|for|on) `, 'u'),
  new RegExp(`^You cannot (?:change|enter|modify|specify) (?:an? |the )?${CAPTION} (?:because|when|if|unless) `, 'u'),
  new RegExp(`is not (?:an acceptable value|a valid value|valid) for (?:the )?["']?${CAPTION}["']?(?: field)?(?:\\.| on |$)`, 'u'),
  /^Field ["']([^"']{1,60})["'] must not be /u,
  /^The ["']([^"']{1,60})["'] should be /u,
  /^Control ["']([^"']{1,60})["'] is read-only/u,
  /\bproperty (?:named )?["']([^"']{1,60})["'] (?:does not exist|on type)/u,
  /: ([\p{L}\p{N}][^:='"(),]{0,60}?)=(?:["']|\{)/u,
];

/** Words that begin a sentence of prose. */
const NO_CAPTION = /^(?:it|this|that|there|you|we|one|es|er|sie|man|det|den|du|vi|il|elle|on|vous|usted|u|je|(?:the|an?|le|la|les|el|los|der|die|das|de|het|een|une?|lo|gli|o|os|as|um|uma) .*)$/iu;

function captionIn(message: string): string | null {
  if (/^The (?:value|length|filter|request|string)\b/.test(message)) return fieldOfFilter(message);
  const subject = message.replace(/^(?:You must|You cannot) (?!specify|change|enter|modify)[^]*$/, '');
  for (const sentence of SENTENCES) {
    const caption = sentence.exec(subject)?.[1]?.trim();
    if (caption !== undefined && caption !== '' && !NO_CAPTION.test(caption)) return caption;
  }
  return null;
}

function fieldOfFilter(message: string): string | null {
  return /is not valid for the (.{1,60}?) field on the /.exec(message)?.[1] ?? null;
}
