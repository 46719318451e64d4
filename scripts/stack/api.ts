import { AsyncLocalStorage } from 'node:async_hooks';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PostgresType } from 'postgres';
import { authMailer, SITE_URL, templates, type AuthMail } from './auth-mail.ts';
import { backoff } from './connect.ts';
import type { Keys } from './directory.ts';
import { messageOf } from './errors.ts';
import { errorResponse, isPostgresError, type PostgresFault } from './postgrest-errors.ts';
import './driver.ts';

// Both are repaired when they are loaded, and so is the driver that comes with them.
const { App } = await import('@supabase/lite');
const { createPostgresConnection } = await import('@supabase/lite/postgres');

/** Auth and Data API on one database. */
export type Api = {
  /** Answers `/auth/v1` and `/rest/v1`; `peer` is the address of the caller's socket. */
  fetch(request: Request, peer: string | null): Promise<Response>;
  close(): Promise<void>;
};

export type ApiOptions = { databaseUrl: string; keys: Keys; mail: () => AuthMail; onLog(line: string): void };

type Context = { fault: unknown; onLog(line: string): void };

// All there is of `@supabase/lite`, and all that corrects it, is in this file and postgrest-errors.ts: it is alpha and
// serves only the embedded stack.
const requests = new AsyncLocalStorage<Context>();

/**
 * Opens Auth and Data API as hosted projects have them with e-mail confirmation off: schema `public` only, keys
 * required, admin mode off (it stays off unless asked for), tokens that live an hour.
 */
export async function openApi(options: ApiOptions): Promise<Api> {
  const app = createApp(options);
  await app.init();
  quietConsole();
  return {
    async fetch(request, peer) {
      // Its driver cannot write a NUL; Postgres would have refused it in these words.
      if (new URL(request.url).search.includes('%00')) return errorResponse({ code: '22021', message: 'invalid byte sequence for encoding "UTF8": 0x00' });
      // As private.check_request says to PostgREST, which asks it before every request.
      if (/count\s*=\s*"?(planned|estimated)/i.test(request.headers.get('prefer') ?? '')) return errorResponse(inexact);
      const context: Context = { fault: null, onLog: options.onLog };
      const ask = (asked: Request): Promise<Response> => requests.run(context, async () => app.fetch(asked, { peerAddress: peer }));
      let response = await ask(request);
      // An answer without a body does not tell whose fault it is; the same question with one does.
      if (response.status === 500 && request.method === 'HEAD') response = await ask(new Request(request.url, { headers: request.headers }));
      if (response.status !== 500) return packed(request, response);
      // It knows few of Postgres' error codes and answers 500 with a code of its own to the others.
      return isPostgresError(context.fault) ? errorResponse(context.fault) : withoutFaultOfItsOwn(response, options.onLog);
    },
    close: () => app.connection.driver.end({ timeout: 2 }),
  };
}

const pack = promisify(gzip);
/** Shorter than this an answer travels in one packet as it is. */
const WORTH_PACKING = 1_400;

/** What is read travels packed, as the network in front of a hosted project sends it to whoever can unpack. */
async function packed(request: Request, response: Response): Promise<Response> {
  const unpacks = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
  if (request.method !== 'GET' || !unpacks || !response.ok || !response.body || response.headers.has('content-encoding')) return response;
  const body = Buffer.from(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.append('vary', 'accept-encoding');
  headers.delete('content-length');
  if (body.length < WORTH_PACKING) return new Response(body, { status: response.status, headers });
  headers.set('content-encoding', 'gzip');
  return new Response(await pack(body), { status: response.status, headers });
}

/** Makes the schema `auth` with its tables and `auth.uid()`, which migrations refer to; does nothing the second time. */
export async function ensureAuthSchema(options: Omit<ApiOptions, 'mail'>): Promise<void> {
  const app = createApp({ ...options, mail: () => { throw new Error('No mail is sent while the schema is made.'); } });
  try {
    await app.init();
    await app.ensureSystemSchema();
  } finally {
    await app.connection.close();
  }
}

/** On values of another type than it expects, and on deep JSON, it stumbles itself and tells where: PostgREST passes them on to be refused. */
async function withoutFaultOfItsOwn(response: Response, onLog: (line: string) => void): Promise<Response> {
  const body: unknown = await response.clone().json().catch(() => null);
  const isItsOwn = typeof body === 'object' && body !== null && 'code' in body && body.code === 'SUP';
  if (!isItsOwn) return response;
  onLog(`answered 500: ${JSON.stringify(body).slice(0, 500)}`);
  const message = 'The request holds a value that cannot be read.';
  return Response.json({ code: 'PGRST102', details: null, hint: null, message }, { status: 400 });
}

function createApp({ databaseUrl, keys, mail }: ApiOptions) {
  const connection = createPostgresConnection({
    url: databaseUrl,
    postgresOptions: { max: 10, idle_timeout: 30, backoff, onnotice: () => undefined, types },
  });
  Object.assign(connection, {
    // Left to itself it grants everything on every table to every role at the first request.
    rlsState: 'active',
    normalizeDbError(fault: unknown) {
      const context = requests.getStore();
      if (context) context.fault = fault;
      return fault;
    },
  });
  return new App({
    connection,
    api: { enabled: true, schemas: ['public'], extra_search_path: ['extensions'], max_rows: 1000 },
    auth: {
      enabled: true,
      site_url: SITE_URL,
      jwt_secret: keys.jwtSecret,
      jwt_expiry: 3600,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
      minimum_password_length: 8,
      email: { enable_signup: true, enable_confirmations: false, template: templates },
    },
    options: { drivers: { email: authMailer(mail) } },
  });
}

// Values as Postgres itself writes them in JSON, which is what PostgREST answers with.
const types: Record<string, PostgresType> = {
  numeric: of(1700, String, (text) => (Number.isFinite(Number(text)) ? Number(text) : text)),
  timestamp: of(1114, String, (text) => text.replace(' ', 'T')),
  timestamptz: of(1184, String, (text) => text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')),
  // Objects and lists arrive here as JSON already, plain text does not.
  json: of(114, asJson, (text) => JSON.parse(text) as unknown),
  jsonb: of(3802, asJson, (text) => JSON.parse(text) as unknown),
};

function of(oid: number, serialize: (value: unknown) => string, parse: (text: string) => unknown): PostgresType {
  return { to: oid, from: [oid], serialize, parse };
}

function asJson(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  try {
    JSON.parse(value);
    return value;
  } catch {
    return JSON.stringify(value);
  }
}

const inexact: PostgresFault = {
  code: 'SW422', message: 'Counts are exact here: planned and estimated ones are not answered.', hint: 'Ask with count=exact.',
};

let quiet = false;

/** It prints every refused statement on the console: those go to the log instead. */
function quietConsole(): void {
  if (quiet) return;
  quiet = true;
  const print = console.error.bind(console);
  console.error = (...values: unknown[]) => {
    const context = requests.getStore();
    if (context && context.fault === values[0]) requests.exit(() => context.onLog(messageOf(values[0])));
    else print(...values);
  };
}
