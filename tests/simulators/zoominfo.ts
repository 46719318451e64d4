import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type ZoomInfoOptions = SimulatorOptions & {
  secret?: string;
  /** Pages of a search that may be asked for. */
  pagesShown?: number;
  credits?: number;
  withoutScope?: boolean;
};

type Status = 'FULL_MATCH' | 'COMPANY_ONLY_MATCH' | 'NO_MATCH' | 'NON_MATCH_BY_REQUIRED_FIELDS' | 'OPT_OUT';
type Person = { id: string; companyId: string; lastName: string; lastUpdatedDate: string; status: Status };

export type ZoomInfoSimulator = Simulator & {
  clientId: string;
  secret(): string;
  /** People of one company, named so that they sort in the order they are added. */
  add(count: number, companyId?: string, status?: Status): void;
  update(id: string): void;
  people(): readonly Person[];
  credits(): number;
  /** How many were asked for in each request to enrich. */
  asked(): readonly number[];
  claim(total: number): void;
};

class Refused extends Error {
  override name = 'Refused';
  answer: SimulatedAnswer;
  constructor(status: number, code: string, detail: string, source?: object) {
    super(detail);
    const body = code.startsWith('ZI')
      ? { error: { code, message: detail, status, requestId: randomUUID(), retryable: status === 429 || status >= 500 } }
      : { title: 'Bad Request', detail: 'One or more fields have validation errors', errors: [{ id: randomUUID(), code, detail, status: String(status), source }] };
    this.answer = { status, headers: { 'content-type': 'application/vnd.api+json' }, body: JSON.stringify(body) };
  }
}

const OUTPUT = ['id', 'email', 'companyName', 'jobTitle', 'personHasMoved'];
const SEARCH = ['companyId', 'companyName', 'jobTitle', 'country', 'lastUpdatedDateAfter'];
const TYPE = 'application/vnd.api+json';
const DAILY = { 'x-ratelimit-limit-day': '129600', 'x-ratelimit-remaining-day': '120000' };
const json = (body: unknown, headers: Record<string, string> = {}): SimulatedAnswer =>
  ({ status: 200, headers: { 'content-type': TYPE, ...DAILY, ...headers }, body: JSON.stringify(body) });

