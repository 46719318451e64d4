/** Wall time of the organization, `2026-11-20T06:00`; the end is the first moment that no longer belongs. */
export type Range = { from: string; to: string };

export const DAYS = [7, 30, 90] as const;
export const KINDS = ['all', 'runs', 'problems', 'changes', 'maintenance', 'incidents'] as const;
export type Kind = (typeof KINDS)[number];

/** What the history shows, as the address says it. `before` is the row a page starts after: `2026-11-20T05:00:00Z~run-12`. */
export type View = { days: number; range: Range | null; kind: Kind; folded: boolean; before: { at: string; key: string } | null };

const DAY_MS = 86_400_000;
const WRITTEN = /^2[01]\d\d-\d\d-\d\d(T\d\d:\d\d)?$/;
/** More often than this, a week has more runs than anybody reads one by one. */
const FOLD_UNDER_MINUTES = 60;

const asUtc = (wall: string): number => Date.parse(`${wall}${wall.length === 10 ? 'T00:00' : ''}:00Z`);
const isWall = (text: string | null): text is string =>
  text !== null && WRITTEN.test(text) && !Number.isNaN(asUtc(text)) && new Date(asUtc(text)).toISOString().startsWith(text);

/** The day `count` days after a day. */
export const dayAfter = (day: string, count: number): string => new Date(asUtc(day) + count * DAY_MS).toISOString().slice(0, 10);

/** A range as an address has it: two days, both of them whole, or two times. Null where it cannot be one. */
export function readRange(from: string | null, to: string | null): Range | null {
  if (!isWall(from) || !isWall(to)) return null;
  const range = { from: from.length === 10 ? `${from}T00:00` : from, to: to.length === 10 ? `${dayAfter(to, 1)}T00:00` : to };
  const length = asUtc(range.to) - asUtc(range.from);
  return length > 0 && length <= 400 * DAY_MS ? range : null;
}

/** A range as it is written: whole days as days, the last one included. */
export function writeRange({ from, to }: Range): Range {
  if (!from.endsWith('T00:00') || !to.endsWith('T00:00')) return { from, to };
  return { from: from.slice(0, 10), to: dayAfter(to.slice(0, 10), -1) };
}

/** Reads what to show from the address; what means nothing there is passed over. */
export function readView(search: URLSearchParams, everyMinutes: number): View {
  const [, at = '', key = ''] = /^([0-9T:.+Z-]{20,40})~([a-z]{3,12}-\d{1,18})$/.exec(search.get('before') ?? '') ?? [];
  const wanted = Number(search.get('days'));
  return {
    days: DAYS.find((days) => days === wanted) ?? 7,
    range: readRange(search.get('from'), search.get('to')),
    kind: KINDS.find((kind) => kind === search.get('show')) ?? 'all',
    folded: search.has('each') ? search.get('each') === '0' : everyMinutes < FOLD_UNDER_MINUTES,
    before: key && !Number.isNaN(Date.parse(at)) ? { at, key } : null,
  };
}

type Change = { days?: number; range?: Range | null; kind?: Kind; folded?: boolean; before?: string };

/** The address with something changed; whatever else it says stays. Another choice begins at the newest again. */
export function changedAddress(search: URLSearchParams, { days, range, kind, folded, before }: Change): URLSearchParams {
  const next = new URLSearchParams(search);
  const put = (name: string, value: string | undefined): void => (value === undefined ? next.delete(name) : next.set(name, value));
  if (days !== undefined) put('days', String(days));
  if (range !== undefined || days !== undefined) {
    const written = range ? writeRange(range) : null;
    put('from', written?.from);
    put('to', written?.to);
  }
  if (kind !== undefined) put('show', kind === 'all' ? undefined : kind);
  if (folded !== undefined) put('each', folded ? '0' : '1');
  put('before', before);
  return next;
}

/** What the chart covers: the last days, or the range itself where it begins before them. */
export function frameOf({ days, range }: View, today: string): Range | null {
  return range && range.from < `${dayAfter(today, 1 - days)}T00:00` ? range : null;
}
