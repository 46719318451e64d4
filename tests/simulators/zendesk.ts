import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';
import { createJobs } from './zendesk-jobs.ts';
import type { Result } from './zendesk-jobs.ts';

export type ZendeskOptions = SimulatorOptions & { email?: string; token?: string; role?: 'admin' | 'agent' };

type Item = Record<string, unknown> & { id: number; external_id: string | null; updated_at: string };

export type ZendeskSimulator = Simulator & {
  email: string;
  token(): string;
  jobs: Pick<ReturnType<typeof createJobs>, 'run' | 'breakOff' | 'forget' | 'count'>;
  tickets(): readonly Item[];
  users(): readonly Item[];
  /** How many came in each list. */
  lists(): readonly number[];
  /** Requests for one ticket that were answered from the idempotency store. */
  replays(): number;
  /** Jobs tell results by nothing but their order, as some do. */
  tellOrderOnly(): void;
  closeTicket(id: string): void;
  touch(name: 'tickets' | 'users', count: number, change?: Record<string, unknown>): void;
};

const AMOUNT_FIELD = 360_001;
const PAGE = 500;

class Refused extends Error {
  override name = 'Refused';
  status: number;
  body: object;
  constructor(status: number, body: object) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
  }
}
const UNAUTHORIZED = new Refused(401, { error: "Couldn't authenticate you" });
const NOT_FOUND = new Refused(404, { error: 'RecordNotFound', description: 'Not found' });

