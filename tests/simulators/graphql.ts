/**
 * The part of GraphQL a vendor's few operations need (https://spec.graphql.org/October2021/): one operation, variables,
 * arguments, nested selections. No fragments, no directives.
 */
export class GraphQLError extends Error {
  override name = 'GraphQLError';
}

export type Value =
  | { kind: 'variable'; name: string }
  | { kind: 'scalar'; value: string | number | boolean | null }
  | { kind: 'enum'; value: string }
  | { kind: 'list'; items: Value[] }
  | { kind: 'object'; fields: Map<string, Value> };

export type Selection = { name: string; alias: string; args: Map<string, Value>; selections: Selection[] };
export type Operation = { type: 'query' | 'mutation'; variables: Map<string, string>; selections: Selection[] };

const TOKEN =
  /[\s,\uFEFF]+|#[^\n]*|([A-Za-z_]\w*)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|("(?:[^"\\\n]|\\.)*")|([!$():=@[\]{}|&]|\.\.\.)|(.)/gy;

type Token = { text: string; kind: 'name' | 'number' | 'string' | 'mark' | 'end' };

function tokens(source: string): Token[] {
  const found: Token[] = [];
  for (const match of source.matchAll(TOKEN)) {
    const [, name, number, string, mark, other] = match;
    if (other !== undefined) throw new GraphQLError(`Syntax error: unexpected character ${JSON.stringify(other)}.`);
    if (name !== undefined) found.push({ text: name, kind: 'name' });
    else if (number !== undefined) found.push({ text: number, kind: 'number' });
    else if (string !== undefined) found.push({ text: string, kind: 'string' });
    else if (mark !== undefined) found.push({ text: mark, kind: 'mark' });
  }
  found.push({ text: 'end of document', kind: 'end' });
  return found;
}

/** Where the parser stands; every way of taking a token either moves on or throws. */
type Cursor = {
  peek(): Token;
  is(mark: string): boolean;
  skip(mark: string): boolean;
  take(kind: Token['kind'], text?: string): string;
  unexpected(): never;
};

function cursorOver(list: Token[]): Cursor {
  let at = 0;
  const cursor: Cursor = {
    peek: () => list[at] ?? { text: 'end of document', kind: 'end' },
    is: (mark) => cursor.peek().kind === 'mark' && cursor.peek().text === mark,
    skip(mark) {
      if (!cursor.is(mark)) return false;
      at++;
      return true;
    },
    take(kind, text) {
      const token = cursor.peek();
      if (token.kind !== kind || (text !== undefined && token.text !== text)) cursor.unexpected();
      at++;
      return token.text;
    },
    unexpected() {
      throw new GraphQLError(`Syntax error: unexpected ${cursor.peek().text}.`);
    },
  };
  return cursor;
}

function until<T>(cursor: Cursor, end: string, read: () => T): T[] {
  const found: T[] = [];
  while (!cursor.skip(end)) found.push(read());
  return found;
}

function readNamed(cursor: Cursor, end: string): Map<string, Value> {
  return new Map(until(cursor, end, (): [string, Value] => {
    const name = cursor.take('name');
    cursor.take('mark', ':');
    return [name, readValue(cursor)];
  }));
}

function readValue(cursor: Cursor): Value {
  if (cursor.skip('$')) return { kind: 'variable', name: cursor.take('name') };
  if (cursor.skip('[')) return { kind: 'list', items: until(cursor, ']', () => readValue(cursor)) };
  if (cursor.skip('{')) return { kind: 'object', fields: readNamed(cursor, '}') };
  switch (cursor.peek().kind) {
    case 'number':
      return { kind: 'scalar', value: Number(cursor.take('number')) };
    case 'string':
      return { kind: 'scalar', value: readString(cursor.take('string')) };
    case 'name': {
      const name = cursor.take('name');
      if (name === 'true' || name === 'false') return { kind: 'scalar', value: name === 'true' };
      return name === 'null' ? { kind: 'scalar', value: null } : { kind: 'enum', value: name };
    }
    default:
      return cursor.unexpected();
  }
}

function readString(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new GraphQLError(`Syntax error: bad string ${text}.`);
  }
}

function readSelections(cursor: Cursor): Selection[] {
  cursor.take('mark', '{');
  return until(cursor, '}', () => {
    const alias = cursor.take('name');
    const name = cursor.skip(':') ? cursor.take('name') : alias;
    const args = cursor.skip('(') ? readNamed(cursor, ')') : new Map<string, Value>();
    return { name, alias, args, selections: cursor.is('{') ? readSelections(cursor) : [] };
  });
}

function readType(cursor: Cursor): string {
  const inner = cursor.skip('[') ? `[${readType(cursor)}${cursor.take('mark', ']')}` : cursor.take('name');
  return cursor.skip('!') ? `${inner}!` : inner;
}

