import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type TableauOptions = SimulatorOptions & { tokenSecret?: string; site?: string; isAdmin?: boolean };

type Thing = { kind: 'workbook' | 'datasource'; id: string; name: string; isForbidden: boolean };
export type Job = {
  id: string;
  thing: Thing;
  jobType: string;
  status: 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'Cancelled';
  createdAt: string;
  startedAt?: string;
  completedAt?: string;
  finishCode?: number;
  notes?: string;
};

export type TableauSimulator = Simulator & {
  tokenName: string;
  secret(): string;
  jobs(): readonly Job[];
  /** Something that can be refreshed; its id. */
  publish(kind: Thing['kind'], name: string, isForbidden?: boolean): string;
  /** The task of a schedule that refreshes it; its id. */
  schedule(thingId: string): string;
  /** Takes all that wait to hand. */
  begin(): void;
  /** Ends all that run. */
  end(finishCode: number, notes?: string): void;
  /** What Tableau ran by itself and ended now. */
  ran(thingId: string, status: 'Success' | 'Failed', notes?: string, jobType?: string): void;
  forget(jobId: string): void;
  sessions(): number;
  /** Ends the session that is open, as a second sign-in with the same token does. */
  endSession(): void;
};

class Refused extends Error {
  override name = 'Refused';
  answer: SimulatedAnswer;
  constructor(status: number, code: string, summary: string, detail: string) {
    super(detail);
    this.answer = { status, body: JSON.stringify({ error: { summary, detail, code } }) };
  }
}
const json = (status: number, body: unknown): SimulatedAnswer => ({ status, body: JSON.stringify(body) });
const STATUS = { 0: 'Success', 1: 'Failed', 2: 'Cancelled', 3: 'Success' } as const;

