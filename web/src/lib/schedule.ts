import * as z from 'zod/mini';
import type { Format } from './format.ts';
import type { Messages } from './i18n/nb.ts';

/** A schedule by the clocks of the organization: a minute of every hour, or a time of day with the days it holds on (1 is Monday). */
export const Calendar = z.object({
  minute: z.optional(z.number()), time: z.optional(z.string()), weekdays: z.optional(z.array(z.number())), day: z.optional(z.enum(['first', 'last'])),
});
export type Calendar = z.output<typeof Calendar>;

/** How often something runs: by the minute or by the calendar. */
export type Schedule = { every_minutes?: number | null | undefined; calendar?: Calendar | null | undefined };

/** Minutes in words: `every hour`, `every 15 minutes`. */
export function everyInWords(minutes: number, t: Messages): string {
  if (minutes % 1440 === 0) return t.overview.everyDays(minutes / 1440);
  if (minutes % 60 === 0) return t.overview.everyHours(minutes / 60);
  return t.overview.everyMinutes(minutes);
}

function calendarInWords({ minute, time = '', weekdays, day }: Calendar, t: Messages, f: Format): string {
  if (minute !== undefined) return t.overview.hourlyAt(minute);
  if (weekdays) return t.overview.weekdaysAt(f.weekdays(weekdays), time);
  return day ? t.overview.monthlyAt[day](time) : t.overview.dailyAt(time);
}

/** A schedule in words: `every hour, 15 min past`, `Monday–Friday at 06:30`; null where there is none. */
export function scheduleInWords({ every_minutes: minutes, calendar }: Schedule, t: Messages, f: Format): string | null {
  if (calendar) return calendarInWords(calendar, t, f);
  return minutes ? everyInWords(minutes, t) : null;
}
