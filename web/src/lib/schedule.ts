import type { Messages } from './i18n/nb.ts';

/** A schedule in words: `every hour`, `every 15 minutes`. */
export function everyInWords(minutes: number, t: Messages): string {
  if (minutes % 1440 === 0) return t.overview.everyDays(minutes / 1440);
  if (minutes % 60 === 0) return t.overview.everyHours(minutes / 60);
  return t.overview.everyMinutes(minutes);
}
