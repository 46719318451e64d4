import type { About, Catalogue, Light } from './catalogue.ts';
import { en } from './en.ts';
import { moment, money, number, span } from './format.ts';
import { nb } from './nb.ts';
import { pageAddress, writeNews } from './news.ts';
import type { Locale, Notice } from './notice.ts';
import { looksPersonal, oneLine, withoutPersonalData } from './plain.ts';

/** What a message says, before it is text or HTML. Every string is one clean line. */
export type Letter = {
  language: Locale;
  light: Light;
  subject: string;
  headline: string;
  paragraphs: string[];
  /** The other system's own words; `lines` are what it said. */
  quote: { label: string; text: string } | null;
  facts: { label: string; text: string }[];
  advice: { label: string; text: string } | null;
  link: { label: string; url: string };
  footer: string;
};

const CATALOGUES: Record<Locale, Catalogue> = { nb, en };
const SHOWN_VALUES = 5;
const SHOWN_AMOUNTS = 6;
const LENGTH = { subject: 160, name: 60, word: 60, value: 40, message: 600 };

/** Puts a notice into words. Throws only when `pageUrl` is no URL. */
export function writeLetter(notice: Notice, locale: Locale, pageUrl: string): Letter {
  const words = CATALOGUES[locale];
  const news = writeNews(notice, words, locale, pageUrl);
  if (news) return news;
  const recovered = notice.kind === 'recovered';
  const about: About = {
    name: oneLine(notice.integration.name, LENGTH.name) || notice.integration.slug,
    system: systemTitle(notice.integration.system),
    times: notice.failures,
  };
  const alarm = ownEntry(words.alarm, notice.alarm);
  const { headline, meaning } = !recovered ? alarm : notice.cause ? words.causeGone : words.recovered;
  const light: Light = recovered ? 'green' : notice.severity === 'critical' || notice.severity === 'high' ? 'red' : 'yellow';
  return {
    language: locale,
    light,
    subject: oneLine(`${words.light[light]}: ${headline(about)}${subjectTail(words, notice)}`, LENGTH.subject),
    headline: oneLine(headline(about), LENGTH.subject),
    paragraphs: [...whyNow(words, notice), meaning(about)],
    quote: recovered ? null : quote(words, notice, about.system),
    facts: [
      ...(recovered ? causeFact(words, notice) : errorFacts(words, notice)),
      ...countFacts(words, notice),
      ...timeFacts(words, notice),
    ],
    advice: recovered ? null : { label: words.label.advice, text: ownEntry(words.advice, notice.advice)(about.system) },
    link: { label: words.label.link, url: deepLink(notice, pageUrl) },
    footer: words.footer(oneLine(notice.organization.name, LENGTH.name) || notice.organization.slug),
  };
}

/** Why this comes now, where it is not the first of it. */
function whyNow(words: Catalogue, { kind, severity }: Notice): string[] {
  if (kind === 'raised') return [words.raised(words.severity[severity])];
  return kind === 'reminded' ? [words.reminded] : [];
}

/** The page's address for what the notice is about: the cause or run where there is one, else the integration. */
export function deepLink(notice: Notice, pageUrl: string): string {
  const path = ['o', notice.organization.slug, 'i', notice.integration.slug];
  if (notice.cause) path.push('causes', notice.cause.id);
  else if (notice.run_id !== null) path.push('runs', notice.run_id);
  return pageAddress(path, pageUrl);
}

/** `business-central` becomes "Business Central"; the slug is all a notice knows of a system. */
export function systemTitle(slug: string): string {
  return oneLine(slug, LENGTH.name).replaceAll('-', ' ').replace(/(^| )\p{Ll}/gu, (start) => start.toUpperCase());
}

function ownEntry<T>(table: Record<string, T> & { other: T }, key: string): T {
  return Object.hasOwn(table, key) ? table[key] ?? table.other : table.other;
}

function records(words: Catalogue, count: number): string {
  return words.record(count, number(words, count));
}

