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

function bestFit(value: unknown, path: readonly string[], wanted: readonly string[]): number {
  return childrenOf(value).reduce((best, [key, child]) => Math.max(best, bestFit(child, [...path, key], wanted)), fit(path, wanted));
}

/**
 * Lays a payload out line by line and marks where `field` stands, as precisely as its name allows: systems name a field by
 * its whole path, without positions in lists, or by its last part alone. A field that is not there marks nothing.
 */
export function payloadLines(payload: unknown, field: string | null): PayloadLine[] {
  const wanted = field ? fieldPath(field) : [];
  const best = bestFit(payload, [], wanted);
  const lines: PayloadLine[] = [];
  const walk = (value: unknown, path: string[], label: string, comma: string, inside: boolean): void => {
    const depth = path.length;
    const offending = inside || (best > 0 && fit(path, wanted) === best);
    const children = childrenOf(value);
    if (children.length === 0) {
      lines.push({ depth, text: `${label}${JSON.stringify(value) ?? 'null'}${comma}`, offending });
      return;
    }
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
    lines.push({ depth, text: `${label}${open}`, offending });
    children.forEach(([key, child], i) => {
      const name = Array.isArray(value) ? '' : `${JSON.stringify(key)}: `;
      walk(child, [...path, key], name, i < children.length - 1 ? ',' : '', offending);
    });
    lines.push({ depth, text: `${close}${comma}`, offending });
  };
  walk(payload, [], '', '', false);
  return lines;
}
