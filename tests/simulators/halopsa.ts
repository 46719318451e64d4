import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type HaloOptions = SimulatorOptions & {
  secret?: string;
  tenant?: string;
  clients?: number[];
  /** What a token without the scope meets: refusals, or lists in which nothing is. */
  withoutScope?: 'refuses' | 'shows_nothing';
};

export type HaloSimulator = Simulator & {
  clientId: string;
  secret(): string;
  entries(kind: 'Tickets' | 'Opportunities'): readonly Entry[];
  /** Whatever is sent as a list is answered with its last entry alone, as without `returnall`. */
  answerWithOne(): void;
};

type Entry = { id: number; summary: string; raw: string; [name: string]: unknown };

const KNOWN =
  /^(?:summary|details|client_id|site_id|user_id|agent_id|team|priority_id|status_id|tickettype_id|customfields|oppcontactname|oppcompanyname|oppvalue)$/;

const json = (status: number, body: unknown): SimulatedAnswer => ({
  status,
  headers: { 'x-request-id': randomUUID() },
  body: JSON.stringify(body),
});
/** The form .NET gives an error of its own; Halo publishes none. */
const thrown = (status: number, message: string): SimulatedAnswer =>
  json(status, { ClassName: 'System.Exception', Message: message, Data: null, HResult: -2146233088 });

/** Plays the parts of HaloPSA that take tickets and opportunities, as unhelpful as its documentation allows it to be. */
export async function startHalo(options: HaloOptions): Promise<HaloSimulator> {
  const books = openBooks(options);
  const clientId = 'simulated-client';
  const clients = new Set(options.clients ?? [1, 2]);
  const tokens = new Map<string, { until: number; scopes: string[] }>();
  const held: Record<string, Entry[]> = { Tickets: [], Opportunities: [] };
  let secret = options.secret ?? 'simulated-halo-secret';
  let one = false;

  function token({ url, body }: SimulatedRequest): SimulatedAnswer {
    const form = new URLSearchParams(body);
    if (options.tenant !== undefined && url.searchParams.get('tenant') !== options.tenant) {
      return json(400, { error: 'invalid_request', error_description: 'Tenant not found' });
    }
    if (form.get('grant_type') !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' });
    if (form.get('client_id') !== clientId || form.get('client_secret') !== secret) {
      return json(401, { error: 'invalid_client', error_description: 'The specified client credentials are invalid.' });
    }
    const issued = randomUUID();
    tokens.set(issued, { until: options.clock().getTime() + 3_600_000, scopes: (form.get('scope') ?? '').split(' ') });
    return json(200, { access_token: issued, token_type: 'Bearer', expires_in: 3_600, scope: form.get('scope') });
  }

  function take(kind: string, body: Record<string, unknown>, raw: string): Entry {
    const entry: Entry = { ...body, id: 1_000 + books.ledger().length, summary: String(body.summary), raw };
    held[kind]?.push(entry);
    const key = /\[SW-[A-Z2-7]{20}\]$/.exec(entry.summary)?.[0] ?? null;
    const amount = /"oppvalue":(-?[\d.]+)/.exec(raw)?.[1] ?? '';
    books.take({
      id: String(entry.id),
      key,
      account: '',
      costCenter: null,
      amount,
      currency: null,
      date: '',
      text: entry.summary,
      at: options.clock().toISOString(),
    });
    return entry;
  }

  function wrong(body: Record<string, unknown>): string | null {
    const strange = Object.keys(body).find((name) => !KNOWN.test(name));
    if (strange !== undefined) return `Could not find member '${strange}' on object of type 'Faults'`;
    if (typeof body.summary !== 'string' || body.summary === '') return 'Please enter a Summary';
    const client = body.client_id as number | undefined;
    if (client !== undefined && !clients.has(client)) return `Client ${client} does not exist`;
    return null;
  }

  function post(kind: string, { url, body }: SimulatedRequest): SimulatedAnswer {
    const bodies = JSON.parse(body) as Record<string, unknown>[];
    if (!Array.isArray(bodies)) return thrown(400, 'Cannot deserialize the current JSON object into an array');
    const raws = body.split(/(?<=\}),(?=\{)/);
    const taken: Entry[] = [];
    for (const [place, each] of bodies.entries()) {
      const fault = wrong(each);
      // What came before it stays: the worse of the two things that may happen.
      if (fault !== null) return thrown(400, fault);
      taken.push(take(kind, each, raws[place] ?? ''));
    }
    const whole = url.searchParams.get('returnall') === 'true' && !one;
    return json(201, whole ? taken.map(({ id, summary }) => ({ id, summary })).reverse() : taken.at(-1));
  }

  function list(kind: string, { searchParams: asked }: URL, isBlind: boolean): SimulatedAnswer {
    const text = asked.get('search_summary')?.toLowerCase() ?? '';
    const found = isBlind ? [] : (held[kind] ?? []).filter(({ summary }) => summary.toLowerCase().includes(text));
    const size = Number(asked.get('page_size') ?? 50);
    return json(200, {
      page_no: 1,
      page_size: size,
      record_count: found.length,
      [kind.toLowerCase()]: found.slice(0, size).map(({ id, summary }) => ({ id, summary })),
    });
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    if (url.pathname === '/auth/token') return token(request);
    const known = tokens.get((headers.authorization ?? '').replace('Bearer ', ''));
    if (!known || known.until <= options.clock().getTime()) {
      return json(401, { Message: 'Authorization has been denied for this request.' });
    }
    const [, kind = ''] = /^\/api\/(Tickets|Opportunities)$/.exec(url.pathname) ?? [];
    const may = (what: string): boolean => known.scopes.includes('all') || known.scopes.includes(`${what}:${kind.toLowerCase()}`);
    if (method === 'GET' && url.pathname === '/api/Agent/me') return json(200, { id: 7, name: 'API Agent' });
    if (kind === '') return json(404, { Message: 'No HTTP resource was found that matches the request URI.' });
    const isBlind = !may('read') && !may('edit');
    if (method === 'GET') {
      return isBlind && options.withoutScope !== 'shows_nothing' ? json(403, { Message: 'Forbidden' }) : list(kind, url, isBlind);
    }
    return may('edit') ? post(kind, request) : json(403, { Message: 'Forbidden' });
  }

  const vendor: Vendor = {
    name: 'HaloPSA',
    books,
    scope: ({ url }) => (url.pathname === '/auth/token' ? 'token' : 'api'),
    handle,
    refuse(fault) {
      if (fault === 'too_many') return json(429, { Message: 'API rate limit exceeded: 500 requests in 5 minutes' });
      if (fault === 'expired_token') return json(401, { Message: 'Authorization has been denied for this request.' });
      return thrown(fault === 'unavailable' ? 503 : 500, 'Object reference not set to an instance of an object.');
    },
    facts: () => [['Opportunities', String(held.Opportunities?.length)]],
    credential: () => secret,
    rotate: (next) => {
      tokens.clear();
      return (secret = next ?? randomUUID());
    },
    actions: {},
  };
  return {
    ...await startSimulator(options, vendor),
    clientId,
    secret: () => secret,
    entries: (kind) => held[kind] ?? [],
    answerWithOne: () => {
      one = true;
    },
  };
}
