import { writeLetter } from './letter.ts';
import type { Letter } from './letter.ts';
import type { Locale, Notice } from './notice.ts';
import { escapeHtml } from './plain.ts';

/** An e-mail as it is frozen before its first sending. */
export type Email = { subject: string; text: string; html: string };

/**
 * Puts a notice into an e-mail in the reader's language: the same words as plain text and as HTML, with one link.
 * The same notice, locale and page give the same bytes.
 *
 * @throws TypeError when `pageUrl` is no absolute URL.
 * @example renderEmail(notice, 'nb', 'https://sync.example.org').subject
 * // 'Rødt: Xledger har feilet 2 ganger – 104 poster, 184 200,00 kr'
 */
export function renderEmail(notice: Notice, locale: Locale, pageUrl: string): Email {
  const letter = writeLetter(notice, locale, pageUrl);
  return { subject: letter.subject, text: asText(letter), html: asHtml(letter) };
}

function asText(letter: Letter): string {
  return [
    letter.headline,
    ...letter.paragraphs,
    ...(letter.quote ? [`${letter.quote.label}:\n> ${letter.quote.text}`] : []),
    letter.facts.map(({ label, text }) => `${label}: ${text}`).join('\n'),
    ...(letter.advice ? [`${letter.advice.label}: ${letter.advice.text}`] : []),
    `${letter.link.label}: ${letter.link.url}`,
    `-- \n${letter.footer}`,
  ].filter(Boolean).join('\n\n') + '\n';
}

// Only colours that keep their contrast on a white and on a black page; text and background are the reader's own.
const ACCENT: Record<Letter['light'], string> = { red: '#d64545', yellow: '#b7791f', green: '#2f855a' };
const STYLE = {
  body: 'margin:0;padding:24px 16px;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif',
  main: 'max-width:40em;margin:0 auto',
  headline: 'margin:0 0 16px;padding-left:12px;font-size:20px;line-height:1.3;border-left:6px solid',
  quote: 'margin:0 0 16px;padding:8px 12px;border:1px solid #888;border-radius:4px;font-family:ui-monospace,Menlo,Consolas,monospace;'
    + 'white-space:pre-wrap;overflow-wrap:anywhere',
  label: 'margin:0 0 4px;font-size:14px',
  facts: 'margin:0 0 16px',
  fact: 'margin:0 0 4px;overflow-wrap:anywhere',
  link: 'display:inline-block;padding:10px 16px;border-radius:4px;background:#1d5fbf;color:#ffffff;text-decoration:none',
  footer: 'margin:24px 0 0;font-size:13px;opacity:.75',
};

function asHtml(letter: Letter): string {
  const at = (style: string) => `style="${escapeHtml(style)}"`;
  const paragraph = (text: string) => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`;
  const fact = ({ label, text }: Letter['facts'][number]) =>
    `<p ${at(STYLE.fact)}>${escapeHtml(label)}: <strong>${escapeHtml(text)}</strong></p>`;
  const quote = ({ label, text }: NonNullable<Letter['quote']>) =>
    `<p ${at(STYLE.label)}>${escapeHtml(label)}:</p>\n<blockquote ${at(STYLE.quote)}>${escapeHtml(text)}</blockquote>`;
  return [
    '<!doctype html>',
    `<html lang="${letter.language}">`,
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(letter.subject)}</title></head>`,
    `<body ${at(STYLE.body)}><main ${at(STYLE.main)}>`,
    `<h1 ${at(`${STYLE.headline} ${ACCENT[letter.light]}`)}>${escapeHtml(letter.headline)}</h1>`,
    ...letter.paragraphs.map(paragraph),
    ...(letter.quote ? [quote(letter.quote)] : []),
    `<div ${at(STYLE.facts)}>${letter.facts.map(fact).join('')}</div>`,
    ...(letter.advice ? [paragraph(`${letter.advice.label}: ${letter.advice.text}`)] : []),
    `<p style="margin:0"><a href="${escapeHtml(letter.link.url)}" ${at(STYLE.link)}>${escapeHtml(letter.link.label)}</a></p>`,
    `<p ${at(STYLE.footer)}>${escapeHtml(letter.footer)}</p>`,
    '</main></body>',
    '</html>',
  ].join('\n');
}
