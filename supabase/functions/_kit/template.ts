import type { Diagnosis } from './diagnose.ts';

export type Cause = {
  /** The message with `{}` where its values were, at most 500 characters: what failures of one cause have in common. */
  template: string;
  /** The value most likely to blame, at most 200 characters; null when the message holds none. */
  value: string | null;
};

const MAX_TEMPLATE = 500;
const MAX_VALUE = 200;

type Found = { value: string; weight: number };
type Reading = { field: string | null; found: Found[]; tellsRecords: boolean };

/**
 * Splits a message into what is the same for every record of a cause and the value that differs. Works in any language, because it
 * goes by form: quotes, parentheses, what follows a colon at the end or an equals sign, and every word with a digit in it. The blamed
 * field itself is kept, so that two fields never share a template. Deterministic, linear, and stable: the template of a template is itself.
 */
export function causeOf(diagnosis: Pick<Diagnosis, 'message' | 'field' | 'category'>): Cause {
  const reading: Reading = {
    field: diagnosis.field, found: [], tellsRecords: diagnosis.category === 'conflict' || diagnosis.category === 'not_found',
  };
  let template = shorten(withoutValues(diagnosis.message.slice(0, 4 * MAX_TEMPLATE), reading));
  // Taking values out can complete a shape around them, and cutting can open one: a few rounds settle it.
  const silent = { ...reading, found: [] };
  for (let round = 0; round < 6; round += 1) {
    const again = shorten(withoutValues(template, silent));
    if (again === template) break;
    template = again;
  }
  const best = reading.found.reduce<Found | null>((top, found) => (found.weight > (top?.weight ?? 0) ? found : top), null);
  return { template, value: best === null ? null : best.value.slice(0, MAX_VALUE).toWellFormed() };
}

/** Lists become one value; long templates end at a word. */
function shorten(text: string): string {
  const line = text.replace(/\{\}(?:(?:, |; |,|;| |-|\/|\.|:)[-+]?\{\})+/g, '{}').replace(/\s+/g, ' ').trim();
  if (line.length <= MAX_TEMPLATE) return line;
  const end = line.lastIndexOf(' ', MAX_TEMPLATE);
  return line.slice(0, end > 0 ? end : MAX_TEMPLATE).toWellFormed().trim();
}

/** Words that announce a value in the languages the connected systems speak most. */
const VALUE_WORD = new RegExp(`(?:^|[\\s"'(])(?:${[
  'values?', 'verdi(?:en)?', 'værdi(?:en)?', 'värde(?:t)?', 'wert', 'valeur', 'valor', 'waarde', 'codes?', 'koden?', 'ids?', 'number',
  'nummer',
  'key', 'name', 'navn', 'got', 'found', 'received', 'provided', 'given',
].join('|')})$`, 'iu');
/** What stands behind these is a reason, not a value: "Operation failed: Locked". */
const NO_VALUE = new RegExp(`(?:^|\\s)(?:${[
  'error', 'failed', 'failure', 'fault', 'exception', 'warning', 'rejected', 'refused', 'denied', 'status', 'reason', 'cause', 'details?',
  'feil(?:et)?', 'feilmelding', 'årsak', 'grunn', 'fejl(?:et)?', 'fel', 'orsak', 'fehler', 'grund', 'virhe', 'syy', 'fout', 'reden', 'erreur', 'raison',
  'motivo', 'erro', 'errore',
].join('|')})$`, 'iu');
const PROSE = /^(?:required|missing|invalid|blank|empty|null|unknown|time-?out|denied|forbidden|failed|error|unavailable)$/i;

function withoutValues(message: string, reading: Reading): string {
  const text = message.replace(/\s+/g, ' ').trim();
  const colon = text.lastIndexOf(': ');
  if (colon > 2) {
    const [, tail = '', end = ''] = /^(.*?)([.!]?)$/u.exec(text.slice(colon + 2)) ?? [];
    const head = text.slice(0, colon);
    if (isTailValue(head, tail)) return `${replaceIn(head, reading)}: ${take(tail, tail.includes(',') ? 1.5 : 4, reading)}${end}`;
  }
  return replaceIn(text, reading);
}

