/** A `$filter` of comparisons joined by `and` or `or`; enough for what the interface is asked here. */
export type Filter = { field: string; operator: 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'; value: string }[][];

export class ODataError extends Error {
  override name = 'ODataError';
  status: number;
  code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const COMPARISON = /\s*([A-Za-z]\w*)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[^\s()']+)\s*(?:(and|or)\s|$)/y;

/**
 * Alternatives of conjunctions. Like Business Central it takes `or` over one field only:
 * https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/webservices/odata-known-limitations
 */
export function parseFilter(text: string): Filter {
  const filter: Filter = [[]];
  const fieldsOfOr = new Set<string>();
  let at = 0;
  let joined: string | undefined;
  while (at < text.length || at === 0) {
    COMPARISON.lastIndex = at;
    const match = COMPARISON.exec(text);
    if (!match) throw new ODataError(400, 'BadRequest_NotFound', 'Bad Request - Error in query syntax.');
    const [, field = '', operator, literal = '', next] = match;
    const value = literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : literal;
    if (joined === 'or') filter.push([]);
    if (joined === 'or' || next === 'or') fieldsOfOr.add(field);
    filter.at(-1)?.push({ field, operator: operator as Filter[number][number]['operator'], value });
    joined = next;
    at = COMPARISON.lastIndex;
    if (!next) break;
  }
  if (joined || at < text.length) throw new ODataError(400, 'BadRequest_NotFound', 'Bad Request - Error in query syntax.');
  if (fieldsOfOr.size > 1) {
    throw new ODataError(400, 'BadRequest', "The 'OR' operator is not supported on distinct fields on an OData filter.");
  }
  return filter;
}

export function matches(filter: Filter, row: Record<string, unknown>): boolean {
  return filter.some((all) =>
    all.every(({ field, operator, value }) => {
      const held = row[field];
      const actual = typeof held === 'string' ? held : JSON.stringify(held ?? '');
      switch (operator) {
        case 'eq':
          return actual === value;
        case 'ne':
          return actual !== value;
        case 'gt':
          return actual > value;
        case 'ge':
          return actual >= value;
        case 'lt':
          return actual < value;
        case 'le':
          return actual <= value;
      }
    })
  );
}

/** The values when the filter only asks one field to equal one of them; an index can answer that. */
export function equalTo(filter: Filter, field: string): string[] | null {
  const values: string[] = [];
  for (const all of filter) {
    const [only, ...more] = all;
    if (!only || more.length > 0 || only.field !== field || only.operator !== 'eq') return null;
    values.push(only.value);
  }
  return values;
}

/** `$select`: the named properties only; an unknown one is refused. */
export function select(row: Record<string, unknown>, names: string | null, type: string): Record<string, unknown> {
  if (!names) return row;
  return Object.fromEntries(
    names.split(',').map((name) => name.trim()).map((name) => {
      if (!(name in row)) {
        throw new ODataError(400, 'BadRequest', `Could not find a property named '${name}' on type 'Microsoft.NAV.${type}'.`);
      }
      return [name, row[name]];
    }),
  );
}
