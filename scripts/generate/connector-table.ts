import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyConnector, Rate } from '../../supabase/functions/_kit/connector.ts';

const BEGIN = '<!-- begin connectors: written by `npm run generate` from the folders in supabase/functions; do not edit between these lines -->';
const END = '<!-- end connectors -->';
const BY_SETTINGS = 'as set';

const HEADS = ['system', 'does', 'records a request', 'never twice by', 'limit kept', 'credential', 'lines', 'in all'];

/** Puts one row per connector between the markers of docs/connectors.md: what each says of its system, and how long it is. */
export async function connectorTable(document: string, functions: string, names: string[]): Promise<string> {
  const rows = await Promise.all(names.filter((name) => name.startsWith('sync-')).map((name) => rowOf(join(functions, name))));
  const table = [HEADS, HEADS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const [before = '', rest] = document.split(BEGIN);
  if (rest === undefined) throw new Error('docs/connectors.md has lost the line that says where its table begins.');
  return `${before}${BEGIN}\n\n${table}\n\n${END}${rest.split(END).slice(1).join(END)}`;
}

async function rowOf(folder: string): Promise<string[]> {
  const path = join(folder, 'connector.ts');
  const { connector } = await import(pathToFileURL(path).href) as { connector: AnyConnector };
  const code = (await readdir(folder)).filter((file) => file.endsWith('.ts') && file !== 'settings.ts' && file !== 'index.ts');
  const all = await Promise.all(code.map((file) => linesOf(join(folder, file))));
  return [
    `[${connector.title}](${connector.docs}) \`${connector.system}\``, doings(connector), fact(connector.push && connector.batchSize),
    fact(connector.push && connector.dedupe), limit(connector.rate), connector.credentialKind ?? '–',
    String(await linesOf(path)), String(all.reduce((sum, lines) => sum + lines, 0)),
  ];
}

async function linesOf(path: string): Promise<number> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').length;
}

function doings({ push, confirm, pull, signals, webhook, check }: AnyConnector): string {
  const does = { pushes: push, 'judged later': confirm, fetches: pull, measures: signals, listens: webhook, checks: check };
  return Object.entries(does).filter(([, method]) => method !== undefined).map(([word]) => word).join(', ');
}

function fact(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'function' ? BY_SETTINGS : `${value as string | number}`;
}

function limit(rate: AnyConnector['rate']): string {
  if (rate === undefined) return '–';
  if (typeof rate === 'function') return BY_SETTINGS;
  const { requests, perSeconds, concurrent }: Rate = rate;
  return `${requests} in ${perSeconds} s${concurrent === undefined ? '' : `, ${concurrent} at a time`}`;
}