function subjectTail(words: Catalogue, notice: Notice): string {
  if (notice.kind === 'recovered') {
    return notice.open_failed > 0 ? ` – ${words.remaining(records(words, notice.open_failed))}` : '';
  }
  const concerned = notice.cause ? notice.cause.records : notice.open_failed || notice.failed;
  const amounts = notice.amounts.slice(0, 2).map(({ amount, currency }) => money(words, amount, oneLine(currency, LENGTH.word)));
  const more = notice.amounts.length > 2 ? ' …' : '';
  const parts = [...(concerned > 0 ? [records(words, concerned)] : []), ...(amounts.length > 0 ? [`${amounts.join(' + ')}${more}`] : [])];
  return parts.length > 0 ? ` – ${parts.join(', ')}` : '';
}

function quote(words: Catalogue, { error, cause }: Notice, system: string): Letter['quote'] {
  const message = cause?.message ?? error?.message;
  const text = message ? clean(words, message, LENGTH.message) : '';
  return text === '' ? null : { label: words.label.quote(system), text };
}

/** Where a notice is about a cause, the last run's own error is another matter: it may well have gone through. */
function errorFacts(words: Catalogue, notice: Notice): Letter['facts'] {
  const { error, cause } = notice;
  const field = cause ? cause.field : error?.field;
  const code = cause ? cause.code : error?.code;
  const status = cause ? null : error?.status;
  const codes = [code && clean(words, code, LENGTH.word), status && `HTTP ${status}`].filter(Boolean).join(', ');
  const values = cause ? shownValues(words, cause.values) : '';
  return [
    ...(field ? [{ label: words.label.field, text: clean(words, field, LENGTH.word) }] : []),
    ...(codes ? [{ label: words.label.code, text: codes }] : []),
    ...causeFact(words, notice),
    ...(values ? [{ label: words.label.values, text: values }] : []),
    ...(cause ? [{ label: words.label.causeRecords, text: records(words, cause.records) }] : []),
  ];
}

function causeFact(words: Catalogue, { cause }: Notice): Letter['facts'] {
  const template = cause ? clean(words, cause.template, LENGTH.message) : '';
  return template ? [{ label: words.label.cause, text: template }] : [];
}

function clean(words: Catalogue, text: string, max: number): string {
  return withoutPersonalData(text, max, words.hidden);
}

function shownValues(words: Catalogue, values: string[]): string {
  const fit = values.filter((value) => !looksPersonal(value)).map((value) => oneLine(value, LENGTH.value)).filter(Boolean);
  const shown = fit.slice(0, SHOWN_VALUES);
  const rest = values.length - shown.length;
  if (shown.length === 0) return '';
  return rest > 0 ? `${shown.join(', ')} ${words.moreValues(number(words, rest))}` : shown.join(', ');
}

function countFacts(words: Catalogue, notice: Notice): Letter['facts'] {
  const atRisk = notice.kind === 'recovered' && notice.open_failed === 0 ? [] : notice.amounts.slice(0, SHOWN_AMOUNTS);
  return [
    ...(notice.kind !== 'recovered' && notice.failed > 0
      ? [{ label: words.label.lastRun, text: words.refused(number(words, notice.failed), records(words, notice.selected)) }]
      : []),
    ...(notice.open_failed > 0 ? [{ label: words.label.open, text: records(words, notice.open_failed) }] : []),
    ...atRisk.map(({ amount, currency, records: count }) => ({
      label: words.label.amount,
      text: words.amount(money(words, amount, oneLine(currency, LENGTH.word)), records(words, count)),
    })),
  ];
}

function timeFacts(words: Catalogue, notice: Notice): Letter['facts'] {
  const when = (at: string) => moment(words, at, notice.organization.time_zone);
  const recovered = notice.kind === 'recovered';
  return [
    { label: words.label.since, text: when(notice.since) },
    ...(recovered ? [{ label: words.label.until, text: when(notice.at) }] : []),
    ...(notice.cutoff && !(recovered && notice.cutoff.records === 0)
      ? [{ label: words.label.cutoff, text: cutoff(words, notice.at, when(notice.cutoff.at), notice.cutoff) }]
      : []),
    ...(recovered ? [] : [{ label: words.label.severity, text: words.severity[notice.severity] }]),
  ];
}

function cutoff(words: Catalogue, now: string, when: string, { at, records: count }: { at: string; records: number }): string {
  return Date.parse(at) > Date.parse(now)
    ? words.cutoffAhead(when, span(words, now, at), records(words, count))
    : words.cutoffPassed(when, records(words, count));
}
