import { isDecimal } from './decimal.ts';
import type { Amount } from './decimal.ts';
import { counter } from './i18n/plural.ts';

export type Locale = 'nb' | 'en';

const TAGS: Record<Locale, string> = { nb: 'nb-NO', en: 'en-GB' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Everything the page writes as a number, an amount or a time, in one language and one time zone. */
export type Format = ReturnType<typeof makeFormat>;

type Unit = 'day' | 'hour' | 'minute' | 'second';

function relativeParts(ms: number): [number, Unit] {
  const size = Math.abs(ms);
  if (size < MINUTE) return [Math.trunc(ms / 1000), 'second'];
  if (size < HOUR) return [Math.trunc(ms / MINUTE), 'minute'];
  if (size < DAY) return [Math.trunc(ms / HOUR), 'hour'];
  return [Math.trunc(ms / DAY), 'day'];
}

function durationParts(ms: number): [number, Unit][] {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const split: [number, Unit][] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ];
  const first = split.findIndex(([n]) => n > 0);
  if (first < 0) return [[0, 'second']];
  return split.slice(first, first + 2).filter(([n], i) => i === 0 || n > 0);
}

function makeNumbers(tag: string) {
  const plain = new Intl.NumberFormat(tag);
  const units = (n: number, unit: Unit) => new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'short' }).format(n);
  const tenth = (n: number, unit: Unit) =>
    new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }).format(n);
  /** A decimal from Postgres with its currency; text that is no number is shown as it came. */
  const amount = (value: string, currency: string): string => {
    if (!isDecimal(value)) return `${value} ${currency}`;
    const known = /^[A-Z]{3}$/.test(currency);
    if (!known) return `${new Intl.NumberFormat(tag, { minimumFractionDigits: 2 }).format(value)} ${currency}`.trim();
    return new Intl.NumberFormat(tag, { style: 'currency', currency, currencyDisplay: 'code' }).format(value);
  };
  return {
    number: (n: number) => plain.format(n),
    count: counter(tag),
    amount,
    amounts: (list: readonly Amount[]) => list.map((a) => amount(a.amount, a.currency)).join(' · '),
    /** Milliseconds in words: `3 min 12 s`; under ten seconds with one decimal. */
    duration: (ms: number) =>
      ms < 9_950 ? tenth(ms / 1000, 'second') : durationParts(ms).map(([n, unit]) => units(n, unit)).join(' '),
  };
}

function makeTimes(tag: string, timeZone: string) {
  const formatter = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, { timeZone, ...options });
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' };
  const clock = formatter(time);
  const short = formatter({ day: 'numeric', month: 'short', ...time });
  const full = formatter({ day: 'numeric', month: 'short', year: 'numeric', ...time });
  const exact = formatter({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', second: '2-digit', ...time });
  const day = formatter({ weekday: 'long', day: 'numeric', month: 'long' });
  const date = formatter({ day: 'numeric', month: 'short', year: 'numeric' });
  // A date without a time belongs to no zone: shown as written.
  const dayOfWeek = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', weekday: 'long' });
  const list = new Intl.ListFormat(tag);
  // 1 January 2024 was a Monday.
  const weekday = (n: number) => dayOfWeek.format(Date.UTC(2024, 0, n));
  const plainDate = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' });
  const relative = new Intl.RelativeTimeFormat(tag, { style: 'short', numeric: 'auto' });
  const dateTime = (iso: string) => full.format(new Date(iso));
  // One tag for both languages: a table is sorted and reckoned with, not read aloud.
  const sortable = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const sameDay = (iso: string, now: number) => date.format(new Date(iso)) === date.format(new Date(now));
  return {
    dateTime,
    exact: (iso: string) => exact.format(new Date(iso)),
    /** `2026-11-20 14:53:00`, as spreadsheets know times. */
    sortable: (iso: string) => sortable.format(new Date(iso)),
    day: (iso: string) => day.format(new Date(iso)),
    /** The name of a day of the week; 1 is Monday. */
    weekday,
    /** `Monday–Friday`, `Monday, Wednesday and Friday`. */
    weekdays: (days: readonly number[]) => {
      const [first = 1, last = 1] = [days[0], days.at(-1)];
      return days.length > 2 && last - first === days.length - 1 ? `${weekday(first)}–${weekday(last)}` : list.format(days.map(weekday));
    },
    date: (iso: string) => (/^\d{4}-\d{2}-\d{2}$/.test(iso) ? plainDate : date).format(new Date(iso)),
    /** The clock alone when it is today, otherwise with the date; always with the zone. */
    when: (iso: string, now: number) => (sameDay(iso, now) ? clock : short).format(new Date(iso)),
    /** `12 min ago`; beyond a week the date itself. */
    relative: (iso: string, now: number) => {
      const ms = Date.parse(iso) - now;
      return Math.abs(ms) > 7 * DAY ? dateTime(iso) : relative.format(...relativeParts(ms));
    },
  };
}

/** Binds the formatters to a language and to the organization's time zone. An unknown zone falls back to UTC, which the suffix shows. */
export function makeFormat(locale: Locale, timeZone: string) {
  const tag = TAGS[locale];
  const zone = isTimeZone(timeZone) ? timeZone : 'UTC';
  return { locale, timeZone: zone, ...makeNumbers(tag), ...makeTimes(tag, zone), compare: new Intl.Collator(tag).compare };
}

function isTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }));
  } catch {
    return false;
  }
}
