/**
 * The same complaint about another record: other numbers, ids, dates, amounts, addresses and quoted text of the same form, and nothing
 * else. What is blamed, and what a machine reads (`keep`), stays.
 */
export function vary(message: string, seed: number, keep: readonly (string | null)[]): string {
  const random = randomOf(seed);
  const status = /^[1-5]\d\d(?= \p{Lu})/u.exec(message)?.[0] ?? null;
  return message.replace(VALUES, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    if (match === status) return match;
    const inner = groups.quoted ?? groups.single ?? groups.angled ?? groups.curly;
    if (keep.some((kept) => kept !== null && (kept === match || kept === inner))) return match;
    if (inner === undefined) return scrambled(match, random);
    // A path into the request names a field, a sentence in quotes is the complaint itself.
    if (/[[\]]/.test(inner) || inner.split(' ').length > 5 || /: /.test(inner)) return match;
    return match.at(0) + scrambled(inner, random) + match.at(-1);
  });
}

const VALUES = new RegExp([
  '"(?<quoted>[^"]{1,60})"', "(?<![\\p{L}\\p{N}])'(?<single>[^']{1,60})'(?![\\p{L}\\p{N}])", '«(?<angled>[^»]{1,60})»', '“(?<curly>[^”]{1,60})”',
  '[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+',
  '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  '\\d{4}-\\d\\d-\\d\\d(?:T[\\d:.]+Z?)?',
  '(?<![\\p{L}\\p{N}_.])-?\\d[\\d.,]*(?:-\\d+)*(?![\\p{L}\\p{N}_])',
  '(?<![\\p{L}\\p{N}_])\\p{Lu}{1,4}-?\\d{2,}(?![\\p{L}\\p{N}_])',
].join('|'), 'gu');

function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return state / 2 ** 32;
  };
}

/** Digits for digits and letters for letters, so that the form stays. */
function scrambled(text: string, random: () => number): string {
  const from = (first: string, count: number): string => String.fromCharCode(first.charCodeAt(0) + Math.floor(random() * count));
  return text.replace(/[1-9]/g, () => from('1', 9)).replace(/[b-y]/g, () => from('b', 24)).replace(/[B-Y]/g, () => from('B', 24));
}
