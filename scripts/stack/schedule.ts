import { Cron } from 'croner';

const bounds: [lowest: number, highest: number][] = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]];

/**
 * When a job with this schedule is due next after `after`, in UTC as pg_cron has it: five fields, or "N seconds"
 * counted from `after`. Null if it never is.
 * https://github.com/citusdata/pg_cron#what-is-pg_cron
 */
export function nextDue(schedule: string, after: Date): Date | null {
  const seconds = /^\s*(\d+)\s+seconds?\s*$/i.exec(schedule)?.[1];
  if (seconds !== undefined) return new Date(after.getTime() + Number(seconds) * 1000);
  const fields = schedule.trim().split(/\s+/).map((field, place) => field.split(',').map((item) => withoutStep(item, bounds[place])).join(','));
  // pg_cron writes the last day of the month as $, croner as L.
  if (fields[2] === '$') fields[2] = 'L';
  return new Cron(fields.join(' '), { timezone: 'UTC', mode: '5-part', paused: true }).nextRun(after);
}

/** Steps as lists of numbers: pg_cron takes a step beyond the end of its range (the first value only), croner does not. */
function withoutStep(item: string, [lowest, highest]: [number, number] = [0, 59]): string {
  const [range = '', step] = item.split('/');
  if (step === undefined || Number(step) === 1) return range;
  const [first = lowest, last = highest] = range === '*' ? [] : range.split('-').map(Number);
  const values = [];
  for (let value = first; value <= last; value += Number(step)) values.push(value);
  return values.join(',');
}
