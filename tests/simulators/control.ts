import type { IncomingMessage } from 'node:http';
import { FAULTS, isFault } from './faults.ts';
import type { Faults } from './faults.ts';
import type { SimulatedAnswer, Vendor } from './server.ts';

/** The page where a person plays the vendor, and the same for scripts under `/_simulator/`. */
export type ControlPanel = {
  owns(method: string, path: string): boolean;
  handle(message: IncomingMessage, url: URL, body: string): SimulatedAnswer;
};

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => escapes[character] ?? character);

const codesOf = (form: URLSearchParams): string[] => (form.get('codes') ?? '').split(/[\s,;]+/).filter((code) => code !== '');

function fields(message: IncomingMessage, body: string): URLSearchParams {
  if (!message.headers['content-type']?.includes('json')) return new URLSearchParams(body);
  const given = JSON.parse(body || '{}') as Record<string, unknown>;
  return new URLSearchParams(Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : String(value)]));
}

function planFaults(faults: Faults, form: URLSearchParams): void {
  const kind = form.get('kind') ?? '';
  if (kind === '') return faults.clear();
  if (!isFault(kind)) throw new Error(`There is no fault "${kind}". There are: ${FAULTS.join(', ')}.`);
  const percent = Number(form.get('percent') ?? '');
  if (percent > 0) return faults.rate({ ...faults.rates(), [kind]: percent / 100 }, Number(form.get('seed') ?? 1));
  faults.next(kind, Number(form.get('times') ?? 1));
}

function change(vendor: Vendor, faults: Faults, name: string, form: URLSearchParams): boolean {
  const { books } = vendor;
  switch (name) {
    case 'accounts':
      codesOf(form).forEach((code) => books.accounts.add(code));
      return true;
    case 'remove-accounts':
      codesOf(form).forEach((code) => books.accounts.delete(code));
      return true;
    case 'cost-centers':
      codesOf(form).forEach((code) => books.costCenters.add(code));
      return true;
    case 'projects':
      codesOf(form).forEach((code) => books.projects.add(code));
      return true;
    case 'periods': {
      const [from = '', to = ''] = [form.get('from') ?? '', form.get('to') ?? ''];
      books.openPeriods = from && to ? [{ from, to }] : [];
      return true;
    }
    case 'credential':
      vendor.rotate(form.get('credential') || undefined);
      return true;
    case 'faults':
      planFaults(faults, form);
      return true;
    default: {
      const action = vendor.actions[name];
      action?.();
      return action !== undefined;
    }
  }
}

const STYLE = 'body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
  'table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #ddd}' +
  'form{margin:.5rem 0}fieldset{margin:1rem 0;border:1px solid #ccc}textarea{width:100%}.codes{max-height:10rem;overflow:auto}';

function form(action: string, inner: string, button: string): string {
  return `<form method="post" action="/_simulator/${action}">${inner} <button>${text(button)}</button></form>`;
}

function codeBox(title: string, action: string, codes: Set<string>): string {
  return `<fieldset><legend>${text(title)} (${codes.size})</legend><div class="codes">${text([...codes].join(' ')) || 'none'}</div>` +
    form(action, `<textarea name="codes" rows="2" aria-label="Codes to add to ${text(title)}"></textarea>`, 'Add') + '</fieldset>';
}

function page(vendor: Vendor, faults: Faults): string {
  const { books } = vendor;
  const period = books.openPeriods.map(({ from, to }) => `${from} – ${to}`).join(', ') || 'every day';
  const rows = books.ledger().slice(-20).reverse().map((entry) =>
    `<tr>${
      [entry.date, entry.account, entry.costCenter ?? '', `${entry.amount} ${entry.currency ?? ''}`, entry.text, entry.key ?? '']
        .map((cell) => `<td>${text(cell)}</td>`).join('')
    }</tr>`
  ).join('');
  const facts: [string, string][] = [
    ['In the books', String(books.ledger().length)],
    ['Taken more than once', String(books.duplicates().length)],
    ...vendor.facts(),
    ['Open for posting', period],
    ['Credential', vendor.credential()],
    ['Faults planned', JSON.stringify(faults.rates())],
    ['Faults so far', JSON.stringify(faults.happened())],
  ];
  const options = FAULTS.map((fault) => `<option>${fault}</option>`).join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${text(vendor.name)} (simulated)</title><style>${STYLE}</style>` +
    `<h1>${text(vendor.name)} (simulated)</h1><p>This page plays the vendor: put right here what it refuses.</p>` +
    `<table>${facts.map(([label, value]) => `<tr><th>${text(label)}</th><td>${text(value)}</td></tr>`).join('')}</table>` +
    codeBox('Chart of accounts', 'accounts', books.accounts) + codeBox('Cost centers', 'cost-centers', books.costCenters) +
    codeBox('Projects', 'projects', books.projects) +
    '<fieldset><legend>Vendor</legend>' +
    form(
      'periods',
      '<label>Open from <input type="date" name="from"></label> <label>to <input type="date" name="to"></label>',
      'Set open period',
    ) +
    form('credential', '<label>New credential <input name="credential" placeholder="made up if empty"></label>', 'Replace the credential') +
    Object.keys(vendor.actions).map((name) => form(name, '', name.replaceAll('-', ' '))).join('') +
    '</fieldset><fieldset><legend>Faults</legend>' +
    form(
      'faults',
      `<select name="kind" aria-label="Fault">${options}</select> <label>next <input name="times" value="1" size="3"> calls</label>` +
        ' <label>or <input name="percent" size="3"> % of all</label>',
      'Switch on',
    ) +
    form('faults', '<input type="hidden" name="kind" value="">', 'No more faults') +
    `</fieldset><h2>Latest entries</h2><table><tr><th>Date<th>Account<th>Cost center<th>Amount<th>Text<th>Key</tr>${rows}</table></html>`;
}

const plain = (status: number, body: string): SimulatedAnswer => ({ status, headers: { 'content-type': 'text/plain' }, body });

export function controlPanel(vendor: Vendor, faults: Faults): ControlPanel {
  return {
    owns: (method, path) => (method === 'GET' && path === '/') || path.startsWith('/_simulator/'),
    handle(message, url, body) {
      if (url.pathname === '/') return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: page(vendor, faults) };
      // A page of another origin must not be able to press these buttons.
      const { origin, host } = message.headers;
      if (origin && origin !== `http://${host}`) return plain(403, 'Only this page may do that.');
      const name = url.pathname.slice('/_simulator/'.length);
      if (message.method === 'GET' && name === 'ledger') return { status: 200, body: JSON.stringify(vendor.books.ledger()) };
      if (message.method !== 'POST') return plain(405, 'Use POST.');
      try {
        if (!change(vendor, faults, name, fields(message, body))) return plain(404, `There is nothing called "${name}".`);
      } catch (error) {
        return plain(400, error instanceof Error ? error.message : String(error));
      }
      return message.headers.accept?.includes('text/html')
        ? { status: 303, headers: { location: '/' }, body: '' }
        : { status: 200, body: JSON.stringify({ credential: vendor.credential(), entries: vendor.books.ledger().length }) };
    },
  };
}
