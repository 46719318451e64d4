import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { parseExact, writeExact } from './business-central-journal.ts';
import { createDoctypes, FrappeError } from './erpnext-doctypes.ts';
import type { Doc, DoctypeOptions } from './erpnext-doctypes.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type ErpnextOptions = SimulatorOptions & DoctypeOptions & {
  apiKey?: string;
  apiSecret?: string;
  user?: string;
  /** Doctypes the user may not read: Frappe answers 403 for them. */
  forbidden?: string[];
  /** Seconds in `Retry-After` when it throttles. */
  retryAfter?: number;
};

export type ErpnextSimulator = Simulator & {
  apiKey: string;
  secret(): string;
  /** The documents of a doctype as JSON text, numbers as they came. */
  documents(doctype: string): string[];
};

/** gunicorn's limit for the first line of a request, which Frappe's own set-up keeps. */
const REQUEST_LINE = 4_094;
/** https://github.com/frappe/frappe/blob/develop/frappe/client.py */
const MAX_DOCS = 200;

/** https://github.com/frappe/frappe/blob/develop/frappe/utils/response.py (`report_error`) */
function errorAnswer(error: FrappeError, headers: Record<string, string> = {}): SimulatedAnswer {
  const shown = JSON.stringify([JSON.stringify({ message: error.html, title: 'Message', indicator: 'red', raise_exception: 1 })]);
  return {
    status: error.status,
    headers,
    body: JSON.stringify({
      exception: `frappe.exceptions.${error.type}: ${error.exception}`,
      exc_type: error.type,
      exc: JSON.stringify([`Traceback (most recent call last):\n  File "apps/frappe/frappe/app.py"\nfrappe.exceptions.${error.type}`]),
      ...(error.html === '' ? {} : { _server_messages: shown }),
    }),
  };
}

const given = (url: URL, name: string): unknown => JSON.parse(url.searchParams.get(name) ?? '[]');

/** Plays a Frappe site with ERPNext on it. */
export async function startErpnext(options: ErpnextOptions): Promise<ErpnextSimulator> {
  const books = openBooks(options);
  const apiKey = options.apiKey ?? '3a1f0c9d7e5b284';
  const user = options.user ?? 'syncward@example.org';
  let secret = options.apiSecret ?? 'erpnext-demo-secret';
  const doctypes = createDoctypes(books, options);
  const unauthorized = new FrappeError(401, 'AuthenticationError', 'Authentication failed.', '');

  /** All or nothing: what was inserted before the one that fails is rolled back with it. */
  function insertMany(body: string): SimulatedAnswer {
    const { docs } = parseExact(body) as { docs: Doc[] };
    if (docs.length > MAX_DOCS) throw new FrappeError(417, 'ValidationError', 'Only 200 inserts allowed in one request');
    const inserted = doctypes.transaction(docs);
    const at = options.clock().toISOString();
    for (const { entry } of inserted) books.take({ ...entry, at });
    return { status: 200, body: JSON.stringify({ message: inserted.map(({ entry }) => entry.id) }) };
  }

  function list(doctype: string, url: URL): SimulatedAnswer {
    if (options.forbidden?.includes(doctype)) {
      throw new FrappeError(403, 'PermissionError', `User <b>${user}</b> does not have doctype access via role permission for document <b>${doctype}</b>`);
    }
    const filters = given(url, 'filters') as [string, string, unknown][];
    const most = Number(url.searchParams.get('limit_page_length') ?? '20');
    return { status: 200, body: writeExact({ data: doctypes.list(doctype, given(url, 'fields') as string[], filters).slice(0, most || undefined) }) };
  }

  function route(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    if (`${method} ${url.pathname}${url.search} HTTP/1.1`.length > REQUEST_LINE) {
      return { status: 400, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Request</h1>Request Line is too large (4200 &gt; 4094)' };
    }
    if (headers.authorization !== `token ${apiKey}:${secret}`) throw unauthorized;
    const [, , kind, name = ''] = url.pathname.split('/').map(decodeURIComponent);
    if (kind === 'method' && name === 'frappe.auth.get_logged_user') return { status: 200, body: JSON.stringify({ message: user }) };
    if (kind === 'method' && name === 'frappe.client.insert_many' && method === 'POST') {
      if (headers['content-type'] !== 'application/json') throw new FrappeError(417, 'TypeError', "insert_many() missing 'docs'");
      return insertMany(request.body);
    }
    if (kind === 'resource' && method === 'GET') return list(name, url);
    throw new FrappeError(404, 'DoesNotExistError', `${name} not found`);
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    try {
      return route(request);
    } catch (error) {
      if (error instanceof FrappeError) return errorAnswer(error);
      throw error;
    }
  }

  const refusals = {
    error_before: new FrappeError(500, 'OperationalError', "(2006, 'Server has gone away')", ''),
    unavailable: new FrappeError(503, 'SessionStopped', 'The site is being updated. Please try again in a while.'),
    too_many: new FrappeError(429, 'TooManyRequestsError', 'Too many requests', ''),
    expired_token: unauthorized,
  };
  const vendor: Vendor = {
    name: 'ERPNext',
    books,
    scope: () => 'api',
    handle,
    refuse: (fault) => errorAnswer(refusals[fault], fault === 'too_many' ? { 'retry-after': String(options.retryAfter ?? 60) } : {}),
    facts: () => doctypes.counts(),
    credential: () => `${apiKey}:${secret}`,
    rotate: (next) => secret = next ?? randomUUID(),
    actions: {},
  };
  const simulator = await startSimulator(options, vendor);
  return { ...simulator, apiKey, secret: () => secret, documents: (doctype) => doctypes.all(doctype).map(writeExact) };
}
