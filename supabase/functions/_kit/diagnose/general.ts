import { batchFaults } from './batch.ts';
import { asObject, codeIn, entriesOf, fieldIn, hasVerdict, indexIn, inKeys, isEmptyObject, isFailedItem, messagesIn, statusIn } from './keys.ts';
import type { Keys } from './keys.ts';
import { htmlBlocks } from './markup.ts';
import { parseLoosely } from './json.ts';
import { isGeneric, plainText, withoutStatusPrefix } from './text.ts';
import type { Answer, Fault } from './types.ts';

const MAX_DEPTH = 10;

/** Where systems put the particulars, the most particular first. */
const PARTICULARS = [
  'validationerrors', 'validationmessages', 'validationissues', 'validationresults', 'fieldviolations', 'fielderrors', 'invalidparams',
  'violations', 'issues', 'failuremessages', 'modelstate', 'elementerrors', 'errors', 'errormessages', 'servermessages', 'details',
  'errordetails', 'detail', 'error', 'fault', 'faults', 'problems', 'failures', 'failed', 'errorresponsebody', 'responsemetadata',
  'extensions', 'messages', 'results', 'result', 'responses', 'response', 'compositeresponse',
];
/** Read only when the object itself says nothing worth reading: often a copy of it, or a stack trace. */
const INNER = ['innererror', 'innerexception', 'innererrors', 'cause'];
/** Lists of records rather than of complaints: only those that failed are read, each under its place. */
const RECORD_LISTS = new Set(['results', 'result', 'responses', 'response', 'compositeresponse']);
/** What stands beside a complaint without being one. */
const NOT_COMPLAINTS = /^(?:_?warnings?|_?links?|headers?|_?meta|request|inputs?|params)$/i;
/** Objects here may be maps from field to complaint; under the first few they nearly always are. */
const FIELD_MAPS = ['errors', 'fielderrors', 'validationerrors', 'modelstate', 'violations', 'details', 'errordetails', 'error'];
const SURE_FIELD_MAPS = 4;
/** Keys that stand for the request as a whole where field names are expected. */
const NO_FIELD = new Set(['base', 'nonfielderrors', 'all', 'general', 'global', 'root', '', 'errormessages', 'errors']);

type Context = { code: string | null; field: string | null; status: number | null; http: number; depth: number; limit: number };

/** Every complaint in an answer, by the shapes that many systems share; an empty list when it holds none. */
export function generalFaults(answer: Answer, limit: number): Fault[] {
  const context: Context = { code: headerCode(answer), field: null, status: null, http: answer.status, depth: 0, limit };
  switch (answer.kind) {
    case 'json':
    case 'xml': return valueFaults(answer.json, context);
    case 'html': return htmlFaults(answer.text, context);
    case 'multipart':
    case 'csv': return batchFaults(answer, limit, (value) => valueFaults(value, context));
    case 'text': return [toFault(withoutStatusPrefix(plainText(answer.text)), context)];
    case 'empty': return [];
  }
}

function toFault(message: string, { code, field, status }: Context): Fault {
  return { message, code, field, status };
}

/** AWS and Azure put the code of a refusal in a header. */
function headerCode(answer: Answer): string | null {
  return /^[\w.]{1,100}/.exec(answer.header('x-amzn-errortype') ?? answer.header('x-ms-error-code') ?? '')?.[0] ?? null;
}

function htmlFaults(page: string, context: Context): Fault[] {
  const blocks = htmlBlocks(page);
  const labelled = blocks.find(({ text }) => /^description:?\s+\S/i.test(text))?.text.replace(/^description:?\s+/i, '');
  const heading = blocks.find(({ block, text }) => /^h[1-3]$/.test(block) && !/^(?:\d+\s+)?(?:http\s+)?error(?:\s+\d+)?$/i.test(text));
  const message = labelled ?? (blocks.find(({ block }) => block === 'pre') ?? heading ?? blocks[0])?.text;
  return message === undefined ? [] : [toFault(plainText(message), context)];
}

function valueFaults(value: unknown, context: Context): Fault[] {
  if (context.depth > MAX_DEPTH) return [];
  if (typeof value === 'string') return textFaults(value, context);
  if (Array.isArray(value)) return listFaults(value, context, value.length > 0 && value.every(hasVerdict));
  const object = asObject(value);
  return object ? objectFaults(object, context) : [];
}

