import { TAKEN } from './languages.ts';
import type { Category, Fault } from './types.ts';

const anyOf = (...parts: string[]): RegExp => new RegExp(parts.join('|'), 'iu');

/** Words inside machine codes, which no account's language changes. First match wins; codes are compared as `lower_snake_case`. */
const BY_CODE: [Category, RegExp][] = [
  ['rate_limit', anyOf(
    'rate_?limit', 'too_many_req', 'throttl', 'insufficient_credits', 'quota', 'limit_(?:reached|exceeded)', 'concurrency_limit',
  )],
  ['permission', anyOf(
    'not_auth?ori[sz]ed', 'insufficient_(?:access|scope|privilege|permission)', 'access_denied', 'permission', 'forbidden',
    'inaccessible',
    'missing_scope', '^authorization', 'not_in_channel', '(?:^|_)(?:denied|restricted)',
  )],
  ['auth', anyOf(
    'auth(?!ors?(?:_|$))', 'inactive', 'invalid_(?:session|grant|client|token|api_key|credential)',
    '(?:token|session|credentials?)_(?:expired|revoked)', 'expired_token', 'api_?key', 'login',
  )],
  ['conflict', anyOf(
    'duplicate', 'already_exist', 'conflict', 'same_key', 'unique', '_lock', 'lock_', 'entity_changed', 'timestamp_mismatch', 'concurren',
    'revision', 'idempoten', 'is_archived', 'precondition',
  )],
  ['schema', anyOf(
    'unknown_field', 'invalid_field(?!_value)', 'doesnt_exist', 'no_such_column', 'cannot_query_field', 'fields_on_correct',
    'graphql_(?:parse|validation)', 'json', 'parser?_(?:error|fail)', 'invalid_type', 'unsupported_media', 'method_not', 'mapping',
    'invalid_form_data', 'invalid_array', 'invalid_payload', 'schema',
  )],
  ['not_found', anyOf('not_?found', 'no_such', 'does_not_exist', 'deleted', 'unknown_(?:record|entity|id)')],
  ['timeout', anyOf('time_?out', 'timed_out', 'deadline')],
  ['validation', anyOf(
    'validation', 'invalid', 'required', 'missing', 'mandatory', 'malformed', 'reject', 'too_(?:long|short|many|large)', 'blank',
    'bad_value',
    'out_of_range',
  )],
  ['server', anyOf('unavailable', 'internal_(?:server_)?error', 'server_error', 'fatal_error', 'unhandled', 'try_again', 'temporar')],
];

const BY_STATUS: Record<number, Category> = {
  300: 'conflict', 301: 'not_found', 302: 'auth', 303: 'auth', 307: 'not_found', 308: 'not_found', 401: 'auth', 402: 'permission',
  403: 'permission',
  404: 'not_found', 405: 'schema', 406: 'schema', 407: 'auth', 408: 'timeout', 409: 'conflict', 410: 'not_found', 412: 'conflict',
  413: 'schema',
  414: 'schema', 415: 'schema', 421: 'server', 423: 'conflict', 424: 'conflict', 425: 'server', 428: 'conflict', 429: 'rate_limit',
  431: 'schema',
  504: 'timeout', 522: 'timeout', 524: 'timeout',
};

