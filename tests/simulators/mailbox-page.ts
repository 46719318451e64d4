import type { MailMessage } from './mailbox-store.ts';

export type Page = { status: number; headers: Record<string, string>; body: string };

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.3rem}ul{list-style:none;margin:0;padding:0}li{border-bottom:1px solid #8886}
li a{display:block;padding:.7rem .2rem;text-decoration:none;color:inherit}li a:hover,li a:focus{background:#8882}
.subject{font-weight:600;display:block}.meta{font-size:.85rem;opacity:.8}
pre{white-space:pre-wrap;border:1px solid #8886;border-radius:4px;padding:1rem}
iframe{width:100%;height:75vh;border:1px solid #8886;border-radius:4px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{opacity:.8}dd{margin:0}`;

/** The mail itself is a stranger's HTML: it may show its own styles and open links in a new window, nothing else. */
const MAIL_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const REFRESH = '<meta http-equiv="refresh" content="10">';
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const common = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' };
const html = (status: number, title: string, body: string, head = ''): Page => ({
  status,
  headers: { ...common, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
  body: '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    + `${head}<title>${escape(title)}</title><link rel="stylesheet" href="/_mailbox/style.css"></head><body>${body}</body></html>`,
});

/** The mailbox for people (`/`, `/mail/<id>`) and for scripts (`/_mailbox/messages`); null for any other path. */
export function mailboxPage(path: string, messages: readonly MailMessage[]): Page | null {
  if (path === '/') return list(messages);
  if (path === '/_mailbox/style.css') return { status: 200, headers: { ...common, 'content-type': 'text/css' }, body: STYLE };
  if (path === '/_mailbox/messages') {
    return { status: 200, headers: { ...common, 'content-type': 'application/json' }, body: JSON.stringify(messages.toReversed()) };
  }
  const [, id, part] = /^\/mail\/([\w-]+)(\/html)?$/.exec(path) ?? [];
  if (id === undefined) return null;
  const message = messages.find((candidate) => candidate.id === id);
  if (!message) return html(404, 'No such mail', '<h1>There is no such mail.</h1><p><a href="/">All mail</a></p>');
  return part ? content(message) : single(message);
}

function time(message: MailMessage): string {
  return `<time datetime="${escape(message.at)}">${escape(message.at.slice(0, 19).replace('T', ' '))} UTC</time>`;
}

function list(messages: readonly MailMessage[]): Page {
  const rows = messages.toReversed().map((message) =>
    `<li><a href="/mail/${message.id}"><span class="subject">${escape(message.subject)}</span>`
    + `<span class="meta">To ${escape(message.to.join(', '))} · ${time(message)}</span></a></li>`);
  const body = rows.length > 0 ? `<ul>${rows.join('')}</ul>` : '<p>No mail yet. This page looks again every 10 seconds.</p>';
  return html(200, `Mailbox (${messages.length})`, `<h1>Mailbox (${messages.length})</h1>${body}`, REFRESH);
}

function single(message: MailMessage): Page {
  const facts: [string, string][] = [
    ['From', escape(message.from)], ['To', escape(message.to.join(', '))], ['Time', time(message)],
  ];
  if (message.idempotencyKey !== null) facts.push(['Idempotency key', escape(message.idempotencyKey)]);
  const frame = '<h2>As HTML</h2><iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox"'
    + ` src="/mail/${message.id}/html"></iframe>`;
  return html(200, message.subject, `<p><a href="/">All mail</a></p><h1>${escape(message.subject)}</h1>`
    + `<dl>${facts.map(([label, value]) => `<dt>${label}</dt><dd>${value}</dd>`).join('')}</dl>`
    + `${message.text === null ? '' : `<h2>As text</h2><pre>${linked(message.text)}</pre>`}${message.html === null ? '' : frame}`);
}

function linked(text: string): string {
  return escape(text).replace(/https?:\/\/[^\s<>&]+/g, (url) => `<a href="${url}" rel="noreferrer">${url}</a>`);
}

function content(message: MailMessage): Page {
  return {
    status: 200,
    headers: { ...common, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': MAIL_POLICY },
    // Without this a link would open inside the frame, where nothing is allowed to work.
    body: `<base target="_blank">${message.html ?? ''}`,
  };
}
