/** One line of a payload as it is shown: JSON, with the refused field's lines marked. */
export type PayloadLine = { depth: number; text: string; offending: boolean };

/** `lines[0].costCenter`, `/lines/0/costCenter` and `lines.0.costCenter` are the same place. */
export function fieldPath(field: string): string[] {
  return field.replaceAll(/\[(\w+)\]/g, '.$1').split(/[./]/).filter((part) => part !== '');
}

const isIndex = (part: string): boolean => /^\d+$/.test(part);

const endsWith = (path: readonly string[], wanted: readonly string[]): boolean =>
  wanted.length > 0 && wanted.every((part, i) => part.toLowerCase() === path[path.length - wanted.length + i]?.toLowerCase());

/** How well a place fits a field's name: 3 the very place, 2 but for positions in lists, 1 the end of it, 0 not at all. */
function fit(path: readonly string[], wanted: readonly string[]): number {
  if (endsWith(path, wanted)) return path.length === wanted.length ? 3 : 1;
  const last = path.at(-1);
  if (last === undefined || isIndex(last) || wanted.some(isIndex)) return 0;
  const named = path.filter((part) => !isIndex(part));
  if (!endsWith(named, wanted)) return 0;
  return named.length === wanted.length ? 2 : 1;
}

const childrenOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

// An app may hand in a megabyte in half a million lines or a thousand levels: neither a browser nor a person gets through that.
const MOST_LINES = 2_000;
const MOST_LEVELS = 50;
const MOST_CHARACTERS = 5_000;

function bestFit(value: unknown, path: readonly string[], wanted: readonly string[]): number {
  if (path.length > MOST_LEVELS) return 0;
  return childrenOf(value).slice(0, MOST_LINES)
    .reduce((best, [key, child]) => Math.max(best, bestFit(child, [...path, key], wanted)), fit(path, wanted));
}

const shortened = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS).toWellFormed()} …` : text);

/**
 * Lays a payload out line by line and marks where `field` stands, as precisely as its name allows: systems name a field by
 * its whole path, without positions in lists, or by its last part alone. A field that is not there marks nothing. Of a payload
 * beyond all measure the beginning is laid out, and `isCut` is true.
 */
export function payloadLines(payload: unknown, field: string | null): { lines: PayloadLine[]; isCut: boolean } {
  const wanted = field ? fieldPath(field) : [];
  const best = bestFit(payload, [], wanted);
  const lines: PayloadLine[] = [];
  let isCut = false;
  const add = (line: PayloadLine): void => {
    isCut ||= line.text.length > MOST_CHARACTERS;
    lines.push({ ...line, text: shortened(line.text) });
  };
  const walk = (value: unknown, path: string[], label: string, comma: string, inside: boolean): void => {
    const depth = path.length;
    const offending = inside || (best > 0 && fit(path, wanted) === best);
    const children = childrenOf(value);
    if (children.length === 0) return add({ depth, text: `${label}${JSON.stringify(value) ?? 'null'}${comma}`, offending });
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
    if (depth >= MOST_LEVELS) {
      isCut = true;
      return add({ depth, text: `${label}${open} … ${close}${comma}`, offending });
    }
    add({ depth, text: `${label}${open}`, offending });
    for (const [i, [key, child]] of children.entries()) {
      if (lines.length >= MOST_LINES) {
        isCut = true;
        break;
      }
      const name = Array.isArray(value) ? '' : `${JSON.stringify(key)}: `;
      walk(child, [...path, key], name, i < children.length - 1 ? ',' : '', offending);
    }
    add({ depth, text: `${close}${comma}`, offending });
  };
  walk(payload, [], '', '', false);
  return { lines, isCut };
}
