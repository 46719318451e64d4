import type { Catalogue } from './catalogue.ts';
import { moment, number } from './format.ts';
import type { Letter } from './letter.ts';
import type { Locale, Notice } from './notice.ts';
import { oneLine, withoutPersonalData } from './plain.ts';

// What people do, as against what integrations do: no alarm, no facts of a run.

const LENGTH = { name: 60, subject: 160, reason: 400 };

/** An address of the page. */
export function pageAddress(path: readonly string[], pageUrl: string): string {
  const page = new URL(pageUrl);
  return `${page.origin}${page.pathname.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`;
}

type Said = Pick<Letter, 'headline' | 'paragraphs'> & { path: readonly string[]; reason?: string; footer?: string };

function test({ organization }: Notice, words: Catalogue): Said {
  return { headline: words.test.headline, paragraphs: [words.test.meaning], path: ['o', organization.slug, 'notifications', 'settings'] };
}

function ofPeople({ kind, news, organization, integration }: Notice, words: Catalogue): Said | null {
  const by = oneLine(news?.by ?? '', LENGTH.name) || organization.slug;
  const name = oneLine(integration.name, LENGTH.name) || integration.slug;
  const records = words.record(news?.records ?? 0, number(words, news?.records ?? 0));
  const path = ['o', organization.slug, 'i', integration.slug];
  if (kind === 'asked') return { headline: words.asked.headline(name), paragraphs: [words.asked.meaning(by, records)], path };
  if (kind === 'decided') {
    const agreed = news?.agreed ?? false;
    return {
      headline: words.decided.headline(name, agreed), paragraphs: [words.decided.meaning(by, records, agreed)], path,
      reason: withoutPersonalData(news?.reason ?? '', LENGTH.reason, words.hidden),
    };
  }
  if (kind !== 'invited') return null;
  const until = news?.until ? moment(words, news.until, organization.time_zone) : '';
  return {
    headline: words.invited.headline(oneLine(organization.name, LENGTH.name) || organization.slug),
    paragraphs: [words.invited.meaning(by, words.invited.roles[news?.role ?? 'viewer']), words.invited.how(until)],
    path: ['invitations'], footer: words.invited.footer(by),
  };
}

/** The letter of what a person did, or of a test; null where the notice is about an alarm. */
export function writeNews(notice: Notice, words: Catalogue, locale: Locale, pageUrl: string): Letter | null {
  const said = notice.kind === 'test' ? test(notice, words) : ofPeople(notice, words);
  if (!said) return null;
  const headline = oneLine(said.headline, LENGTH.subject);
  return {
    language: locale,
    light: notice.kind === 'asked' ? 'yellow' : 'green',
    subject: headline,
    headline,
    paragraphs: said.paragraphs,
    quote: null,
    facts: said.reason ? [{ label: words.label.reason, text: said.reason }] : [],
    advice: null,
    link: { label: words.label.link, url: pageAddress(said.path, pageUrl) },
    footer: said.footer ?? words.footer(oneLine(notice.organization.name, LENGTH.name) || notice.organization.slug),
  };
}