/** A sentence; or JSON inside a string, alone or at the end of a sentence. */
function textFaults(text: string, context: Context): Fault[] {
  const embedded = /(?:^|:\s)\s*([[{]["{[])/.exec(text.slice(0, 500));
  if (embedded) {
    const parsed = parseLoosely(text.slice(embedded.index).replace(/^:?\s*/, ''));
    const found = parsed ? valueFaults(parsed.value, { ...context, depth: context.depth + 1 }) : [];
    if (found.length > 0) return found;
  }
  const message = plainText(text);
  return message === '' ? [] : [toFault(message, context)];
}

function listFaults(items: unknown[], context: Context, areRecords: boolean): Fault[] {
  const faults: Fault[] = [];
  for (const [place, item] of items.entries()) {
    if (faults.length >= context.limit) break;
    const keys = inKeys(item);
    if (areRecords && !isFailedItem(keys)) continue;
    const found = valueFaults(item, { ...context, depth: context.depth + 1 });
    const index = indexIn(keys) ?? (areRecords ? place : null);
    const first = found.find((fault) => fault.record === undefined && !isGeneric(fault.message)) ?? found[0];
    if (first && index !== null && first.record === undefined) faults.push({ ...first, record: { index } });
    else faults.push(...found);
  }
  return faults;
}

function objectFaults(object: Record<string, unknown>, outer: Context): Fault[] {
  const keys = inKeys(object);
  const own = messagesIn(keys);
  const context: Context = {
    ...outer,
    code: codeIn(keys, own.length > 0, outer.status ?? outer.http) ?? outer.code,
    field: fieldIn(keys) ?? outer.field,
    status: statusIn(keys) ?? outer.status,
    depth: outer.depth + 1,
  };
  const sentence = own.find((text) => !isGeneric(text) && text !== context.code) ?? own.find((text) => text !== context.code) ?? own[0];
  const particulars = PARTICULARS.flatMap((key) => (faultsUnder(key, keys, context)));
  const nested = firstUseful(particulars, keys, context, sentence);
  if (nested.length > 0) return nested;
  if (sentence !== undefined) return textFaults(sentence, context);
  const found = entriesOf(object, 50).flatMap(([key, child]) => (
    typeof child === 'object' && !NOT_COMPLAINTS.test(key) ? valueFaults(child, context) : []));
  // A code alone is little, but more than nothing.
  return found.length === 0 && context.code !== outer.code ? [toFault('', context)] : found;
}

function firstUseful(particulars: Fault[], keys: Keys, context: Context, sentence: string | undefined): Fault[] {
  const useful = particulars.filter((fault) => !isGeneric(fault.message) || fault.field !== null || fault.record !== undefined);
  if (useful.length > 0) return useful;
  if (sentence !== undefined && !isGeneric(sentence)) return [];
  const inner = INNER.flatMap((key) => (keys.has(key) ? valueFaults(keys.get(key), context) : []));
  return inner.length > 0 ? inner : particulars;
}

function faultsUnder(key: string, keys: Keys, context: Context): Fault[] {
  const value = keys.get(key);
  if (typeof value === 'string') return key === 'servermessages' || (key === 'errors' && value.includes(' ')) ? textFaults(value, context) : [];
  if (Array.isArray(value)) {
    const partial = key === 'errors' && (context.status === 207 || keys.has('results'));
    const found = listFaults(value, { ...context, field: null }, RECORD_LISTS.has(key));
    return partial ? found.map((fault) => ({ ...fault, record: fault.record ?? { index: null } })) : found;
  }
  const object = asObject(value);
  if (object === null) return [];
  return isFieldMap(object, FIELD_MAPS.indexOf(key)) ? fieldMapFaults(object, context) : valueFaults(object, context);
}

/** `{ field: 'sentence' }`, `{ field: ['sentence'] }` or `{ field: [{ description }] }`, rather than one complaint's own keys. */
function isFieldMap(object: Record<string, unknown>, place: number): boolean {
  const keys = inKeys(object);
  const entries = entriesOf(object).filter(([, value]) => !isNothing(value));
  if (place < 0 || entries.length === 0 || keys.has('message')) return false;
  if (place >= SURE_FIELD_MAPS && (messagesIn(keys).length > 0 || codeIn(keys, true, null) !== null)) return false;
  return entries.every(([key, value]) => !PARTICULARS.includes(key.toLowerCase()) && (typeof value === 'string' || isComplaintList(value)));
}

function isNothing(value: unknown): boolean {
  return typeof value === 'object' && (value === null || isEmptyObject(value));
}

function isComplaintList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' || messagesIn(inKeys(item)).length > 0);
}

function fieldMapFaults(object: Record<string, unknown>, context: Context): Fault[] {
  return entriesOf(object, context.limit).flatMap(([key, value]) => {
    const isField = !NO_FIELD.has(key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));
    return valueFaults(value, { ...context, field: isField ? key.replace(/^\$\.?/, '') || null : null });
  });
}