/** "Invalid cost center code: 9999", "Could not find Department: Engg", "Value: JACKSBORO PUMP & SPECIALTY". */
function isTailValue(head: string, tail: string): boolean {
  if (tail === '' || tail.length > MAX_VALUE || /["'“”«»`=()[\]]/.test(tail)) return false;
  if (VALUE_WORD.test(head) && !/^(?:value|code|id|name|key)$/i.test(tail)) return true;
  if (NO_VALUE.test(head)) return false;
  const words = tail.split(' ');
  if (words.length === 1) return !PROSE.test(tail);
  return words.length <= 4 && words.every((word) => /^[\p{Lu}\p{N}{&]/u.test(word));
}

const SHAPES = new RegExp([
  '"(?<quoted>[^"]{1,200})"', '“(?<typographic>[^”]{1,200})”', '«(?<angled>[^»]{1,200})»', '‘(?<single>[^’]{1,200})’',
  '`(?<ticked>[^`]{1,200})`',
  "(?<![\\p{L}\\p{N}])'(?<plain>(?:[^']|'(?=\\p{L})){1,200}?)'(?![\\p{L}\\p{N}])",
  '\\((?<paren>(?:[^()]|\\([^()]{0,100}\\)){1,200})\\)',
  '\\[(?<place>\\d{1,9})\\]',
  '=(?<assigned>[^\\s"\'“«`,;()]{1,200})',
  '(?<mail>[\\w.+-]{1,64}@[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,8})',
  `(?<date>${[
    '\\d{4}-\\d\\d-\\d\\dT[\\d:.]{4,20}(?:Z|[+-]\\d\\d:?\\d\\d)?', '\\d{1,4}[./]\\d{1,2}[./]\\d{1,4}',
    '\\d{1,2}:\\d\\d(?::\\d\\d)?(?:\\.\\d{1,9})?',
  ].join('|')})(?![\\p{L}\\p{N}])`,
  // Only words with a digit (or a place already taken) in them: most words are passed over, which is most of the cost.
  '(?<![\\p{L}\\p{N}_{}])(?<word>[-+]?(?:[\\p{L}_][\\p{L}_.,#%+-]{0,100})?[\\p{N}{}][\\p{L}\\p{N}_{}.,#%+-]{0,250})',
].join('|'), 'gu');

function replaceIn(text: string, reading: Reading): string {
  return text.replace(SHAPES, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const at = rest.at(-3) as number;
    const before = text.slice(Math.max(0, at - 40), at).trimEnd();
    const quoted = groups.quoted ?? groups.typographic ?? groups.angled ?? groups.single ?? groups.ticked ?? groups.plain;
    if (quoted !== undefined) return quotedText(match, quoted, text, reading);
    if (groups.paren !== undefined) return parenthesized(groups.paren, before, reading);
    if (groups.place !== undefined) return '[{}]';
    if (groups.assigned !== undefined) return assignedText(groups.assigned, reading);
    if (groups.mail !== undefined) return take(match, 2, reading);
    if (groups.date !== undefined) return take(match, 1, reading);
    return wordText(match, before, text.slice(at + match.length, at + match.length + 15), reading);
  });
}

/** A whole sentence in quotes is the message, not a value in it. */
function quotedText(match: string, inner: string, text: string, reading: Reading): string {
  // A path into the request names a field; only the record's place in it is a value.
  if (/^\$?\w{1,60}\[(?:\d{1,9}|\{\})\]/.test(inner)) return match.replace(/\[\d{1,9}\]/g, '[{}]');
  const isMessage = inner.length * 2 > text.length && inner.split(' ').length >= 4;
  return match.at(0) + (isMessage ? replaceIn(inner, reading) : take(inner, 3, reading)) + match.at(-1);
}

/** "a value (R-NTD)" and "(586265)" hold values; "the related table (Currency)" and "(should be 32 characters)" don't as a whole. */
function parenthesized(inner: string, before: string, reading: Reading): string {
  if (VALUE_WORD.test(before)) return `(${take(inner, 5, reading)})`;
  return `(${replaceIn(inner, reading)})`;
}

function assignedText(value: string, reading: Reading): string {
  const [, core = '', end = ''] = /^(.*?)([.:!?]*)$/u.exec(value) ?? [];
  return core === '' ? `=${value}` : `=${take(core, reading.tellsRecords ? 3 : 0, reading)}${end}`;
}

const LIMIT_BEFORE = /(?:than|to|be|exceed|at least|at most|max(?:imum)?|min(?:imum)?|limit|of|is|line|column|version|error|status)$/i;
const LIMIT_AFTER = /^ (?:char|item|time|hour|second|minute|day|byte|digit|error|record|row|%)/i;

function wordText(match: string, before: string, after: string, reading: Reading): string {
  if (!/\p{N}|\{\}/u.test(match)) return match;
  const [, sign = '', core = '', end = ''] = /^([-+]?)(.*?)([.,+-]*)$/u.exec(match) ?? [];
  const isStatus = before === '' && /^[1-5]\d\d$/.test(core) && /^ \p{Lu}/u.test(after);
  if (isStatus || core === reading.field || `${core}${end}` === reading.field) return match;
  const isLimit = /^[\d.,]+$/.test(core) && (LIMIT_BEFORE.test(before) || LIMIT_AFTER.test(after));
  return take(sign + core, isLimit || /^v\d/.test(core) ? 0 : isOpaque(core) ? 0.5 : 1, reading) + end;
}

/** Keys that machines give each other: the last thing a person would change. */
function isOpaque(word: string): boolean {
  return /^\{?[0-9a-f]{8}-[0-9a-f]{4}-/i.test(word) || /^[0-9a-f]{16,}$/i.test(word);
}

/** Notes a value and leaves its place; the field's own name is not a value. */
function take(value: string, weight: number, reading: Reading): string {
  if (reading.field !== null && value === reading.field) return value;
  if (value !== '{}' && weight > 0) reading.found.push({ value, weight });
  return '{}';
}
