import { decodeEntities } from './markup.ts';

export const MAX_MESSAGE = 2_000;

/** Elements that systems use to format a sentence; anything else in angle brackets is part of what they say. */
const FORMATTING = /<\/?(?:b|strong|i|em|u|p|br|hr|a|span|div|ul|ol|li|code|pre|small|font|h[1-6]|table|tr|td|details|summary)(?:\s[^<>]{0,300})?\/?>/gi;

/** Control characters, and the invisible ones that reorder or hide text on a page. */
const CONTROLS = /[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const STACK_LINE = /^\s{0,40}(?:at [\w[(.<]|stack ?trace:|traceback \()/i;

/** A system's text as one line of plain text: stack traces cut off, formatting stripped, spaces collapsed. */
export function plainText(text: string): string {
  let line = text.length > 4 * MAX_MESSAGE ? text.slice(0, 4 * MAX_MESSAGE) : text;
  if (line.includes('\n')) {
    const lines = line.split('\n');
    const stack = lines.findIndex((one, at) => at > 0 && STACK_LINE.test(one));
    line = (stack < 0 ? lines : lines.slice(0, stack)).join(' ');
  }
  if (line.includes('<')) line = line.replace(FORMATTING, (tag) => (/^<\/?(?:br|p|li|div|tr|hr|h\d|td|summary)/i.test(tag) ? ' ' : ''));
  line = decodeEntities(line).replace(/\s+/g, ' ').replace(CONTROLS, '').toWellFormed().trim();
  return cut(line, MAX_MESSAGE);
}

/** At most `length` characters, never half a character. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed().replace(/\ufffd$/, '')}…`;
}

const PHRASES: Record<number, string> = {
  200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 300: 'Multiple Choices', 301: 'Moved Permanently', 302: 'Found',
  303: 'See Other', 304: 'Not Modified', 307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized',
  402: 'Payment Required', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable',
  407: 'Proxy Authentication Required', 408: 'Request Timeout', 409: 'Conflict', 410: 'Gone', 411: 'Length Required',
  412: 'Precondition Failed', 413: 'Content Too Large', 414: 'URI Too Long', 415: 'Unsupported Media Type', 417: 'Expectation Failed',
  421: 'Misdirected Request', 422: 'Unprocessable Content', 423: 'Locked', 424: 'Failed Dependency', 425: 'Too Early',
  428: 'Precondition Required',
  429: 'Too Many Requests', 431: 'Request Header Fields Too Large', 451: 'Unavailable For Legal Reasons', 500: 'Internal Server Error',
  501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout', 505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage', 520: 'Web Server Returned an Unknown Error', 521: 'Web Server Is Down', 522: 'Connection Timed Out',
  523: 'Origin Is Unreachable', 524: 'A Timeout Occurred', 525: 'SSL Handshake Failed', 526: 'Invalid SSL Certificate',
  529: 'Site Is Overloaded',
};

/** What to say when the system said nothing: "429 Too Many Requests". */
export function statusText(status: number): string {
  const phrase = PHRASES[status];
  return phrase === undefined ? `HTTP status ${status}` : `${status} ${phrase}`;
}

/** Phrases that only say that something failed, so that any other sentence in the answer is better. */
const GENERIC = new RegExp(`^(?:${[
  'an? (?:unknown |unexpected |internal |server )?error (?:has )?occurr?ed', 'errors? found(?: .{0,60})?',
  'validation (?:failed|errors?)(?: .{0,60})?',
  '(?:one or more )?validation errors? (?:has |have )?occurred', 'operation failed', 'request failed',
  '(?:the )?request (?:is|was) invalid',
  'invalid (?:request|input(?: provided)?)', 'bad request', 'forbidden', 'unauthorized', 'not found', 'conflict',
  'internal (?:server )?error',
  'unprocessable (?:entity|content)', 'record validation errors', 'property values were not valid', 'error', 'failed', 'failure',
  'something went wrong', 'server error', 'authenticate', 'false', 'true', 'null', 'none', 'undefined', '\\d{1,3}',
].join('|')})[\\s.!:]*$`, 'i');

export function isGeneric(message: string): boolean {
  return message.length < 120 && GENERIC.test(message);
}

const PHRASE_PREFIX = new RegExp(`^(?:${[...new Set(Object.values(PHRASES))].join('|')}):\\s+(?=\\S)`, 'i');

/** "Bad Request: Text is required" says nothing more than "Text is required". */
export function withoutStatusPrefix(message: string): string {
  return message.replace(PHRASE_PREFIX, '');
}
