import { asObject, inKeys } from './keys.ts';
import { plainText } from './text.ts';
import type { Answer, Category, Fault, SystemReader } from './types.ts';

/**
 * Xledger's GraphQL API answers 200 to everything: `errors: [{ message, code?, path?, extensions? }]`, the code beside the message or
 * in `extensions`. What a record is refused for in a mutation of many is told by the place in `inputs`.
 * @see https://github.com/xledger/graphql-samples
 * @see https://spec.graphql.org/October2021/#sec-Errors
 */
export const xledger: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const errors = asObject(answer.json)?.errors;
    if (!Array.isArray(errors) || errors.length === 0) return null;
    return errors.slice(0, 1_000).flatMap((error) => graphqlFault(error) ?? []);
  },
  refine(fault: Fault): Partial<Fault> {
    const category = categoryOf(fault);
    return { field: fault.field, ...(category === undefined ? {} : { category }) };
  },
};

function graphqlFault(error: unknown): Fault | null {
  const object = asObject(error);
  if (typeof object?.message !== 'string') return null;
  const code = [object.code, asObject(object.extensions)?.code].find((value) => typeof value === 'string' && value !== '');
  const place = placeIn(object.message, object.path);
  return {
    message: plainText(object.message),
    code: typeof code === 'string' ? code.slice(0, 100) : null,
    field: place.field,
    status: null,
    ...(place.index === null ? {} : { record: { index: place.index } }),
  };
}

/**
 * Where in the request a complaint points, in the sentences of the common GraphQL servers: `$inputs[3].node.amount`, `at
 * "inputs[3].node.amount"`, `In element #4: In field "node": In field "amount"` (counted from 1), or the error's own path.
 */
function placeIn(message: string, path: unknown): { index: number | null; field: string | null } {
  const text = message.slice(0, 20_000);
  const pointed = /(?:\$|\bat ")\w{1,60}\[(\d{1,6})\]((?:\.\w{1,60})*)/.exec(text);
  const element = /\bIn element #(\d{1,6})\b/.exec(text);
  const keys = Array.isArray(path) ? path.slice(0, 20) : [];
  const inPath = keys.find((key) => typeof key === 'number');
  const index = pointed ? Number(pointed[1]) : element ? Number(element[1]) - 1 : (inPath ?? null);
  const names = [
    ...(pointed?.[2] ?? '').split('.'),
    ...[...text.matchAll(/(?:\bIn field|\bField) ["'](\w{1,60})["']/g)].map((match) => match[1] ?? ''),
    ...(inPath === undefined ? [] : keys.slice(keys.indexOf(inPath) + 1).filter((key) => typeof key === 'string')),
  ].filter((name) => name !== '' && name !== 'node');
  return { index: index !== null && index >= 0 ? index : null, field: names.at(-1) ?? queriedField(text) };
}

function queriedField(message: string): string | null {
  return /(?:cannot query field|field|argument) ["'`](\w{1,60})["'`]/i.exec(message)?.[1] ?? null;
}

/** The rules of GraphQL validation that a query broke: the request itself is wrong, not a record in it. */
const MISSHAPEN = /^(?:argumentsofcorrecttype|fieldsoncorrecttype|knownargument|knowntype|syntaxerror|providednonnull|variablesare)/;

/** Throttling is named by the second part of the code; credits, burst and concurrency all pass by themselves. */
function categoryOf(fault: Fault): Category | undefined {
  const code = inKeys({ [fault.code ?? '']: true }).keys().next().value ?? '';
  if (/credits$|ratelimit|concurrencylimit/.test(code)) return 'rate_limit';
  if (/api token|authorization/i.test(fault.message) && fault.code === null) return 'auth';
  if (code === 'unhandlederror' || /^(?:unhandled|unexpected|internal)\b/i.test(fault.message)) return 'server';
  if (/timed out/i.test(fault.message)) return 'timeout';
  if (MISSHAPEN.test(code)) return 'schema';
  if (/^cannot query field|expected type|is not defined by type|unknown (?:field|argument)/i.test(fault.message)) return 'schema';
  return undefined;
}
