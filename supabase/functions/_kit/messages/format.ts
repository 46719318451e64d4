import type { Catalogue } from './catalogue.ts';

/** Amount and currency the way the reader's language writes them. `amount` is decimal text and stays exact. */
export function money(words: Catalogue, amount: string, currency: string): string {
  try {
    return new Intl.NumberFormat(words.intl, { style: 'currency', currency }).format(amount as Intl.StringNumericLiteral);
  } catch {
    // Not a currency the language knows how to write (Intl wants three letters): the number with what it was called.
    return `${number(words, amount)} ${currency}`.trim();
  }
}

export function number(words: Catalogue, value: number | string): string {
  return new Intl.NumberFormat(words.intl, { maximumFractionDigits: 20 }).format(value as Intl.StringNumericLiteral);
}

/** Weekday, date and time in the organization's zone, with the zone's name; in UTC if the zone is not one. */
export function moment(words: Catalogue, at: string, timeZone: string): string {
  const zone = knownZone(timeZone);
  const text = new Intl.DateTimeFormat(words.intl, { dateStyle: 'full', timeStyle: 'short', timeZone: zone }).format(new Date(at));
  return `${text} (${zone})`;
}

function knownZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone;
  } catch {
    return 'UTC';
  }
}

/** How long from one instant to a later one, in the largest unit that says enough: minutes, hours (from 2), days (from 2). */
export function span(words: Catalogue, from: string, to: string): string {
  const minutes = Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 60_000));
  if (minutes < 120) return words.minute(minutes, number(words, minutes));
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return words.hour(hours, number(words, hours));
  const days = Math.floor(hours / 24);
  return words.day(days, number(words, days));
}