/** Plays one account. https://developer.zendesk.com/api-reference/ticketing/introduction/ */
export async function startZendesk(options: ZendeskOptions): Promise<ZendeskSimulator> {
  const books = openBooks(options);
  const email = options.email ?? 'syncward@acme.example.org';
  let token = options.token ?? 'zendesk-demo-token';
  let ordered = false;
  let replays = 0;
  const tickets: Item[] = [];
  const users: Item[] = [];
  const lists: number[] = [];
  const jobs = createJobs();
  const answered = new Map<string, { body: string; answer: SimulatedAnswer }>();
  const now = (): string => options.clock().toISOString().replace(/\.\d{3}Z$/, 'Z');

  type Given = Record<string, unknown> & {
    email?: string;
    priority?: string;
    comment?: { body?: unknown };
    custom_fields?: { id: number; value: unknown }[];
  };

  function ticketFault(given: Given, isNew: boolean): [key: string, text: string, code: string] | null {
    if (isNew && !given.comment?.body) return ['base', 'Description: cannot be blank', 'BlankValue'];
    if (given.priority !== undefined && !['urgent', 'high', 'normal', 'low'].includes(given.priority)) {
      return ['priority', `Priority: ${given.priority} is not included in the list`, 'InvalidValue'];
    }
    return null;
  }

  function createTicket(given: Given): Item {
    const made: Item = {
      ...given,
      id: 35_000 + tickets.length,
      external_id: (given.external_id as string | undefined) ?? null,
      status: 'new',
      updated_at: now(),
    };
    tickets.push(made);
    const amount = given.custom_fields?.find(({ id }) => id === AMOUNT_FIELD)?.value;
    books.take({
      id: String(made.id),
      key: made.external_id,
      account: '',
      costCenter: null,
      amount: typeof amount === 'string' ? amount : JSON.stringify(amount ?? null),
      currency: null,
      date: '',
      text: String(given.comment?.body),
      at: made.updated_at,
    });
    return made;
  }

  /** A job leaves the place of a refused record where its number would be. */
  function told(result: Result, place: number): Result {
    return ordered ? { ...result, ...(result.error ? { id: place } : {}) } : { index: place, ...result };
  }

  const workTickets = (list: Given[]): Result[] =>
    list.map((given, place) => {
      const fault = ticketFault(given, true);
      if (fault) return told({ error: 'TicketCreateFailed', details: fault[1], status: 'Failed', success: false }, place);
      return told({ id: createTicket(given).id, action: 'create', status: 'Created', success: true }, place);
    });

  const updateTickets = (list: Given[]): Result[] =>
    list.map((given, place) => {
      const held = tickets.find(({ id }) => id === given.id);
      const fault = held?.status === 'closed' ? 'Status: closed prevents ticket update' : ticketFault(given, false)?.[1];
      if (!held || fault) {
        return told({ id: given.id, error: 'TicketUpdateFailed', details: fault ?? 'Not found', status: 'Failed', success: false }, place);
      }
      Object.assign(held, given, { updated_at: now() });
      return told({ id: held.id, action: 'update', status: 'Updated', success: true }, place);
    });

  const workUsers = (list: Given[]): Result[] =>
    list.map((given, place) => {
      const fault = !given.name
        ? 'Name: is too short (minimum one character)'
        : /@/.test(given.email ?? '@')
        ? null
        : `Email: ${given.email} is not properly formatted`;
      if (fault) return told({ error: 'UserUpdateError', details: fault, status: 'Failed' }, place);
      const held = users.find(({ external_id: known }) => known === given.external_id);
      if (held) {
        return told({ id: Object.assign(held, given, { updated_at: now() }).id, status: 'Updated', external_id: held.external_id }, place);
      }
      const made: Item = { ...given, id: 90_000 + users.length, external_id: String(given.external_id), active: true, updated_at: now() };
      users.push(made);
      books.take({
        id: String(made.id),
        key: made.external_id,
        account: '',
        costCenter: null,
        amount: '',
        currency: null,
        date: '',
        text: String(given.name),
        at: made.updated_at,
      });
      return told({ id: made.id, status: 'Created', external_id: made.external_id }, place);
    });

  function listed(body: string, name: string, work: (list: Given[]) => Result[]): object {
    const list = (JSON.parse(body) as Record<string, Given[]>)[name] ?? [];
    lists.push(list.length);
    if (list.length > 100) throw new Refused(400, { error: 'TooManyValues', description: `Accepts an array of up to 100 ${name}.` });
    if (jobs.count() >= 30) {
      throw new Refused(429, { error: 'TooManyJobs', description: 'Only a certain number of jobs can be queued or running.' });
    }
    return jobs.queue(list.length, () => work(list));
  }

  /** https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency */
  function single(request: SimulatedRequest): SimulatedAnswer {
    const key = String(request.headers['idempotency-key'] ?? '');
    const known = answered.get(key);
    if (known && known.body !== request.body) {
      throw new Refused(400, { error: 'IdempotentRequestError', description: "Request parameters don't match the given idempotency key" });
    }
    if (known) {
      replays++;
      return known.answer;
    }
    const { ticket } = JSON.parse(request.body) as { ticket: Given };
    const fault = ticketFault(ticket, true);
    if (fault) {
      const [name, description, error] = fault;
      throw new Refused(422, {
        error: 'RecordInvalid',
        description: 'Record validation errors',
        details: { [name]: [{ description, error }] },
      });
    }
    const answer = { status: 201, body: JSON.stringify({ ticket: createTicket(ticket) }) };
    if (key !== '') answered.set(key, { body: request.body, answer });
    return answer;
  }

  /** The cursor is a place in the order of changes; it stays good at the end of the stream. */
  function incremental(name: 'tickets' | 'users', query: URLSearchParams): object {
    if (options.role === 'agent') throw new Refused(403, { error: 'Forbidden', description: 'You do not have access to this page.' });
    const all = name === 'tickets' ? tickets : users;
    const cursor = query.get('cursor');
    if (cursor === null && query.get('start_time') === null) {
      throw new Refused(400, { error: 'InvalidValue', description: 'start_time is required' });
    }
    if (cursor === '') throw new Refused(400, { error: 'InvalidValue', description: 'cursor is not valid' });
    const from = cursor === null ? 0 : Number(Buffer.from(cursor, 'base64').toString());
    const size = Math.min(Number(query.get('per_page') ?? 1_000), PAGE);
    const found = all.slice(from, from + size);
    const end = from + found.length;
    return {
      [name]: found,
      end_of_stream: end >= all.length,
      before_cursor: null,
      after_cursor: end === 0 ? null : Buffer.from(String(end)).toString('base64'),
    };
  }

  function resource(request: SimulatedRequest, isSignedIn: boolean): SimulatedAnswer {
    const { pathname, searchParams } = request.url;
    const path = pathname.replace(/^\/api\/v2\//, '').replace(/\.json$/, '');
    const ok = (body: object): SimulatedAnswer => ({ status: 200, body: JSON.stringify(body) });
    if (path === 'users/me') {
      const role = options.role ?? 'admin';
      return ok({ user: isSignedIn ? { id: 1, name: 'Integration User', role } : { id: null, name: 'Anonymous user', role: 'end-user' } });
    }
    if (!isSignedIn) throw UNAUTHORIZED;
    switch (`${request.method} ${path}`) {
      case 'POST tickets':
        return single(request);
      case 'GET tickets':
        return ok({ tickets: tickets.filter(({ external_id: known }) => known === searchParams.get('external_id')) });
      case 'POST tickets/create_many':
        return ok(listed(request.body, 'tickets', workTickets));
      case 'PUT tickets/update_many':
        return ok(listed(request.body, 'tickets', updateTickets));
      case 'POST users/create_or_update_many':
        return ok(listed(request.body, 'users', workUsers));
      case 'GET incremental/tickets/cursor':
        return ok(incremental('tickets', searchParams));
      case 'GET incremental/users/cursor':
        return ok(incremental('users', searchParams));
      default: {
        const job = jobs.show(/^job_statuses\/([\w-]+)$/.exec(path)?.[1] ?? '');
        if (request.method !== 'GET' || !job) throw NOT_FOUND;
        return ok(job);
      }
    }
  }

  const refusedAnswer = ({ status, body }: Refused, headers: Record<string, string> = {}): SimulatedAnswer => ({
    status,
    headers,
    body: JSON.stringify(body),
  });

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const basic = `Basic ${Buffer.from(`${email}/token:${token}`).toString('base64')}`;
    try {
      return resource(request, request.headers.authorization === basic);
    } catch (error) {
      return refusedAnswer(error instanceof Refused ? error : new Refused(400, { error: 'InvalidValue', description: String(error) }));
    }
  }

  const vendor: Vendor = {
    name: 'Zendesk',
    books,
    scope: () => 'api',
    handle,
    refuse: (fault) => {
      if (fault === 'expired_token') return refusedAnswer(UNAUTHORIZED);
      if (fault === 'too_many') {
        return refusedAnswer(
          new Refused(429, { error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' }),
          { 'retry-after': '42' },
        );
      }
      return refusedAnswer(
        new Refused(fault === 'unavailable' ? 503 : 500, { error: 'ServiceUnavailable', description: 'Please try again later.' }),
      );
    },
    facts: () => [['Tickets', String(tickets.length)], ['Users', String(users.length)]],
    credential: () => token,
    rotate: (next) => (token = next ?? randomUUID()),
    actions: { 'run-jobs': jobs.run },
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator,
    email,
    jobs,
    token: () => token,
    tickets: () => tickets,
    users: () => users,
    lists: () => lists,
    replays: () => replays,
    tellOrderOnly: () => void (ordered = true),
    closeTicket: (id) =>
      tickets.filter((ticket) => String(ticket.id) === id).forEach((ticket) => Object.assign(ticket, { status: 'closed' })),
    touch(name, count, change = {}) {
      const all = name === 'tickets' ? tickets : users;
      for (let index = 0; index < count; index++) all.push({ id: 70_000 + all.length, external_id: null, updated_at: now(), ...change });
    },
  };
}
