import type { Span } from './build.ts';

/** What of a report that was handed in says whether its days are taken. */
export type HandedIn = { scheme: string; first_day: string; last_day: string; unlocked_at: string | null };

/**
 * What keeps the days of a period from being reported anew: the report of exactly this period, or another that shares a day with it.
 * The database refuses both; the page says so beforehand.
 */
export function lockOf<H extends HandedIn>(scheme: string, { from, to }: Span, handedIn: readonly H[]): { of: H; isSame: boolean } | null {
  const locked = handedIn.filter((one) => one.scheme === scheme && one.unlocked_at === null && one.first_day <= to && from <= one.last_day);
  const same = locked.find((one) => one.first_day === from && one.last_day === to);
  if (same) return { of: same, isSame: true };
  return locked[0] ? { of: locked[0], isSame: false } : null;
}
