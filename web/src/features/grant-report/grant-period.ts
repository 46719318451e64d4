import type { Span } from './form/build.ts';

export type Preset = 'lastQuarter' | 'lastHalf' | 'lastYear';
export const PRESETS: readonly Preset[] = ['lastQuarter', 'lastHalf', 'lastYear'];

const MONTHS: Record<Preset, number> = { lastQuarter: 3, lastHalf: 6, lastYear: 12 };
const LONGEST_DAYS = 1_100;
const DAY_MS = 86_400_000;

const toMs = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const toDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The last whole quarter, half-year or year before `today`, as calendars have them. */
export function presetSpan(preset: Preset, today: string): Span {
  const now = new Date(toMs(today));
  const months = MONTHS[preset];
  const begin = Math.floor(now.getUTCMonth() / months) * months;
  return { from: toDay(Date.UTC(now.getUTCFullYear(), begin - months, 1)), to: toDay(Date.UTC(now.getUTCFullYear(), begin, 0)) };
}

const isDay = (text: string | null): text is string => text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && toDay(toMs(text)) === text;

/** The days an address asks for, or the last half-year where it asks for none that can be. */
export function spanOf(search: URLSearchParams, today: string): Span {
  const [from, to] = [search.get('from'), search.get('to')];
  if (isDay(from) && isDay(to) && from <= to && toMs(to) - toMs(from) <= LONGEST_DAYS * DAY_MS) return { from, to };
  return presetSpan('lastHalf', today);
}

/** The integrations an address asks for, by their slugs; null for all. */
export function chosenOf(search: URLSearchParams): readonly string[] | null {
  const list = (search.get('only') ?? '').split(',').filter((slug) => slug !== '');
  return list.length > 0 ? list : null;
}
