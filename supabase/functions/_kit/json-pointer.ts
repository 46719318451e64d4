/** Places in JSON by RFC 6901: `/lines/0/account`. The empty pointer is the whole. https://www.rfc-editor.org/rfc/rfc6901 */
export const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

export function tokensOf(pointer: string): string[] {
  return pointer.split('/').slice(1).map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands at a place, undefined where nothing does; only what the JSON itself holds is found. */
export function valueAt(json: unknown, pointer: string): unknown {
  let value = json;
  for (const token of tokensOf(pointer)) {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, token);
    if (!isThere || (Array.isArray(value) && !/^\d+$/.test(token))) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

/** A text, or a number or truth value as text; null for everything else. */
export function textAt(json: unknown, pointer: string | undefined): string | null {
  const value = pointer === undefined ? undefined : valueAt(json, pointer);
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

type Tree = string | Map<string, Tree>;

/**
 * JSON text out of places and the JSON text that belongs there. Numbers stay as they are written, which an object would round. A map
 * whose keys are all numbers becomes a list in their order; a place without a value closes up.
 * @throws Error when one place lies inside another, or is named twice.
 */
export function jsonOf(places: Iterable<readonly [pointer: string, json: string]>): string {
  const root = new Map<string, Tree>();
  for (const [pointer, json] of places) {
    const tokens = tokensOf(pointer);
    const last = tokens.pop();
    let tree = root;
    for (const token of tokens) {
      const next = tree.get(token) ?? new Map<string, Tree>();
      if (typeof next === 'string') throw new Error(`${pointer} lies inside a place that has a value already.`);
      tree.set(token, next);
      tree = next;
    }
    if (last === undefined || tree.has(last)) throw new Error(`${pointer || 'The whole'} has a value already, or something in it has.`);
    tree.set(last, json);
  }
  return written(root);
}

function written(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  const entries = [...tree];
  if (entries.length > 0 && entries.every(([token]) => /^\d+$/.test(token))) {
    return `[${entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => written(child)).join(',')}]`;
  }
  return `{${entries.map(([token, child]) => `${JSON.stringify(token)}:${written(child)}`).join(',')}}`;
}

/** JSON in which a number that JavaScript would round is the text it was written as: long ids, long amounts. */
export function exactJson(text: string): unknown {
  const keep = (_: string, value: unknown, context?: { source?: string }): unknown => {
    const source = typeof value === 'number' ? context?.source : undefined;
    return source !== undefined && source.replace(/e.*$/i, '').replace(/\D/g, '').length > 15 && String(value) !== source ? source : value;
  };
  return JSON.parse(text, keep) as unknown;
}
