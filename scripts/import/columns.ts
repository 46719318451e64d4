import { ImportError } from './import-error.ts';

/** The header of one file while a mapping is bound to it. */
export type Columns = {
  header: string[];
  /** The place of the first of these spellings that the header has. */
  find: (spellings: string[]) => number | undefined;
  /** Notes that a column nothing can stand in for is not there. */
  missing: (spellings: string[], target: string) => void;
  /** @throws ImportError saying what was found and what is missing, if anything is. */
  finish: (delimiter: string) => void;
};

/** Case, spaces and underscores are not what tells two headers apart. */
const normalized = (name: string): string => name.normalize('NFKC').replace(/[\s_]+/g, ' ').trim().toLowerCase();

export function columnsOf(header: string[]): Columns {
  const names = header.map(normalized);
  const lacking = new Set<string>();
  const twice = new Set<string>();

  function find(spellings: string[]): number | undefined {
    for (const spelling of spellings) {
      const at = names.indexOf(normalized(spelling));
      if (at === -1) continue;
      if (names.includes(names[at] ?? '', at + 1)) twice.add(`"${header[at]?.trim() ?? spelling}" twice`);
      return at;
    }
    return undefined;
  }

  function missing(spellings: string[], target: string): void {
    lacking.add(`${spellings.map((spelling) => `"${spelling}"`).join(' or ')} (for ${target})`);
  }

  function finish(delimiter: string): void {
    if (lacking.size === 0 && twice.size === 0) return;
    const lines = ['The header of this file does not fit the mapping; nothing was imported.'];
    lines.push(`  found:   ${header.map((name) => name.trim()).join(' | ')}`);
    if (lacking.size > 0) lines.push(`  missing: ${[...lacking].join(', ')}`);
    if (twice.size > 0) lines.push(`  unclear: ${[...twice].join(', ')}`);
    const other = [';', '\t', ',', '|'].find((sign) => sign !== delimiter && (header[0] ?? '').includes(sign));
    if (header.length === 1 && other !== undefined) {
      lines.push(`  The columns look separated by ${JSON.stringify(other)}: set "delimiter" in the mapping.`);
    }
    throw new ImportError(lines.join('\n'));
  }

  return { header, find, missing, finish };
}
