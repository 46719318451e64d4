import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Buffer } from 'node:buffer';
import { startXledger } from '../simulators/xledger.ts';
import type { XledgerSimulator } from '../simulators/xledger.ts';
import { atEnd } from '../support/cleanup.ts';

/** A simulated Xledger that takes whichever tokens it is told to take, so that two can be good at once. */
export type Turnstile = {
  url: string;
  vendor: XledgerSimulator;
  /** The tokens of the calls so far, in order. */
  tokens: string[];
  /** Decides whether a token is good for the call with this number, from 1. */
  accepts(token: string, call: number): boolean;
  /** Runs before the call with this number is answered. */
  before(call: number): Promise<void>;
  /** The calls begin at 1 again. */
  restart(): void;
};

export async function startTurnstile(): Promise<Turnstile> {
  const vendor = await startXledger({ accounts: ['6800'], costCenters: ['100'], clock: () => new Date(), importDelayMs: 0, limits: { burst: null } });
  atEnd(() => vendor.stop());

  async function answer(request: IncomingMessage): Promise<{ status: number; type: string; body: string }> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const token = /^token (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    turnstile.tokens.push(token);
    const call = turnstile.tokens.length;
    await turnstile.before(call);
    // Refused in the vendor's own words.
    const passed = turnstile.accepts(token, call) ? vendor.token() : 'no-such-token';
    const response = await fetch(vendor.url + (request.url ?? ''), {
      method: request.method ?? 'POST', headers: { 'content-type': 'application/json', authorization: `token ${passed}` }, body: Buffer.concat(parts),
    });
    return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
  }

  const server = createServer((request, response) => {
    void answer(request).then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  const turnstile: Turnstile = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    vendor,
    tokens: [],
    accepts: () => true,
    before: () => Promise.resolve(),
    restart: () => void turnstile.tokens.splice(0),
  };
  return turnstile;
}