function readVariables(cursor: Cursor): Map<string, string> {
  if (!cursor.skip('(')) return new Map();
  return new Map(until(cursor, ')', (): [string, string] => {
    cursor.take('mark', '$');
    const name = cursor.take('name');
    cursor.take('mark', ':');
    const type = readType(cursor);
    if (cursor.skip('=')) readValue(cursor);
    return [name, type];
  }));
}

/** Parses a document of exactly one operation; throws `GraphQLError`. */
export function parseOperation(source: string): Operation {
  const cursor = cursorOver(tokens(source));
  let operation: Operation;
  if (cursor.is('{')) {
    operation = { type: 'query', variables: new Map(), selections: readSelections(cursor) };
  } else {
    const kind = cursor.take('name');
    if (kind !== 'query' && kind !== 'mutation') throw new GraphQLError(`Syntax error: unexpected ${kind}.`);
    if (cursor.peek().kind === 'name') cursor.take('name');
    operation = { type: kind, variables: readVariables(cursor), selections: readSelections(cursor) };
  }
  cursor.take('end');
  return operation;
}

/** An input type: a scalar's check, or the fields of an object. */
export type InputType =
  | { kind: 'scalar'; name: string; fits(value: unknown): boolean }
  | { kind: 'object'; name: string; fields: Record<string, InputType>; required?: string[] }
  | { kind: 'list'; of: InputType };

export const typeName = (type: InputType): string => (type.kind === 'list' ? `[${typeName(type.of)}!]` : type.name);

/** The value as the type wants it; throws `GraphQLError` naming the place, before anything is stored. */
export function coerce(type: InputType, value: unknown, place: string): unknown {
  if (value === null || value === undefined) return null;
  if (type.kind === 'scalar') {
    if (!type.fits(value)) {
      throw new GraphQLError(`Invalid value ${JSON.stringify(value)} for \`${place}\`: expected type \`${type.name}\`.`);
    }
    return value;
  }
  if (type.kind === 'list') {
    const items = Array.isArray(value) ? value : [value];
    return items.map((item, index) => coerce(type.of, item, `${place}[${index}]`));
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new GraphQLError(`Invalid value ${JSON.stringify(value)} for \`${place}\`: expected type \`${type.name}\`.`);
  }
  for (const [name, item] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (!field) throw new GraphQLError(`Unknown field \`${name}\` on input type \`${type.name}\` at \`${place}\`.`);
    coerce(field, item, `${place}.${name}`);
  }
  for (const name of type.required ?? []) {
    const given: unknown = (value as Record<string, unknown>)[name];
    if (given === null || given === undefined) throw new GraphQLError(`Field \`${name}\` is required on \`${type.name}\` at \`${place}\`.`);
  }
  return value;
}

/** Replaces the variables of a written value by what was sent with the operation. */
export function resolve(value: Value, operation: Operation, given: Record<string, unknown>): unknown {
  switch (value.kind) {
    case 'variable': {
      const declared = operation.variables.get(value.name);
      if (declared === undefined) throw new GraphQLError(`Variable \`$${value.name}\` is not defined.`);
      const sent = Object.hasOwn(given, value.name) ? given[value.name] : null;
      if (declared.endsWith('!') && (sent === null || sent === undefined)) {
        throw new GraphQLError(`Variable \`$${value.name}\` of required type \`${declared}\` was not provided.`);
      }
      return sent;
    }
    case 'list':
      return value.items.map((item) => resolve(item, operation, given));
    case 'object':
      return Object.fromEntries([...value.fields].map(([name, item]) => [name, resolve(item, operation, given)]));
    default:
      return value.value;
  }
}

/** What an answer may hold: `true` for a plain field, an object for one that needs a selection. */
export type OutputType = { name: string; fields: Record<string, true | OutputType> };

export function checkSelections(selections: Selection[], type: OutputType): void {
  for (const selection of selections) {
    const field = Object.hasOwn(type.fields, selection.name) ? type.fields[selection.name] : undefined;
    if (field === undefined) throw new GraphQLError(`Cannot query field \`${selection.name}\` on type \`${type.name}\``);
    if (field === true) {
      if (selection.selections.length > 0) throw new GraphQLError(`Field \`${selection.name}\` of type \`${type.name}\` has no subfields.`);
    } else {
      if (selection.selections.length === 0) {
        throw new GraphQLError(`Field \`${selection.name}\` of type \`${type.name}\` must have a selection of subfields.`);
      }
      checkSelections(selection.selections, field);
    }
  }
}

/** The selected part of a value. */
export function project(value: unknown, selections: Selection[]): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => project(item, selections));
  if (value === null || typeof value !== 'object') return value ?? null;
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(
    selections.map((
      { alias, name, selections: inner },
    ) => [alias, inner.length > 0 ? project(fields[name] ?? null, inner) : fields[name] ?? null]),
  );
}
