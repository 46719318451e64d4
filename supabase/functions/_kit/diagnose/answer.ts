import { parseLoosely } from './json.ts';
import { xmlTree } from './markup.ts';
import type { Answer, RawResponse } from './types.ts';

/** A body of up to this many characters is read whole: a batch answer of a hundred records with what became of each. */
const WHOLE_LIMIT = 256 * 1024;
/** Of a larger one only this much, so that 5 MB of anything cost no more than a page. */
const CUT_LIMIT = 64 * 1024;

/** The first tag tells a page from a document: `<Body>` further on may be SOAP's. */
const HTML = /^<(?:!doctype\s+html|html|head|body|title|meta|style|script|h[1-6]|p|pre|div|center|table|hr|br)[\s>/]/i;

/** Sniffs what a body is (the content type is often wrong) and parses as much of it as there is. */
export function readAnswer(response: RawResponse): Answer {
  const headers = new Map(Object.entries(response.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const body = typeof response.body === 'string' ? response.body : '';
  const isCut = body.length > WHOLE_LIMIT;
  const text = body.slice(0, isCut ? CUT_LIMIT : WHOLE_LIMIT).replace(/^(?:\ufeff|\)\]\}',?|\s)+/, '').trimEnd();
  const base = { status: response.status, header: (name: string) => headers.get(name), text, json: undefined, isCut, partial: false };
  if (text === '') return { ...base, kind: 'empty' };
  if (/^[[{"]/.test(text)) return readJson(base, headers.get('content-type') ?? '');
  if (text.startsWith('--') && /^HTTP\/\d/m.test(text)) return { ...base, kind: 'multipart' };
  if (text.startsWith('<')) {
    const start = text.slice(0, 2_000);
    const isPage = /<!doctype\s+html|<html[\s>]/i.test(start) || HTML.test(start.replace(/^(?:<!--[^]{0,1000}?-->\s*)+/, ''));
    return !isPage ? { ...base, kind: 'xml', json: xmlTree(text) } : { ...base, kind: 'html' };
  }
  return { ...base, kind: isCsv(headers.get('content-type')) ? 'csv' : 'text' };
}

function isCsv(type: string | undefined): boolean {
  return type?.startsWith('text/csv') === true;
}

function readJson(base: Omit<Answer, 'kind'>, type: string): Answer {
  if (base.text.startsWith('"') && isCsv(type)) return { ...base, kind: 'csv' };
  const parsed = parseLoosely(base.text);
  if (parsed === null) return { ...base, kind: isCsv(type) ? 'csv' : 'text' };
  let { value } = parsed;
  if (typeof value === 'string') value = parseLoosely(value)?.value ?? value;
  // A second document behind the first is how a server that failed half-way through a good answer says so.
  const rest = /^\s*[[{]/.test(parsed.rest) ? parseLoosely(parsed.rest.trimStart()) : null;
  return { ...base, kind: 'json', json: rest ? rest.value : value, partial: parsed.partial && !base.isCut };
}
