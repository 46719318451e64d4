import { randomUUID } from 'node:crypto';
import { isDay, openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type RestOptions = SimulatorOptions & {
  /** How the interface lets callers in. */
  auth?: 'header' | 'query' | 'basic' | 'bearer' | 'oauth';
  secret?: string;
};

export type RestSimulator = Simulator & {
  secret(): string;
  /** Something that changes over there by itself. */
  change(id: string, updatedAt: string, more?: Record<string, unknown>): void;
  /** Addresses called, with their queries, in order. */
  calls(): readonly string[];
};

type Order = Record<string, unknown>;
type Fault = { status: number; code: string; message: string; field?: string };

const MOST_IN_BATCH = 50;
const PAGE = 2;
const FIELDS: Record<string, readonly string[]> = {
  '': ['reference', 'kind', 'title', 'dueOn', 'urgent', 'cost', 'lines'],
  cost: ['amount', 'currency'],
  lines: ['account', 'costCenter'],
};

const json = (status: number, body: unknown, headers: Record<string, string> = {}): SimulatedAnswer => ({
  status,
  headers: { 'x-request-id': randomUUID(), ...headers },
  body: JSON.stringify(body),
});
const refuse = ({ status, ...error }: Fault): SimulatedAnswer => json(status, { error });

/** Numbers as they were written. */
const parsed = (text: string): unknown =>
  JSON.parse(text, (_, value: unknown, context?: { source?: string }) => (
    typeof value === 'number' ? { number: context?.source } : value
  ));

/** An invented interface for work orders, strict in everything a JSON interface can be strict in. */
export async function startRest(options: RestOptions): Promise<RestSimulator> {
  const books = openBooks(options);
  const kind = options.auth ?? 'header';
  let secret = options.secret ?? 'simulated-rest-secret';
  const tokens = new Map<string, number>();
  const stored = new Map<string, Order>();
  const answers = new Map<string, { body: string; answer: SimulatedAnswer }>();
  const feed = new Map<string, Order>();
  const calls: string[] = [];

  function isLetIn({ url, headers }: SimulatedRequest): boolean {
    const given = headers.authorization ?? '';
    if (kind === 'header') return headers['x-api-key'] === secret;
    if (kind === 'query') return url.searchParams.get('api_key') === secret;
    if (kind === 'basic') return given === `Basic ${Buffer.from(`syncward:${secret}`).toString('base64')}`;
    if (kind === 'bearer') return given === `Bearer ${secret}`;
    return (tokens.get(given.replace('Bearer ', '')) ?? 0) > options.clock().getTime();
  }

  function token(request: SimulatedRequest): SimulatedAnswer {
    const form = new URLSearchParams(request.body);
    const basic = `Basic ${Buffer.from(`syncward:${secret}`).toString('base64')}`;
    const isKnown = form.get('client_secret') === secret || request.headers.authorization === basic;
    if (!isKnown) return json(401, { error: 'invalid_client', error_description: 'The client is not known.' });
    if (request.headers.authorization !== undefined && form.has('client_secret')) {
      return json(400, { error: 'invalid_request', error_description: 'A client proves itself in one way.' });
    }
    if (form.get('scope') === '') return json(400, { error: 'invalid_scope', error_description: 'An empty scope is none.' });
    if (form.get('audience') !== 'work-orders') return json(400, { error: 'invalid_request', error_description: 'There is no audience.' });
    const issued = randomUUID();
    tokens.set(issued, options.clock().getTime() + 3_600_000);
    return json(200, { access_token: issued, token_type: 'Bearer', expires_in: 3_600 });
  }

  function wrong(order: unknown): Fault | null {
    if (typeof order !== 'object' || order === null) return { status: 400, code: 'NOT_AN_OBJECT', message: 'A work order is an object.' };
    const { cost, lines, dueOn, title, urgent, reference } = order as Record<string, never>;
    const first = ((lines ?? []) as Record<string, unknown>[])[0] ?? {};
    for (const [part, value] of [['', order], ['cost', cost ?? {}], ['lines', first]] as const) {
      const strange = Object.keys(value).find((name) => !FIELDS[part]?.includes(name));
      if (strange !== undefined) {
        return {
          status: 422,
          code: 'UNKNOWN_FIELD',
          message: `There is no field ${strange}.`,
          field: part ? `${part}.${strange}` : strange,
        };
      }
    }
    if (typeof title !== 'string') return { status: 422, code: 'REQUIRED', message: 'A title is required.', field: 'title' };
    if (reference !== undefined && typeof reference !== 'string') {
      return { status: 422, code: 'TYPE', message: 'A reference is text.', field: 'reference' };
    }
    if (urgent !== undefined && typeof urgent !== 'boolean') {
      return { status: 422, code: 'TYPE', message: 'Yes or no, please.', field: 'urgent' };
    }
    if (dueOn !== undefined && !isDay(dueOn)) return { status: 422, code: 'DATE', message: 'That is no day.', field: 'dueOn' };
    const { amount } = (cost ?? {}) as { amount?: { number?: string } };
    if (amount !== undefined && !/^-?\d+(?:\.\d{1,2})?$/.test(amount.number ?? '')) {
      return { status: 422, code: 'AMOUNT', message: 'An amount is a number with two decimals.', field: 'cost.amount' };
    }
    if (!books.accounts.has(String(first.account))) {
      return {
        status: 422,
        code: 'UNKNOWN_ACCOUNT',
        message: `Account ${String(first.account)} does not exist.`,
        field: 'lines[0].account',
      };
    }
    return null;
  }

  function take(order: Order, key: string | null): string {
    const id = `9007199254740993${String(books.ledger().length + 1).padStart(3, '0')}`;
    const { cost, lines, dueOn, title } = order as {
      cost?: { amount?: { number: string }; currency?: string };
      dueOn?: string;
      [name: string]: unknown;
    };
    const [line] = lines as { account: string; costCenter?: string }[];
    books.take({
      id,
      key,
      account: line?.account ?? '',
      costCenter: line?.costCenter ?? null,
      amount: cost?.amount?.number ?? '',
      currency: cost?.currency ?? null,
      date: dueOn ?? '',
      text: String(title),
      at: options.clock().toISOString(),
    });
    return id;
  }

  function put(path: string, order: Order): SimulatedAnswer {
    const there = stored.get(path);
    const id = there ? String(there.id) : take(order, path);
    stored.set(path, { ...order, id });
    return { ...json(there ? 200 : 201, null), body: `{"data":{"id":${id}}}` };
  }

  function post(request: SimulatedRequest, order: Order): SimulatedAnswer {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') {
      return { ...json(201, null), body: `{"data":{"id":${take(order, (order.reference as string | undefined) ?? null)}}}` };
    }
    const before = answers.get(key);
    if (before && before.body !== request.body) {
      return refuse({ status: 409, code: 'KEY_REUSED', message: 'This key came with another body.' });
    }
    const answer = before?.answer ?? { ...json(201, null), body: `{"data":{"id":${take(order, key)}}}` };
    answers.set(key, { body: request.body, answer });
    return answer;
  }

  function batch(items: unknown): SimulatedAnswer {
    if (!Array.isArray(items)) return refuse({ status: 400, code: 'NOT_A_LIST', message: 'A batch is a list.' });
    if (items.length > MOST_IN_BATCH) {
      return refuse({ status: 413, code: 'TOO_MANY', message: `At most ${MOST_IN_BATCH} work orders at once.` });
    }
    const results = items.map((item: Order, index) => {
      const fault = wrong(item);
      const { status: _, ...error } = fault ?? { status: 0 };
      return {
        index,
        reference: item.reference,
        ...(fault ? { state: 'rejected', error } : { state: 'created', id: take(item, String(item.reference)) }),
      };
    });
    return json(207, { results: results.reverse() });
  }

  function changes({ url, headers }: SimulatedRequest): SimulatedAnswer {
    const since = url.searchParams.get('updated_since') ?? '';
    const all = [...feed.values()].filter((order) => String(order.updated_at) >= since);
    const page = Number(url.searchParams.get('page') ?? 1);
    const at = url.searchParams.has('cursor') ? Number(url.searchParams.get('cursor')) : (page - 1) * PAGE;
    const more = at + PAGE < all.length;
    const next = new URL(url.href);
    next.searchParams.set('page', String(page + 1));
    const address = `http://${headers.host}${next.pathname}${next.search}`;
    return json(200, {
      items: all.slice(at, at + PAGE),
      next_cursor: more ? String(at + PAGE) : null,
      links: { next: more ? address : null },
    }, more ? { link: `<${address}>; rel="next"` } : {});
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    const path = decodeURIComponent(url.pathname);
    if (path === '/oauth/token') return token(request);
    calls.push(`${method} ${url.pathname}${url.search}`);
    if (!isLetIn(request)) return refuse({ status: 401, code: 'UNAUTHORIZED', message: 'The credential is not accepted.' });
    if (method === 'GET') {
      if (path === '/me') return json(200, { account: { name: 'Example maintenance' } });
      if (path === '/changes') return changes(request);
      const key = url.searchParams.get('reference') ?? path.replace(/^\/work-orders\/by-reference\//, '');
      // A search like many: it finds what begins so, too.
      const found = books.ledger().filter((entry) => entry.key?.startsWith(key)).map(({ id, key: reference }) => ({ id, reference }));
      if (path === '/work-orders') return json(200, { items: found });
      return found[0] ? json(200, found[0]) : refuse({ status: 404, code: 'NOT_FOUND', message: 'There is no such work order.' });
    }
    if (!headers['content-type']?.includes('json')) return refuse({ status: 415, code: 'TYPE', message: 'JSON only.' });
    const body = parsed(request.body);
    if (method === 'POST' && path === '/work-orders/batch') return batch((body as Order).items);
    if (method === 'POST' && path === '/work-orders/whole') {
      const items = body as Order[];
      const bad = items.map(wrong).find((fault) => fault !== null);
      if (bad) return json(200, { success: false, message: bad.message });
      items.forEach((item) => take(item, item.reference as string));
      return json(200, { success: true });
    }
    const fault = wrong(body);
    // One of those that say no with 200.
    if (url.searchParams.has('polite')) {
      return fault ? json(200, { success: false, message: fault.message }) : json(200, { success: true, id: take(body as Order, null) });
    }
    if (fault) return refuse(fault);
    if (method === 'PUT' && url.searchParams.has('silent')) {
      put(path, body as Order);
      return { status: Number(url.searchParams.get('silent')), headers: {}, body: '' };
    }
    if (method === 'PUT' && path.startsWith('/work-orders/')) return put(path.slice('/work-orders/'.length), body as Order);
    if (method === 'POST' && path === '/work-orders') return post(request, body as Order);
    return refuse({ status: 405, code: 'METHOD', message: `${method} is not possible here.` });
  }

  const vendor: Vendor = {
    name: 'Example work orders',
    books,
    scope: ({ url }) => (url.pathname === '/oauth/token' ? 'token' : 'api'),
    handle,
    refuse(fault) {
      if (fault === 'too_many') {
        return { ...refuse({ status: 429, code: 'SLOW_DOWN', message: 'Too many calls.' }), headers: { 'retry-after': '17' } };
      }
      if (fault === 'expired_token') return refuse({ status: 401, code: 'UNAUTHORIZED', message: 'The credential is not accepted.' });
      return refuse({ status: fault === 'unavailable' ? 503 : 500, code: 'INTERNAL', message: 'Something went wrong.' });
    },
    facts: () => [['Way in', kind]],
    credential: () => secret,
    rotate: (next) => {
      tokens.clear();
      return (secret = next ?? randomUUID());
    },
    actions: {},
  };
  return {
    ...await startSimulator(options, vendor),
    secret: () => secret,
    change: (id, updatedAt, more) => void feed.set(id, { id, updated_at: updatedAt, ...more }),
    calls: () => calls,
  };
}
