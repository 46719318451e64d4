import type { Format } from './format.ts';
import type { Messages } from './i18n/nb.ts';

/** A schedule in words: `every hour`, `every 15 min`. */
export function everyInWords(minutes: number, t: Messages, f: Format): string {
  if (minutes === 60) return t.overview.everyHour;
  if (minutes === 1440) return t.overview.everyDay;
  return t.overview.every(f.duration(minutes * 60_000));
}
