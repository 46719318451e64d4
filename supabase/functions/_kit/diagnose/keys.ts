/** The names under which systems put a message, a code, a field, a status and a place; spelling and case of keys don't matter. */

export type Keys = Map<string, unknown>;

/** No answer has more keys in one object that are worth reading. */
const MAX_KEYS = 200;

export function asObject(value: unknown): Record<string, unknown> | null {
  return isObject(value) ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object's first entries; to look at thousands costs more than all the rest. */
export function entriesOf(value: unknown, limit = MAX_KEYS): [string, unknown][] {
  const entries: [string, unknown][] = [];
  if (!isObject(value)) return entries;
  for (const key in value) {
    if (entries.length >= limit) break;
    if (Object.hasOwn(value, key)) entries.push([key, value[key]]);
  }
  return entries;
}

/** An object's first 200 keys, in lower case without separators: `error_code`, `ErrorCode` and `error-code` are one key. */
export function inKeys(value: unknown): Keys {
  const keys: Keys = new Map();
  for (const [name, item] of entriesOf(value)) {
    const key = name.toLowerCase().replace(/[^a-z0-9#]/g, '');
    if (!keys.has(key)) keys.set(key, item);
  }
  return keys;
}

const MESSAGES = [
  'message', 'errormessage', 'errordescription', 'errortext', 'errormsg', 'msg', 'faultstring', 'detail', 'details', 'description',
  'reason',
  'statusmessage', 'summary', 'title', 'text', '#text', 'error', 'exception', 'developermessage', 'localizederrormessage',
];

/** The sentences of one object, the likeliest first. OData v3 wraps them: `message: { lang, value }`. */
export function messagesIn(keys: Keys): string[] {
  return MESSAGES.flatMap((key) => {
    const value = keys.get(key);
    const text = typeof value === 'string' ? value : key === 'message' ? inKeys(value).get('value') : undefined;
    if (typeof text !== 'string' || text.trim() === '') return [];
    return [key === 'exception' ? text.replace(/^(?:[\w$]+\.)+[\w$]+:\s+/, '') : text];
  });
}

const CODES = [
  'code', 'errorcode', 'errcode', 'errornumber', 'exctype', 'faultcode', 'errortype', 'type', 'error', 'category', 'name', 'status',
  'statuscode',
];
const NOT_CODES = /^(?:errors?|failed|failure|fail|ok|true|false|none|null|success|succeeded|completed?|partial.*|about:blank|)$/i;
const NEVER_NUMBERS = new Set(['status', 'statuscode', 'error']);
const TOKEN = /^[A-Za-z0-9][\w.:\-/$]{0,99}$/;

/**
 * The machine code of one object; `hasMessage`: whether a sentence stands beside it. A number that only repeats the HTTP status
 * gives way to a word.
 */
export function codeIn(keys: Keys, hasMessage: boolean, status: number | null): string | null {
  let repeatsStatus: string | null = null;
  for (const key of CODES) {
    const code = codeUnder(key, keys, hasMessage);
    if (code === null) continue;
    if (key !== 'code' || !/^[1-5]\d\d$/.test(code) || Number(code) !== (statusIn(keys) ?? status)) return code;
    repeatsStatus ??= code;
  }
  return repeatsStatus ?? codeInside(keys);
}

/** `extensions.code` of GraphQL, `error_details.code`: an object that holds a code and no sentence. */
function codeInside(keys: Keys): string | null {
  for (const key of ['extensions', 'errordetails']) {
    const inner = inKeys(keys.get(key));
    const code = codeUnder('code', inner, true) ?? codeUnder('classification', inner, true);
    if (code !== null) return code;
  }
  return null;
}

function codeUnder(key: string, keys: Keys, hasMessage: boolean): string | null {
  let value = keys.get(key);
  if (typeof value === 'object' && value !== null) value = inKeys(value).get('value');
  if (typeof value === 'number') return Number.isSafeInteger(value) && value !== 0 && !NEVER_NUMBERS.has(key) ? String(value) : null;
  if (typeof value !== 'string') return null;
  // AWS prints "namespace#Code"; XML documents repeat their prefix.
  const text = key === 'type' ? value.slice(value.indexOf('#') + 1) : value.trim();
  if (!TOKEN.test(text) || NOT_CODES.test(text)) return null;
  if (/^\d+$/.test(text) && (key === 'status' || key === 'statuscode')) return null;
  if (key === 'type' && (/:\/\//.test(value) || /\..*Exception$/.test(text))) return null;
  if (key === 'name' && !(keys.has('statuscode') || (hasMessage && /(?:_|error$)/i.test(text)))) return null;
  return text;
}

const FIELDS = [
  'field', 'fieldname', 'fieldid', 'fields', 'property', 'propertyname', 'parameter', 'param', 'attribute', 'target', 'pointer', 'loc',
  'xpath',
];
/** `invalidOutputFields: ["a"]`, `missing_parameters: ["b"]`. */
const FIELD_LISTS = /^(?:invalid|missing|unknown|required).*(?:fields?|params?|parameters?|properties|columns?)$/;

/** The field one object names as its own. */
export function fieldIn(keys: Keys): string | null {
  for (const key of FIELDS) {
    const field = fieldText(keys.get(key));
    if (field !== null) return field;
  }
  const source = inKeys(keys.get('source'));
  const inSource = fieldText(source.get('pointer')) ?? fieldText(source.get('parameter'));
  if (inSource !== null) return inSource;
  for (const [key, value] of keys) {
    if (Array.isArray(value) && FIELD_LISTS.test(key)) return fieldText(value);
  }
  const name = keys.get('name');
  const isProperty = ['error', 'reason', 'isvalid'].some((key) => keys.has(key)) && !keys.has('statuscode');
  return isProperty && typeof name === 'string' && /^[a-z][\w.]{0,60}$/.test(name) ? name : null;
}

function fieldText(value: unknown): string | null {
  if (Array.isArray(value)) {
    const parts = value.filter((part) => typeof part === 'string' || typeof part === 'number');
    return parts[0] === 'body' || parts[0] === 'query' ? parts.slice(1).join('.') || null : fieldText(parts[0]);
  }
  if (typeof value !== 'string') return null;
  const field = value.trim();
  if (field === '' || field.length > 200) return null;
  const isPointer = /^#?\/(?!\/)[^\s@[]*$/.test(field) && !field.includes('://');
  return isPointer ? field.replace(/^#?\/(?:data\/attributes\/)?/, '').replaceAll('/', '.') || null : field;
}

/** The HTTP status one part of an answer carries itself. */
export function statusIn(keys: Keys): number | null {
  for (const key of ['httpstatuscode', 'httpstatus', 'status', 'statuscode']) {
    const value = keys.get(key);
    const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
    if (typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599) return status;
  }
  return null;
}

/** The caller's number for a record, where the system repeats it as a number. */
export function indexIn(keys: Keys): number | null {
  for (const [key, value] of keys) {
    const isIndex = /(?:index|number)$|^(?:row|position)$/.test(key) && !/line|column|phone|account|customer|error|code|page/.test(key);
    if (isIndex && typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  }
  return null;
}

/** Whether an item of a nameless list tells what became of a record, rather than what is wrong with the request. */
export function hasVerdict(item: unknown): boolean {
  const keys = inKeys(item);
  return typeof (keys.get('success') ?? keys.get('issuccess')) === 'boolean' || typeof keys.get('status') === 'string';
}

/** Whether one record of a batch answer says that it failed. */
export function isFailedItem(keys: Keys): boolean {
  const success = keys.get('success') ?? keys.get('issuccess') ?? keys.get('succeeded') ?? keys.get('ok');
  if (typeof success === 'boolean') return !success;
  const status = statusIn(keys);
  if (status !== null) return status >= 300;
  const word = keys.get('status') ?? keys.get('statuscode') ?? keys.get('result');
  if (typeof word === 'string' && /err|fail|invalid|reject|refus|denied/i.test(word)) return true;
  return ['errors', 'error', 'errormessage', 'errorresponsebody'].some((key) => {
    const value = keys.get(key);
    const isEmpty = typeof value === 'object' && value !== null ? isEmptyObject(value) : !value;
    return !isEmpty;
  });
}

/** Without listing its keys. */
export function isEmptyObject(value: object): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}