/** Plays one site. https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api.htm */
export async function startTableau(options: TableauOptions): Promise<TableauSimulator> {
  const books = openBooks(options);
  const tokenName = 'simulated-token-name';
  const siteId = randomUUID();
  let secret = options.tokenSecret ?? 'simulated-tableau-secret';
  let session: { token: string; until: number } | null = null;
  let signIns = 0;
  const things = new Map<string, Thing>();
  const tasks = new Map<string, string>();
  const jobs: Job[] = [];
  const now = (): string => options.clock().toISOString().replace(/\.\d{3}Z$/, 'Z');

  function signIn({ method, body }: SimulatedRequest): SimulatedAnswer {
    const { credentials: given = {} } = JSON.parse(body) as { credentials?: Record<string, unknown> };
    const site = given.site as { contentUrl?: string } | undefined;
    const isRight = method === 'POST' && given.personalAccessTokenName === tokenName && given.personalAccessTokenSecret === secret;
    if (!isRight || site?.contentUrl !== (options.site ?? '')) {
      throw new Refused(401, '401001', 'Signin Error', 'Error signing in to Tableau Server');
    }
    session = { token: randomUUID(), until: options.clock().getTime() + 240 * 60_000 };
    signIns += 1;
    return json(200, { credentials: { site: { id: siteId, contentUrl: site?.contentUrl }, user: { id: randomUUID() }, token: session.token } });
  }

  const open = ({ status }: Job): boolean => status === 'Pending' || status === 'InProgress';

  function create(thing: Thing | undefined, jobType = 'refresh_extracts'): Job {
    if (!thing) throw new Refused(404, '404006', 'Resource Not Found', 'The workbook or data source could not be found.');
    if (thing.isForbidden) throw new Refused(403, '403004', 'Forbidden', `You may not refresh '${thing.name}'.`);
    if (jobs.some((job) => open(job) && job.thing === thing)) {
      throw new Refused(409, '409093', 'Resource Conflict', `Job for '${thing.name}' is already queued. Not queuing a duplicate.`);
    }
    const job: Job = { id: randomUUID(), thing, jobType, status: 'Pending', createdAt: now() };
    jobs.push(job);
    return job;
  }

  function refresh(kind: string, id: string, { body, headers }: SimulatedRequest): SimulatedAnswer {
    if (!headers['content-type']?.startsWith('application/json') || Object.keys(JSON.parse(body) as object).length > 0) {
      throw new Refused(400, '400000', 'Bad Request', 'Content is not allowed here.');
    }
    const thing = things.get(kind === 'tasks/extractRefreshes' ? tasks.get(id) ?? '' : id);
    const isOfKind = kind === 'tasks/extractRefreshes' || `${thing?.kind}s` === kind;
    const job = create(isOfKind ? thing : undefined);
    books.take({
      id: job.id, key: job.thing.id, account: '', costCenter: null, amount: '', currency: null, date: '', text: job.thing.name, at: job.createdAt,
    });
    return json(200, { job: shown(job) });
  }

  /** Numbers are text, as in everything that is made of XML. A finish code may stand there before the end, and means nothing yet. */
  function shown({ id, thing, createdAt, startedAt, completedAt, finishCode, notes }: Job): object {
    return {
      id, mode: 'Asynchronous', type: 'RefreshExtract', progress: completedAt ? '100' : '0', createdAt, startedAt, completedAt,
      ...(startedAt === undefined ? {} : { finishCode: String(finishCode ?? 1) }),
      extractRefreshJob: { [thing.kind]: { id: thing.id, name: thing.name }, ...(notes === undefined ? {} : { notes }) },
    };
  }

  const FIELDS: Record<string, [operators: string[], value: (job: Job) => string | undefined]> = {
    jobType: [['eq', 'in'], ({ jobType }) => jobType],
    status: [['eq'], ({ status }) => status],
    createdAt: [['eq', 'gt', 'gte', 'lt', 'lte'], ({ createdAt }) => createdAt],
    completedAt: [['eq', 'gt', 'gte', 'lt', 'lte'], ({ completedAt }) => completedAt],
  };

  function matches(job: Job, expression: string): boolean {
    const [, field = '', operator = '', given = ''] = /^(\w+):(\w+):(.+)$/.exec(expression) ?? [];
    const [operators, valueOf] = FIELDS[field] ?? [[], () => undefined];
    const isTime = field.endsWith('At');
    if (!operators.includes(operator) || (isTime && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(given))) {
      throw new Refused(400, '400031', 'Bad Request', `Invalid filter expression '${expression}'.`);
    }
    const value = valueOf(job);
    if (value === undefined) return false;
    const compare = { eq: value === given, gt: value > given, gte: value >= given, lt: value < given, lte: value <= given };
    return operator === 'in' ? given.slice(1, -1).split(',').includes(value) : compare[operator as keyof typeof compare];
  }

  function list(search: string): SimulatedAnswer {
    if (options.isAdmin === false) throw new Refused(403, '403004', 'Forbidden', 'Only administrators may query jobs.');
    if (/%(?:2C|3A)/i.test(search)) throw new Refused(400, '400031', 'Bad Request', 'Invalid filter expression.');
    const query = new URLSearchParams(search);
    const [size, number] = [Number(query.get('pageSize') ?? 100), Number(query.get('pageNumber') ?? 1)];
    if (!(size >= 1 && size <= 1_000)) throw new Refused(400, '400007', 'Bad Request', 'Invalid page size');
    const expressions = (query.get('filter') ?? '').split(/,(?![^[]*\])/).filter((text) => text !== '');
    const found = jobs.filter((job) => expressions.every((expression) => matches(job, expression)));
    if (number < 1 || (number > 1 && (number - 1) * size >= found.length)) throw new Refused(400, '400006', 'Bad Request', 'Invalid page number');
    const rows = found.slice((number - 1) * size, number * size).map(({ id, thing, jobType, status, createdAt, startedAt, completedAt }) => ({
      id, status, createdAt, startedAt, endedAt: completedAt, priority: '50', jobType, title: thing.name,
    }));
    const [only, ...others] = rows;
    const backgroundJobs = only === undefined ? {} : { backgroundJob: others.length === 0 ? only : rows };
    return json(200, { pagination: { pageNumber: String(number), pageSize: String(size), totalAvailable: String(found.length) }, backgroundJobs });
  }

  function answer(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    const [, version = '', path = ''] = /^\/api\/3\.(\d+)\/(.+)$/.exec(url.pathname) ?? [];
    if (headers.accept !== 'application/json' || version === '' || Number(version) > 25) throw new Refused(404, '404000', 'Resource Not Found', 'Not found');
    if (path === 'auth/signin') return signIn(request);
    if (headers['x-tableau-auth'] === undefined) throw new Refused(401, '401000', 'Unauthorized Access', 'Tableau Server authentication failed');
    if (headers['x-tableau-auth'] !== session?.token || session.until <= options.clock().getTime()) {
      throw new Refused(401, '401002', 'Unauthorized Access', 'Invalid authentication credentials were provided');
    }
    if (path === 'sessions/current') {
      return json(200, { session: { site: { id: siteId, name: 'Acme', contentUrl: options.site ?? '' }, user: { id: randomUUID(), name: 'Kari', siteRole: 'SiteAdministratorCreator' } } });
    }
    const [, site, rest = ''] = /^sites\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (site !== siteId) throw new Refused(404, '404000', 'Resource Not Found', 'Site not found');
    const [, kind, id, act] = /^(workbooks|datasources|tasks\/extractRefreshes)\/([^/]+)(?:\/(\w+))?$/.exec(rest) ?? [];
    if (method === 'POST' && kind && id && act === (kind.startsWith('tasks') ? 'runNow' : 'refresh')) return refresh(kind, id, request);
    const thing = things.get(tasks.get(id ?? '') ?? '');
    if (method === 'GET' && kind?.startsWith('tasks') && thing) {
      return json(200, { task: { extractRefresh: { id, priority: '50', consecutiveFailedCount: '0', type: 'RefreshExtractTask', [thing.kind]: { id: thing.id } } } });
    }
    if (method === 'GET' && rest === 'jobs') return list(url.search);
    const job = jobs.find((one) => rest === `jobs/${one.id}`);
    if (method !== 'GET' || !rest.startsWith('jobs/')) throw new Refused(405, '405000', 'Invalid Request Method', `Request type ${method}`);
    if (!job) throw new Refused(404, '404009', 'Resource Not Found', `Job '${rest.slice(5)}' could not be found.`);
    return json(200, { job: shown(job) });
  }

  const vendor: Vendor = {
    name: 'Tableau',
    books,
    scope: ({ url }) => (url.pathname.endsWith('/auth/signin') ? 'token' : 'api'),
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
        return { ...new Refused(429, '429000', 'Too Many Requests', 'Too many requests. Try again later.').answer, headers: { 'retry-after': '60' } };
      }
      if (fault === 'expired_token') return new Refused(401, '401002', 'Unauthorized Access', 'Invalid authentication credentials were provided').answer;
      return new Refused(fault === 'unavailable' ? 503 : 500, '500000', 'Internal Server Error', 'The server ran into a problem.').answer;
    },
    facts: () => [['Refreshes', String(jobs.length)]],
    credential: () => secret,
    rotate: (next) => {
      session = null;
      return (secret = next ?? randomUUID());
    },
    actions: {},
  };

  const close = (job: Job, finishCode: number, notes?: string): Job => Object.assign(job, {
    status: STATUS[finishCode as keyof typeof STATUS], startedAt: job.startedAt ?? now(), completedAt: now(), finishCode, notes,
  });
  return {
    ...await startSimulator(options, vendor),
    tokenName,
    secret: () => secret,
    jobs: () => jobs,
    publish(kind, name, isForbidden = false) {
      const id = randomUUID();
      things.set(id, { kind, id, name, isForbidden });
      return id;
    },
    schedule(thingId) {
      const id = randomUUID();
      tasks.set(id, thingId);
      return id;
    },
    begin: () => jobs.filter(({ status }) => status === 'Pending').forEach((job) => Object.assign(job, { status: 'InProgress', startedAt: now() })),
    end: (finishCode, notes) => jobs.filter(open).forEach((job) => close(job, finishCode, notes)),
    ran: (thingId, status, notes, jobType) => void close(create(things.get(thingId), jobType), status === 'Failed' ? 1 : 0, notes),
    forget: (jobId) => void jobs.splice(jobs.findIndex(({ id }) => id === jobId), 1),
    sessions: () => signIns,
    endSession: () => {
      session = null;
    },
  };
}