/** Sentences, in English only: the last resort, for statuses that say nothing (200, 400, 422, 5xx with a reason). */
const BY_TEXT: [Category, RegExp][] = [
  ['rate_limit', anyOf(
    'too many requests', 'rate limit', 'throttl', 'not enough credits', 'limit (?:reached|exceeded)', 'calls? allowed', 'http error 429',
  )],
  ['timeout', anyOf('timed out', 'timeout', 'took too long')],
  ['auth', anyOf(
    'invalid (?:or expired )?(?:access |api |auth\\w* )?(?:token|key|credential|password|username)',
    '(?:token|session|credentials?|password) (?:\\w+ ){0,3}(?:invalid|expired|revoked|wrong)',
    'bad (?:format for )?(?:api token|credentials)',
    'not authenticated', 'unauthenticated', '(?:user ?name|password) (?:or|and) ', 'authentication fail', 're-?authenticate',
  )],
  ['permission', anyOf(
    'not (?:authori[sz]ed|permitted|allowed to)', 'permission', 'access (?:is )?denied', 'insufficient (?:scope|rights|privileges)',
    '(?:not|only) available (?:for|to) ', 'required scopes', 'do not have access',
  )],
  ['conflict', anyOf(
    TAKEN.source, '\\bduplicate\\b', 'must be unique',
    'has been (?:changed|modified|updated) by', 'another user has', 'no longer be',
  )],
  ['schema', anyOf(
    'unrecogni[sz]ed (?:field|property|parameter)', 'unknown (?:field|property|parameter|column|argument|key)',
    'no such (?:column|field)',
    '(?:property|field|column|parameter)\\b.{0,80}(?:does(?: not|n\'t) exist|is not defined|not recogni[sz]ed|or unknown)',
    'cannot query field', 'deserialize', 'valid json', 'parse (?:error|json)', 'unexpected token', 'malformed', 'cannot convert',
    'could not be converted', 'could not find a property', 'invalid fields?(?: in| requested|:)', '(?:invalid|bad) (?:request |json )?payload', 'no http resource', 'expected type', 'of required type',
    'implicit conversion',
  )],
  // "Correct it and try again" asks a person; "try again later" asks to wait.
  ['server', anyOf(
    '(?:try|retry)(?: \\w+){0,3} (?:later|shortly|in (?:a|an|one|\\d+) )', 'temporarily', 'unavailable', 'internal (?:server )?error', 'please retry', 'maintenance',
  )],
];

const RETRYABLE = new Set<Category>(['rate_limit', 'server', 'timeout']);

/** A lock or a simultaneous change passes by itself; any other conflict is there until someone looks. */
const PASSING_CONFLICT = /(?:^|_)(?:row_)?lock(?:ed|_|$)|concurren|deadlock/;

type Outer = { status: number; isPage: boolean; partial: boolean };

/** Of one complaint: what kind it is, and whether waiting can help. */
export function judge(fault: Fault, outer: Outer): { category: Category; retryable: boolean } {
  const code = snake(fault.code ?? '');
  const status = fault.status !== null && fault.status >= 300 ? fault.status : outer.status;
  const category = fault.category ?? categorize(fault, code, status, outer);
  const passes = RETRYABLE.has(category) ? status !== 501 && status !== 505 : category === 'conflict' && PASSING_CONFLICT.test(code);
  const retryable = fault.retryable ?? passes;
  return { category, retryable };
}

function snake(code: string): string {
  return code.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();
}

function categorize(fault: Fault, code: string, status: number, outer: Outer): Category {
  const byStatus = BY_STATUS[status];
  if (outer.isPage) return byStatus ?? (status >= 500 || status < 300 ? 'server' : 'validation');
  const byCode = BY_CODE.find(([, pattern]) => pattern.test(code))?.[0];
  if (status === 401 || status === 407 || status === 429) return byCode === 'rate_limit' || status === 429 ? 'rate_limit' : 'auth';
  if (byCode !== undefined && byCode !== 'validation') return byCode;
  const byText = BY_TEXT.find(([, pattern]) => pattern.test(fault.message))?.[0];
  if (status === 409 || status === 403) return fault.field !== null && byText === undefined ? 'validation' : byStatus ?? 'validation';
  if (byStatus !== undefined && status !== 300) return byStatus;
  const isClient = /(?:^|_)(?:client|sender)(?:_|$)/.test(code);
  if (status >= 500 && !isClient && byCode === undefined) return byText === 'timeout' || byText === 'rate_limit' ? byText : 'server';
  return byText ?? byStatus ?? (outer.partial ? 'server' : 'validation');
}
