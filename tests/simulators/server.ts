import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Books, BooksOptions, LedgerEntry } from './books.ts';
import { createFaults } from './faults.ts';
import type { Fault, Faults, Scope } from './faults.ts';
import { controlPanel } from './control.ts';

export type SimulatedRequest = {
  method: string;
  /** Path and query, with an arbitrary origin. */
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
  /** Calls to the interface under way at this moment, this one included. */
  inFlight: number;
};
export type SimulatedAnswer = { status: number; headers?: Record<string, string>; body: string };

export type SimulatorOptions = BooksOptions & {
  clock: () => Date;
  /** 0, the default, takes any free port. */
  port?: number;
  /** How long a slow answer takes. */
  slowMs?: number;
};

/** What a vendor adds to the shared server. */
export type Vendor = {
  name: string;
  books: Books;
  scope(request: SimulatedRequest): Scope;
  /** The vendor itself: everything it accepts, it has accepted when this returns. */
  handle(request: SimulatedRequest): SimulatedAnswer;
  /** The vendor's own words for a fault that reaches nothing. */
  refuse(fault: 'error_before' | 'too_many' | 'unavailable' | 'expired_token', scope: Scope): SimulatedAnswer;
  /** What the human page says, and what its buttons do. */
  facts(): [label: string, value: string][];
  credential(): string;
  rotate(credential?: string): string;
  actions: Record<string, () => void>;
};

export type Simulator = {
  url: string;
  port: number;
  faults: Faults;
  /** Everything the vendor took into its books, in order. */
  ledger(): readonly LedgerEntry[];
  duplicates(): { key: string; count: number }[];
  /** Calls received, the human page's left out. */
  requests(): number;
  addAccounts(...codes: string[]): void;
  removeAccounts(...codes: string[]): void;
  addCostCenters(...codes: string[]): void;
  addProjects(...codes: string[]): void;
  /** Replaces the open periods; none means that every day is open. */
  setOpenPeriods(...periods: Books['openPeriods']): void;
  /** Replaces the credential and returns the new one; the old one is refused from now on. */
  rotate(credential?: string): string;
  stop(): Promise<void>;
};

const MAX_BODY = 64 * 1024 * 1024;

async function read(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) throw new RangeError('The request is larger than 64 MB.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, answer: SimulatedAnswer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers, 'content-length': body.length });
  response.end(body);
}

/** Headers promise the whole body, the connection ends in its middle. */
function sendHalf(response: ServerResponse, answer: SimulatedAnswer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers, 'content-length': body.length });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
}

const gateway = (status: number, title: string): SimulatedAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n` +
    '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
});

export async function startSimulator(options: SimulatorOptions, vendor: Vendor): Promise<Simulator> {
  const faults = createFaults();
  const panel = controlPanel(vendor, faults);
  const timers = new Set<NodeJS.Timeout>();
  let requests = 0;
  let inFlight = 0;

  function later(act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, options.slowMs ?? 250);
    timers.add(timer);
  }

  function fail(fault: Fault, scope: Scope, request: SimulatedRequest, response: ServerResponse): void {
    switch (fault) {
      case 'lost_answer':
        vendor.handle(request);
        response.socket?.destroy();
        return;
      case 'half_body':
        return sendHalf(response, vendor.handle(request));
      case 'gateway_timeout':
        vendor.handle(request);
        return send(response, gateway(504, 'Gateway Time-out'));
      case 'slow': {
        const answer = vendor.handle(request);
        return later(() => send(response, answer));
      }
      case 'gateway_html':
        return send(response, gateway(502, 'Bad Gateway'));
      case 'hang':
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      default:
        return send(response, vendor.refuse(fault, scope));
    }
  }

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '/', 'http://simulator.invalid');
    if (panel.owns(message.method ?? 'GET', url.pathname)) return send(response, panel.handle(message, url, await read(message)));
    requests++;
    inFlight++;
    response.once('close', () => inFlight--);
    const request: SimulatedRequest = { method: message.method ?? 'GET', url, headers: message.headers, body: '', inFlight };
    const scope = vendor.scope(request);
    const fault = faults.take(scope);
    if (fault !== 'reset') request.body = await read(message);
    if (fault) return fail(fault, scope, request, response);
    send(response, vendor.handle(request));
  }

  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => {
    answer(message, response).catch((error: unknown) => {
      if (response.destroyed || response.headersSent) return;
      const status = error instanceof RangeError ? 413 : 500;
      send(response, { status, headers: { 'content-type': 'text/plain' }, body: `The simulator failed: ${String(error)}` });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const { books } = vendor;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    ledger: books.ledger,
    duplicates: books.duplicates,
    requests: () => requests,
    addAccounts: (...codes) => codes.forEach((code) => books.accounts.add(code)),
    removeAccounts: (...codes) => codes.forEach((code) => books.accounts.delete(code)),
    addCostCenters: (...codes) => codes.forEach((code) => books.costCenters.add(code)),
    addProjects: (...codes) => codes.forEach((code) => books.projects.add(code)),
    setOpenPeriods: (...periods) => {
      books.openPeriods = periods;
    },
    rotate: (credential) => vendor.rotate(credential),
    async stop() {
      timers.forEach((timer) => clearTimeout(timer));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
