import { Cron } from 'croner';

/**
 * When a job with this schedule is due next after `after`, in UTC as pg_cron has it: five fields, or "N seconds"
 * counted from `after`. Null if it never is.
 * https://github.com/citusdata/pg_cron#what-is-pg_cron
 */
export function nextDue(schedule: string, after: Date): Date | null {
  const seconds = /^\s*(\d+)\s+seconds?\s*$/i.exec(schedule)?.[1];
  if (seconds !== undefined) return new Date(after.getTime() + Number(seconds) * 1000);
  // pg_cron writes the last day of the month as $, croner as L.
  const pattern = schedule.trim().replace(/^(\S+\s+\S+\s+)\$/, '$1L');
  return new Cron(pattern, { timezone: 'UTC', mode: '5-part', paused: true }).nextRun(after);
}