/** Plays the data interface of GTM. https://docs.zoominfo.com/ */
export async function startZoomInfo(options: ZoomInfoOptions): Promise<ZoomInfoSimulator> {
  const clientId = 'simulated-client';
  let secret = options.secret ?? 'simulated-zoominfo-secret';
  let credits = options.credits ?? 1_000;
  let claimed: number | null = null;
  const tokens = new Set<string>();
  const people: Person[] = [];
  const managed = new Set<string>();
  const asked: number[] = [];
  const now = (): string => options.clock().toISOString();

  function token({ headers, body }: SimulatedRequest): SimulatedAnswer {
    const isRight = headers.authorization === `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
    if (!isRight || new URLSearchParams(body).get('grant_type') !== 'client_credentials') {
      return { status: 401, body: JSON.stringify({ error: 'invalid_client', error_description: 'The client secret supplied for a confidential client is invalid.' }) };
    }
    const issued = randomUUID();
    tokens.add(issued);
    return json({ access_token: issued, token_type: 'Bearer', expires_in: 3_600, scope: new URLSearchParams(body).get('scope') });
  }

  function attributesOf({ body, headers }: SimulatedRequest, type: string): Record<string, unknown> {
    if (headers['content-type'] !== TYPE) throw new Refused(400, 'PFAPI0003', 'Invalid request body');
    const { data } = JSON.parse(body) as { data?: { type?: string; attributes?: Record<string, unknown> } };
    if (data?.type !== type || !data.attributes) throw new Refused(400, 'PFAPI0003', 'Invalid request body');
    return data.attributes;
  }

  function search(request: SimulatedRequest): SimulatedAnswer {
    const given = attributesOf(request, 'ContactSearch');
    const unknown = Object.keys(given).find((name) => !SEARCH.includes(name));
    if (unknown !== undefined) throw new Refused(400, 'PFAPI0005', 'Invalid field requested', { pointer: `/data/attributes/${unknown}` });
    const query = request.url.searchParams;
    const [page, size] = [Number(query.get('page[number]') ?? 1), Number(query.get('page[size]') ?? 25)];
    if (size > 100 || query.get('sort') !== 'lastName') throw new Refused(400, 'PFAPI0002', 'One or more fields have validation errors', { parameter: 'page[size]' });
    const shown = options.pagesShown ?? 100;
    if (page > shown) throw new Refused(400, 'PFAPI0002', `Page number cannot be greater than max value ${shown}`, { parameter: 'page[number]' });
    const after = given.lastUpdatedDateAfter as string | undefined;
    if (after !== undefined && !/^\d{4}-\d\d-\d\d$/.test(after)) throw new Refused(400, 'PFAPI0006', "Input parameter 'lastUpdatedDateAfter' is invalid");
    const all = people.filter((one) => one.companyId === (given.companyId ?? one.companyId) && (after === undefined || one.lastUpdatedDate.slice(0, 10) > after))
      .sort((a, b) => (a.lastName < b.lastName ? -1 : 1));
    const data = all.slice((page - 1) * size, page * size).map(({ id, lastName, lastUpdatedDate }) => (
      { id, type: 'Contact', attributes: { lastName, lastUpdatedDate, hasEmail: true } }));
    const total = claimed ?? all.length;
    return json({ data, meta: { page: { number: page, total: Math.ceil(total / size) }, totalResults: total } });
  }

  function enrich(request: SimulatedRequest): SimulatedAnswer {
    const { matchPersonInput: inputs = [], outputFields = [], ...more } = attributesOf(request, 'ContactEnrich') as {
      matchPersonInput?: { personId: number }[]; outputFields?: string[];
    };
    asked.push(inputs.length);
    const unknown = outputFields.find((name) => !OUTPUT.includes(name)) ?? Object.keys(more).find((name) => name !== 'requiredFields');
    if (unknown !== undefined) throw new Refused(400, 'PFAPI0009', `Invalid field '${unknown}' requested in query`);
    if (inputs.length === 0 || inputs.length > 25) throw new Refused(400, 'PFAPI0002', 'matchPersonInput must have 1 to 25 entries', { pointer: '/data/attributes/matchPersonInput' });
    if (inputs.some(({ personId }) => typeof personId !== 'number')) throw new Refused(400, 'PFAPI0008', 'Invalid field type', { pointer: '/data/attributes/matchPersonInput' });
    return json({ data: inputs.map((input) => resultOf(input, people.find(({ id }) => id === String(input.personId)))) });
  }

  function resultOf(input: { personId: number }, person: Person | undefined): object {
    const status = person?.status ?? 'NO_MATCH';
    if (!person || !/^(?:FULL|COMPANY_ONLY)_MATCH$/.test(status)) return { id: '0', type: 'NoMatch', meta: { input, matchStatus: status } };
    if (!managed.has(person.id)) {
      if (credits === 0) return { id: '0', type: 'NoMatch', meta: { input, matchStatus: 'LIMIT_EXCEEDED' } };
      credits -= 1;
      managed.add(person.id);
    }
    return { id: person.id, type: 'Contact', attributes: { email: `${person.id}@example.org`, personHasMoved: 'No' }, meta: { input, matchStatus: status } };
  }

  const usage = (): SimulatedAnswer => json({
    data: [{
      id: '1',
      type: 'UserUsage',
      attributes: {
        usage: [
          { limitType: 'requestLimit', description: 'Requests', totalLimit: 10_000, currentUsage: 9_800, usageRemaining: 200 },
          { limitType: 'uniqueIdLimit', description: 'Unique ids', totalLimit: 1_000, currentUsage: 1_000 - credits, usageRemaining: credits },
          { limitType: 'webSightsApiRequest', description: 'WebSights', totalLimit: 0, currentUsage: 0, usageRemaining: 0 },
        ],
      },
    }],
  });

  function answer(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    if (url.pathname === '/oauth2/default/v1/token') return token(request);
    if (!tokens.has((headers.authorization ?? '').replace('Bearer ', ''))) throw new Refused(401, 'ZI0001', 'Your session has expired. Please provide a valid token and try again.');
    if (headers.accept !== TYPE) throw new Refused(406, 'PFAPI0003', 'Not acceptable');
    const path = `${method} ${url.pathname.replace('/gtm/data/v1/', '')}`;
    if (options.withoutScope && path !== 'GET users/usage') {
      throw new Refused(403, 'ZI0002', "This application does not have the required scope to access the requested resource 'contacts'.");
    }
    if (path === 'POST contacts/search') return search(request);
    if (path === 'POST contacts/enrich') return enrich(request);
    if (path === 'GET users/usage') return usage();
    throw new Refused(404, 'ZI9998', `No static resource ${url.pathname.slice(1)}.`);
  }

  const vendor: Vendor = {
    name: 'ZoomInfo',
    books: openBooks(options),
    scope: ({ url }) => (url.pathname.endsWith('/token') ? 'token' : 'api'),
    handle(request) {
      try {
        return answer(request);
      } catch (error) {
        if (error instanceof Refused) return error.answer;
        throw error;
      }
    },
    refuse(fault) {
      if (fault === 'too_many') {
        const refused = new Refused(429, 'ZI0004', 'You have exceeded the rate limit for this resource. Please try again later.').answer;
        return { ...refused, headers: { ...refused.headers, 'retry-after': '840', 'x-ratelimit-rejected-bucket': 'hour' } };
      }
      if (fault === 'expired_token') return new Refused(401, 'ZI0001', 'Your session has expired. Please provide a valid token and try again.').answer;
      return new Refused(fault === 'unavailable' ? 503 : 500, 'PFAPI0007', 'Internal Server Error').answer;
    },
    facts: () => [['People', String(people.length)]],
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
    add(count, companyId = '1', status = 'FULL_MATCH') {
      for (let index = 0; index < count; index += 1) {
        const number = 4_191_000_000 + people.length;
        people.push({ id: String(number), companyId, lastName: `Name ${number}`, lastUpdatedDate: now(), status });
      }
    },
    update: (id) => people.filter((one) => one.id === id).forEach((one) => (one.lastUpdatedDate = now())),
    people: () => people,
    credits: () => credits,
    asked: () => asked,
    claim: (total) => {
      claimed = total;
    },
  };
}
