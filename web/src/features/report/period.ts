/** Whole days, first and last included, as `2026-11-01`. They are days of the organization and belong to no zone here. */
export type Period = { from: string; to: string };

export type Preset = 'thisWeek' | 'lastWeek' | 'thisMonth' | 'lastMonth';
export const PRESETS: readonly Preset[] = ['thisWeek', 'lastWeek', 'thisMonth', 'lastMonth'];

const LONGEST_DAYS = 400;
const DAY_MS = 86_400_000;

const toMs = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const toDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** A week from Monday to Sunday, or a calendar month, seen from `today`. */
export function presetPeriod(preset: Preset, today: string): Period {
  const now = new Date(toMs(today));
  if (preset === 'thisWeek' || preset === 'lastWeek') {
    const monday = toMs(today) - ((now.getUTCDay() + 6) % 7) * DAY_MS - (preset === 'lastWeek' ? 7 * DAY_MS : 0);
    return { from: toDay(monday), to: toDay(monday + 6 * DAY_MS) };
  }
  const month = now.getUTCMonth() - (preset === 'lastMonth' ? 1 : 0);
  return { from: toDay(Date.UTC(now.getUTCFullYear(), month, 1)), to: toDay(Date.UTC(now.getUTCFullYear(), month + 1, 0)) };
}

const isDay = (text: string | null): text is string => text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && toDay(toMs(text)) === text;

/** The period an address asks for, or the running month where it asks for none that can be. */
export function periodOf(search: URLSearchParams, today: string): Period {
  const [from, to] = [search.get('from'), search.get('to')];
  if (isDay(from) && isDay(to) && from <= to && toMs(to) - toMs(from) <= LONGEST_DAYS * DAY_MS) return { from, to };
  return presetPeriod('thisMonth', today);
}

/** Whether the last day is past, so that what it holds may be signed. */
export const isOver = ({ to }: Period, today: string): boolean => to < today;
