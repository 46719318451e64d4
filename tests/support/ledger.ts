import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from './cleanup.ts';

type Line = { key: string; source: string; account: unknown };

/** A system that takes the same line twice without a word, refuses a whole request for one bad account, and can be asked. */
export type Ledger = {
  url: string;
  /** Keys in the order in which they were booked. */
  booked: string[];
  /** Words after the scheme of every authorization that came in. */
  tokens: Set<string>;
};

export async function startLedger(): Promise<Ledger> {
  const ledger: Ledger = { url: '', booked: [], tokens: new Set() };
  const server = createServer((request, response) => {
    void answer(ledger, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  ledger.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return ledger;
}

async function answer(ledger: Ledger, request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  ledger.tokens.add(request.headers.authorization?.split(' ')[1] ?? '');
  const url = new URL(request.url ?? '', 'http://ledger');
  if (url.pathname === '/held') {
    const keys = url.searchParams.get('keys')?.split(',') ?? [];
    return { status: 200, body: keys.map((key) => (ledger.booked.includes(key) ? `L-${ledger.booked.indexOf(key)}` : null)) };
  }
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part as string;
  const lines = JSON.parse(text) as Line[];
  const bad = lines.find((line) => line.account === 'unknown');
  if (bad) return { status: 422, body: { error: { code: 'unknown_account', message: `The account "${String(bad.account)}" does not exist.` } } };
  return { status: 200, body: lines.map(({ key }) => `L-${ledger.booked.push(key) - 1}`) };
}
