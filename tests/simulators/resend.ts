import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFaults } from './faults.ts';
import type { Fault, Faults } from './faults.ts';
import { mailboxPage } from './mailbox-page.ts';
import { createMailStore } from './mailbox-store.ts';
import type { MailMessage, MailStore } from './mailbox-store.ts';
import { createResendApi, refuse } from './resend-api.ts';
import type { Answer, Call, ResendApi } from './resend-api.ts';
import { REFUSALS } from './resend-rules.ts';

export type { MailMessage } from './mailbox-store.ts';

export type MailboxOptions = {
  /** The time on the mails, of the day's quota and of the 24 hours a key lives. */
  clock: () => Date;
  /** 0, the default, takes any free port. */
  port?: number;
  /** The key with full access. */
  apiKey: string;
  /** A key that may only send. */
  sendingKey?: string;
  /** Keeps mail and keys over a restart. */
  file?: string;
  /** Verified sender domains; any by default. */
  domains?: readonly string[];
  /** Recipients per UTC day, as on the free plan; no limit by default. */
  dailyQuota?: number;
  /** 5, the default, is what a team gets. */
  requestsPerSecond?: number;
  /** Milliseconds that only go forward, for the rate limit; `performance.now` by default. */
  now?: () => number;
  /** How long a slow answer takes. */
  slowMs?: number;
};

export type Mailbox = {
  /** The address of the API (`baseUrl` of the SDK) and of the page. */
  url: string;
  port: number;
  faults: Faults;
  /** Newest first. */
  messages(): MailMessage[];
  /** Calls to the API received. */
  requests(): number;
  /** Resolves once the condition holds; looked at whenever a call arrives or a mail is accepted. */
  until(condition: () => boolean): Promise<void>;
  /** Gives all slow answers now. */
  release(): void;
  /** Forgets all mail and keys. */
  clear(): void;
  stop(): Promise<void>;
};

const MAX_BODY = 40 * 1024 * 1024;

/**
 * Starts a stand-in of Resend's HTTP API (https://resend.com/docs/api-reference/introduction) with a page that shows what
 * it was given. It delivers nothing to anyone.
 *
 * @returns the running mailbox; rejects when the port is taken.
 */
export async function startMailbox(options: MailboxOptions): Promise<Mailbox> {
  const store = createMailStore(options.file ?? null);
  const faults = createFaults();
  const watchers = new Set<() => void>();
  const state = { requests: 0 };
  const notify = (): void => watchers.forEach((look) => look());
  const api = createResendApi(options, store, notify);
  const failures = createFailures(api, options.slowMs ?? 250);

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(message.url ?? '/', 'http://mailbox.invalid').pathname;
    const page = message.method === 'GET' ? mailboxPage(path, store.messages) : null;
    if (page) return send(response, page);
    state.requests += 1;
    const fault = faults.take('api');
    const body = fault === 'reset' ? '' : await read(message);
    const call: Call = { method: message.method ?? 'GET', path, headers: message.headers, body };
    if (fault) failures.fail(fault, call, response);
    else send(response, api.handle(call));
    notify();
  }

  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => {
    answer(message, response).catch((error: unknown) => {
      if (response.destroyed || response.headersSent) return;
      const status = error instanceof RangeError ? 413 : 500;
      send(response, refuse({ status, name: 'application_error', message: String(error) }));
    });
  });
  const port = await listen(server, options.port ?? 0);
  return handleOf({ port, faults, store, release: failures.release, watchers, state, server });
}

/** Everything that can go wrong on the wire, in the words of `faults.ts`. */
function createFailures(api: ResendApi, slowMs: number) {
  const held = new Set<() => void>();

  /** The call is under way, its key taken, until the answer is released or its time has come. */
  function hold(call: Call, response: ServerResponse): void {
    const finish = api.begin(call);
    const timer = setTimeout(give, slowMs);
    function give(): void {
      clearTimeout(timer);
      held.delete(give);
      send(response, finish());
    }
    held.add(give);
  }

  function fail(fault: Fault, call: Call, response: ServerResponse): void {
    switch (fault) {
      case 'slow': return hold(call, response);
      case 'hang': return;
      case 'reset': response.socket?.resetAndDestroy(); return;
      case 'error_before': return send(response, refuse(REFUSALS.internal));
      case 'unavailable': return send(response, refuse(REFUSALS.unavailable));
      case 'too_many': return send(response, refuse(REFUSALS.rate, { 'retry-after': '1' }));
      case 'expired_token': return send(response, refuse(REFUSALS.invalidKey));
      case 'gateway_html': return send(response, gateway(502));
      case 'gateway_timeout': api.handle(call); return send(response, gateway(504));
      case 'half_body': return sendHalf(response, api.handle(call));
      case 'lost_answer': api.handle(call); response.socket?.destroy(); return;
    }
  }

  return { fail, release: (): void => [...held].forEach((give) => give()) };
}

type Parts = {
  port: number;
  faults: Faults;
  store: MailStore;
  release: () => void;
  watchers: Set<() => void>;
  state: { requests: number };
  server: ReturnType<typeof createServer>;
};

function handleOf({ port, faults, store, release, watchers, state, server }: Parts): Mailbox {
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    messages: () => store.messages.toReversed(),
    requests: () => state.requests,
    until: (condition) => new Promise((resolve) => {
      function look(): void {
        if (!condition()) return;
        watchers.delete(look);
        resolve();
      }
      watchers.add(look);
      look();
    }),
    release,
    clear: () => store.clear(),
    async stop() {
      release();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function read(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) throw new RangeError('The request is larger than 40 MB.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The headers promise the whole answer, the connection ends in its middle. */
function sendHalf(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
}

function gateway(status: number): Answer {
  return { status, headers: { 'content-type': 'text/html' }, body: `<html><head><title>${status}</title></head><body>nginx</body></html>` };
}
