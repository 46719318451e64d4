import { Buffer } from 'node:buffer';
import type { Diagnosis } from './diagnose.ts';

const GONE = '[redacted]';
/** Shorter "secrets" would blank out ordinary words. */
const MIN_SECRET = 4;

export type Redactor = (text: string) => string;

/**
 * Removes given secrets, in every spelling a system may echo them in, and whatever looks like a credential. Linear in the text.
 * @param secrets The values themselves; those shorter than four characters are too common to remove and are ignored.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  return function redactText(text) {
    let clean = text;
    for (const spelling of spellings) if (clean.includes(spelling)) clean = clean.replaceAll(spelling, GONE);
    return withoutCredentials(withoutTail(clean, spellings));
  };
}

/** Less of a secret than this at the end of a text is a coincidence. */
const MIN_TAIL = 6;

/** Texts are cut before they come here: what a cut left of a secret at the end goes, too. */
function withoutTail(text: string, spellings: readonly string[]): string {
  const end = text.endsWith('…') ? text.length - 1 : text.length;
  for (const spelling of spellings) {
    for (let length = Math.min(spelling.length - 1, end); length >= MIN_TAIL; length -= 1) {
      if (text.endsWith(spelling.slice(0, length), end)) return `${text.slice(0, end - length)}${GONE}${text.slice(end)}`;
    }
  }
  return text;
}

export function redact(text: string, secrets: readonly string[]): string {
  return createRedactor(secrets)(text);
}

/** A diagnosis is shown, stored and mailed: a system that echoes a token must not get it there. */
export function redactDiagnosis(diagnosis: Diagnosis, redactor: Redactor): Diagnosis {
  const clean = <T extends { message: string; code: string | null; field: string | null }>(part: T): T => ({
    ...part, message: redactor(part.message), code: part.code && redactor(part.code), field: part.field && redactor(part.field),
  });
  return { ...clean(diagnosis), ...(diagnosis.records ? { records: diagnosis.records.map(clean) } : {}) };
}

function spellingsOf(secret: string): string[] {
  const plain = secret.trim();
  if (plain.length < MIN_SECRET) return [];
  const wellFormed = plain.toWellFormed();
  const bytes = Buffer.from(plain, 'utf8');
  const encoded = encodeURIComponent(wellFormed);
  const json = JSON.stringify(plain).slice(1, -1);
  return [
    plain, json, json.replaceAll('/', '\\/'), JSON.stringify(json).slice(1, -1), encoded, encoded.replaceAll('%20', '+'),
    encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()), htmlEscaped(plain),
    ...[0, 1, 2].flatMap((shift) => base64Cores(bytes, shift)),
  ].filter((spelling) => spelling.length >= MIN_SECRET);
}

function htmlEscaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/**
 * The part of a base64 text that stays the same whatever stands before and after the secret (`user:secret`); `shift` is how many
 * bytes before it don't fill a group of three.
 */
function base64Cores(bytes: Buffer, shift: number): string[] {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64').replace(/=+$/, '');
  const start = shift === 0 ? 0 : shift + 1;
  const isWhole = (bytes.length + shift) % 3 === 0;
  const core = text.slice(start, isWhole ? undefined : -1);
  // Four characters of base64 are only three bytes: too little to be sure it is the secret.
  return core.length < 8 ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
}

const KEYS = [
  '(?:access|refresh|id|auth|session|consumer|employee|sas|security|bearer)[_-]?token', 'token', 'client[_-]?(?:secret|assertion)',
  'api[_-]?key',
  '(?:access|shared|private)[_-]?key', 'pass(?:word|wd|phrase)', 'pwd', 'secret', 'sig', 'signature', 'session[_-]?id', 'cookie',
  'set-cookie',
].join('|');
const NAMED = `(?<![\\w-])(?:x-)?(?:${KEYS})`;
/** How well-known issuers begin their keys. */
const PREFIXES = [
  'sb_(?:secret|publishable)_', '(?:sk|pk|rk)_(?:live|test)_', 'xox[a-z]-', 'xapp-', 'gh[pousr]_', 'github_pat_', 'glpat-', 'shpat_',
  'pat-(?:na|eu)\\d-', 'AKIA', 'SG\\.',
].join('|');
const HEADER = '(?:proxy-)?authorization\\\\{0,3}["\']?\\s{0,3}[:=]\\s{0,3}\\\\{0,3}["\']?';

type Replacement = (match: string, ...groups: string[]) => string;

const keepName: Replacement = (_, name = '', rest = '') => `${name}${rest}${GONE}`;
const ifRandom: Replacement = (match, name = '', space = '', value = '') => (looksRandom(value) ? `${name}${space}${GONE}` : match);
const ifNoScheme: Replacement = (match, name = '', scheme = '', value = '') => (SCHEME.test(value) ? match : `${name}${scheme}${GONE}`);

/** "Authorization: token <your token>" is advice. */
const SCHEME = /^(?:bearer|basic|token|digest|negotiate|apikey)$/i;

/** Every pattern begins where a word begins and its repetitions can't overlap, so hostile text costs one pass. */
const PATTERNS: [RegExp, Replacement][] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, () => GONE],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, () => GONE],
  [new RegExp(`(?<![\\w-])(?:${PREFIXES})[\\w.-]{8,}`, 'g'), () => GONE],
  [/(?<![\w-])re_[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}/g, () => GONE],
  [/(?<=:\/\/)[^\s/@:"'<>]{0,100}:[^\s/@"'<>]{1,100}@/g, () => `${GONE}@`],
  [new RegExp(`(?<![\\w-])(${HEADER})((?:[A-Za-z][\\w-]{0,19}[ \\t]{1,5})?)([^\\s"'<>,;\\\\]{4,})`, 'gi'), ifNoScheme],
  [/(?<![\w-])(bearer|basic|token|digest|negotiate|apikey)([ \t]{1,5})([\w.~+/-]{8,}=*)/gi, ifRandom],
  [new RegExp(`(${NAMED}\\\\{0,3}["']\\s{0,5}[:=]\\s{0,5})(\\\\{1,3}"|"|')([^"'\\\\]{1,})`, 'gi'), keepName],
  [new RegExp(`(${NAMED}=)(["']?)([^\\s"'&<>,;]{1,})`, 'gi'), keepName],
  [new RegExp(`(${NAMED}:)([ \\t]{0,5})([^\\s"'&<>,;]{8,})`, 'gi'), ifRandom],
];

/** A credential has digits in it or is longer than any word; "Token provided" and "Basic authentication" are prose. */
function looksRandom(value: string): boolean {
  return /\d/.test(value) || value.length > 40;
}

function withoutCredentials(text: string): string {
  return PATTERNS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}
