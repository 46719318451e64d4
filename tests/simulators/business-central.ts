import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { parseBody, runBatch } from './business-central-batch.ts';
import type { Operation, Part } from './business-central-batch.ts';
import { createJournal, writeExact } from './business-central-journal.ts';
import type { Journal, JournalOptions, Line } from './business-central-journal.ts';
import { createEntra } from './entra.ts';
import { equalTo, matches, ODataError, parseFilter, select } from './odata.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type BusinessCentralOptions = SimulatorOptions & {
  tenantId?: string;
  environment?: string;
  companyId?: string;
  journalId?: string;
  clientId?: string;
  clientSecret?: string;
  tokenLifetimeSeconds?: number;
  /** Dimension codes, and which set of codes holds the values of each. */
  dimensions?: JournalOptions['dimensions'];
  /** Business Central itself checks the posting date when the journal is posted; checking at once shows it sooner. */
  checkPeriod?: 'insert' | 'post';
  /** Answers of a batch in another order than asked: the order is not promised. */
  shuffleResponses?: boolean;
  limits?: {
    /** Calls within a sliding window; the vendor allows 6000 in 300 seconds. null: no limit. */
    rate?: { requests: number; seconds: number } | null;
    /** Calls processed and queued at once; the vendor allows 100. */
    connections?: number | null;
  };
};

export type BusinessCentralSimulator = Simulator & {
  tenantId: string;
  environment: string;
  companyId: string;
  journalId: string;
  clientId: string;
  secret(): string;
  /** Tokens handed out so far. */
  tokensIssued(): number;
  /** Makes one operation (by its place, from 0) of the next batch fail on its own. */
  failPart(index: number, fault: PartFault): void;
  /** Moves the journal's lines to the general ledger, as an accountant does. */
  post(): void;
};

/** https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/administration/operational-limits-online */
const MAX_PAGE = 20_000;

/** Faults that take nothing, for one operation inside a batch. */
export type PartFault = 'error_before' | 'unavailable' | 'too_many' | 'expired_token';

const ODATA = { 'content-type': 'application/json; odata.metadata=minimal', 'odata-version': '4.0' };

/** https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes */
function errorPart(error: unknown): Part {
  if (!(error instanceof ODataError)) throw error;
  return {
    status: error.status,
    headers: ODATA,
    body: { error: { code: error.code, message: `${error.message}  CorrelationId:  ${randomUUID()}.` } },
  };
}
const answerOf = (part: Part): SimulatedAnswer => ({
  status: part.status,
  headers: { ...part.headers, 'request-id': randomUUID() },
  body: part.status === 204 ? '' : writeExact(part.body),
});

function limiter(options: BusinessCentralOptions): (inFlight: number) => void {
  const { rate = { requests: 6_000, seconds: 300 }, connections = 100 } = options.limits ?? {};
  const times: number[] = [];
  let oldest = 0;
  return (inFlight) => {
    const tooMany = (actual: number, maximum: number): ODataError =>
      new ODataError(429, 'Application_TooManyRequests', `Too many requests reached. Actual (${actual}). Maximum (${maximum}).`);
    if (connections !== null && inFlight > connections) throw tooMany(inFlight, connections);
    if (rate === null) return;
    const now = options.clock().getTime();
    while (oldest < times.length && (times[oldest] as number) <= now - rate.seconds * 1_000) oldest++;
    if (oldest > 10_000) {
      times.splice(0, oldest);
      oldest = 0;
    }
    if (times.length - oldest >= rate.requests) throw tooMany(times.length - oldest + 1, rate.requests);
    times.push(now);
  };
}

/** The resources of one company; a path is relative to `…/api/v2.0/`. */
function resources(companyId: string, journal: Journal, accounts: Set<string>): (method: string, path: string, body: unknown) => Part {
  const ok = (status: number, body: unknown): Part => ({ status, headers: ODATA, body });
  const notFound = (segment: string): ODataError =>
    new ODataError(404, 'BadRequest_ResourceNotFound', `Resource not found for the segment '${segment}'.`);

  function collection(
    rows: (numbers: string[] | null) => Record<string, unknown>[],
    query: URLSearchParams,
    type: string,
    set = `${type}s`,
  ): Part {
    const filter = query.get('$filter') ? parseFilter(query.get('$filter') ?? '') : null;
    const numbers = filter ? equalTo(filter, 'documentNumber') : null;
    const found = numbers ? rows(numbers) : rows(null).filter((row) => !filter || matches(filter, row));
    const skip = Number(query.get('$skip') ?? 0);
    const top = Math.min(Number(query.get('$top') ?? MAX_PAGE), MAX_PAGE);
    return ok(200, {
      '@odata.context': `$metadata#companies(${companyId})/${set}`,
      value: found.slice(skip, skip + top).map((row) => select(row, query.get('$select'), type)),
    });
  }

  return (method, path, body) => {
    const url = new URL(path, 'http://simulator.invalid/');
    const segments = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const [company = '', resource = '', ...rest] = segments;
    if (!company.startsWith('companies(')) throw notFound(company);
    if (company !== `companies(${companyId})`) {
      throw new ODataError(404, 'Internal_CompanyNotFound', "Can't process the request because the company can't be found.");
    }
    const only = (allowed: string): void => {
      if (method !== allowed) {
        throw new ODataError(
          405,
          'BadRequest_MethodNotAllowed',
          `'${method}' requests for '${resource}' of EdmType 'Entity' are not allowed within Microsoft Dynamics NAV OData web services.`,
        );
      }
    };
    if (resource === 'accounts') {
      only('GET');
      return collection(
        () =>
          [...accounts].map((number) => ({
            id: number,
            number,
            displayName: number,
            accountType: 'Posting',
            blocked: false,
            directPosting: true,
          })),
        url.searchParams,
        'account',
      );
    }
    if (resource === 'generalLedgerEntries') {
      only('GET');
      return collection(
        (numbers) => (numbers ? journal.entriesByDocument(numbers) : journal.entries()),
        url.searchParams,
        'generalLedgerEntry',
        'generalLedgerEntries',
      );
    }
    if (resource === 'journals') {
      only('GET');
      return collection(
        () => [{ id: journal.id, code: 'DEFAULT', displayName: 'DEFAULT', templateDisplayName: 'GENERAL' }],
        url.searchParams,
        'journal',
      );
    }
    if (!resource.startsWith('journals(')) throw notFound(resource);
    if (resource !== `journals(${journal.id})`) {
      throw new ODataError(404, 'Internal_RecordNotFound', 'The Gen. Journal Batch does not exist.');
    }
    if (rest[0] === 'Microsoft.NAV.post') {
      only('POST');
      journal.post();
      return ok(204, null);
    }
    if (rest[0] !== 'journalLines') throw notFound(rest[0] ?? resource);
    if (method === 'GET') {
      return collection((numbers) => (numbers ? journal.byDocument(numbers) : journal.lines()), url.searchParams, 'journalLine');
    }
    only('POST');
    return ok(201, select(journal.insert(body) satisfies Line, url.searchParams.get('$select'), 'journalLine'));
  };
}

/** Plays Business Central online and the token endpoint in front of it. */
export async function startBusinessCentral(options: BusinessCentralOptions): Promise<BusinessCentralSimulator> {
  const books = openBooks(options);
  const tenantId = options.tenantId ?? '5e1f7a60-6f0d-4f5e-9d0a-2f6d3c1b7a11';
  const environment = options.environment ?? 'production';
  const companyId = options.companyId ?? 'bb6d48b6-c7b2-4a38-9a93-ad5506407f12';
  const journalId = options.journalId ?? 'dd1b6a90-44e3-4a11-8b43-000d3a2feca1';
  const clientId = options.clientId ?? '0f4b2c1e-8f57-4a8e-9b0e-6d2d8b3a9c55';
  const journal = createJournal(journalId, 'DEFAULT', books, {
    clock: options.clock,
    dimensions: options.dimensions ?? { DEPARTMENT: 'costCenters', PROJECT: 'projects' },
    checkPeriod: options.checkPeriod ?? 'insert',
  });
  const entra = createEntra({
    clock: options.clock,
    tenantId,
    clientId,
    clientSecret: options.clientSecret ?? 'business-central-demo-secret',
    scope: 'https://api.businesscentral.dynamics.com/.default',
    lifetimeSeconds: options.tokenLifetimeSeconds ?? 3_600,
  });
  const limit = limiter(options);
  const call = resources(companyId, journal, books.accounts);
  const root = `/v2.0/${tenantId}/${environment}/api/v2.0/`;
  const unauthorized = new ODataError(401, 'Authentication_InvalidCredentials', 'The server has rejected the client credentials.');

  const partFaults = new Map<number, PartFault>();
  const refusals: Record<PartFault, ODataError> = {
    error_before: new ODataError(500, 'Internal_ServerError', 'Cannot establish a connection to the SQL Server/Database.'),
    unavailable: new ODataError(503, 'Internal_TenantUnavailable', `The tenant '${tenantId}' is not accessible.`),
    too_many: new ODataError(429, 'Application_TooManyRequests', 'Too many requests reached. Actual (101). Maximum (100).'),
    expired_token: unauthorized,
  };

  function operation({ method, url, body }: Operation): Part {
    try {
      if (typeof method !== 'string' || typeof url !== 'string') throw new ODataError(400, 'BadRequest', 'Invalid Request Body');
      return call(method.toUpperCase(), url.replace(/^\//, ''), body);
    } catch (error) {
      return errorPart(error);
    }
  }

  function partOf(asked: Operation, index: number): Part {
    const fault = partFaults.get(index);
    if (!partFaults.delete(index) || !fault) return operation(asked);
    return errorPart(refusals[fault]);
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const { pathname, search } = request.url;
    if (entra.owns(pathname)) return entra.token(request);
    try {
      const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (!bearer || !entra.valid(bearer)) throw unauthorized;
      if (!pathname.startsWith(root)) {
        throw new ODataError(404, 'BadRequest_ResourceNotFound', `Resource not found for the segment '${pathname}'.`);
      }
      limit(request.inFlight);
      const path = pathname.slice(root.length);
      if (path === '$batch' && request.method === 'POST') return answerOf(runBatch(request, options.shuffleResponses ?? false, partOf));
      return answerOf(operation({ method: request.method, url: path + search, body: request.body ? parseBody(request.body) : undefined }));
    } catch (error) {
      return answerOf(errorPart(error));
    }
  }

  const vendor: Vendor = {
    name: 'Business Central',
    books,
    scope: (request) => (entra.owns(request.url.pathname) ? 'token' : 'api'),
    handle,
    refuse: (fault) => answerOf(errorPart(refusals[fault])),
    facts:
      () => [['Lines in the journal', String(journal.lines().length)], ['Entries in the general ledger', String(journal.entries().length)]],
    credential: () => entra.secret(),
    rotate: (secret) => entra.rotate(secret),
    actions: { 'post-journal': () => journal.post() },
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator,
    tenantId,
    environment,
    companyId,
    journalId,
    clientId,
    failPart: (index, fault) => void partFaults.set(index, fault),
    secret: () => entra.secret(),
    tokensIssued: () => entra.issued(),
    post: () => journal.post(),
  };
}
