import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { parseExact } from './business-central-journal.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';
import { createLedger, failed, TripletexError } from './tripletex-ledger.ts';

export type TripletexOptions = SimulatorOptions & {
  consumerToken?: string;
  employeeToken?: string;
  companyId?: number;
  employees?: string[];
  salaryTypes?: string[];
  /** Whether the search by external number finds imported vouchers only, and so none that was made here. */
  findsImportedOnly?: boolean;
  /** Most vouchers in a page, whatever is asked for. */
  pageSize?: number;
  /** Calls before it throttles; null: no limit. */
  limit?: number | null;
};

export type TripletexSimulator = Simulator & {
  companyId: number;
  consumerToken: string;
  secret(): string;
  sessions(): number;
  /** Ends every session without telling anybody, as Tripletex may. */
  endSessions(): void;
  /** Refuses the next voucher or pay slip with this code: 8000 for a stale version, 10000 for a lock … */
  refuseNext(status: number, code: number, message: string): void;
  /** What was posted, as JSON text. */
  posted(): readonly string[];
};

/** https://tripletex.no/v2-docs/ (`ApiError`) */
function errorAnswer(error: TripletexError, headers: Record<string, string> = {}): SimulatedAnswer {
  const { status, code, message, messages } = error;
  const requestId = randomUUID();
  return {
    status,
    headers: { 'x-tlx-request-id': requestId, ...headers },
    body: JSON.stringify({
      status, code, message, link: 'https://tripletex.no/v2-docs/', developerMessage: null, requestId,
      validationMessages: messages.length === 0 ? null : messages.map((one) => ({ path: null, rootId: null, ...one })),
    }),
  };
}

const json = (status: number, value: unknown): SimulatedAnswer => ({ status, body: JSON.stringify(value) });
const list = (values: unknown[]): SimulatedAnswer =>
  json(200, { fullResultSize: values.length, from: 0, count: values.length, versionDigest: null, values });

/** Plays Tripletex: sessions, the searches by number, vouchers and salary transactions. */
export async function startTripletex(options: TripletexOptions): Promise<TripletexSimulator> {
  const books = openBooks(options);
  const companyId = options.companyId ?? 5_501;
  const consumerToken = options.consumerToken ?? 'tripletex-demo-consumer';
  let employeeToken = options.employeeToken ?? 'tripletex-demo-employee';
  const sessions = new Map<string, string>();
  const ledger = createLedger(books, { employees: options.employees ?? [], salaryTypes: options.salaryTypes ?? [], clock: options.clock });
  const unauthorized = new TripletexError(401, 3_000, 'Unauthorized');
  const limit = options.limit ?? null;
  const refusedNext: TripletexError[] = [];
  let calls = 0;

  function createSession({ method, url: { searchParams } }: SimulatedRequest): SimulatedAnswer {
    if (method !== 'PUT') throw new TripletexError(405, 4_000, 'Method Not Allowed');
    const ends = searchParams.get('expirationDate') ?? '';
    if (ends <= options.clock().toISOString().slice(0, 10)) throw failed('expirationDate', 'Må være etter dagens dato.');
    if (searchParams.get('consumerToken') !== consumerToken) throw failed('consumerToken', 'Ugyldig consumerToken.');
    if (searchParams.get('employeeToken') !== employeeToken) throw failed('employeeToken', 'Ugyldig employeeToken.');
    const token = randomUUID();
    sessions.set(token, ends);
    return json(200, { value: { id: sessions.size, expirationDate: ends, token, encryptionKey: null } });
  }

  function authorize(header: string): void {
    const [user = '', token = ''] = Buffer.from(/^Basic (\S+)$/.exec(header)?.[1] ?? '', 'base64').toString().split(':');
    const ends = sessions.get(token);
    if (ends === undefined || ends <= options.clock().toISOString().slice(0, 10)) throw unauthorized;
    if (user !== '0' && user !== String(companyId)) throw new TripletexError(403, 9_000, 'You do not have permission to access this feature.');
  }

  function cut<T>(query: URLSearchParams, found: T[]): T[] {
    const from = Number(query.get('from') ?? '0');
    return found.slice(from, from + Math.min(options.pageSize ?? 1_000, Number(query.get('count') ?? '1000')));
  }

  /** `dateTo` itself is left out, as in the vendor's description. */
  function pageOf(query: URLSearchParams, isPosted: boolean): unknown[] {
    if (!isPosted && query.get('includeNonApproved') === null) throw failed('includeNonApproved', 'Kan ikke være null.');
    const [dateFrom, dateTo] = [query.get('dateFrom') ?? '', query.get('dateTo') ?? ''];
    if (dateFrom >= dateTo) throw failed('dateTo', 'Må være etter dateFrom.');
    const found = ledger.vouchers().filter((one) => one.isPosted === isPosted && dateFrom <= one.date && one.date < dateTo);
    return cut(query, found).map(({ id, externalVoucherNumber }) => ({ id, externalVoucherNumber }));
  }

  function route(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers, body } = request;
    const path = decodeURIComponent(url.pathname).replace(/^\/v2\//, '');
    if (path === 'token/session/:create') return createSession(request);
    authorize(headers.authorization ?? '');
    calls += 1;
    if (limit !== null && calls > limit) throw new TripletexError(429, 0, 'Too many requests');
    if (method === 'GET') {
      if (path === 'token/session/>whoAmI') return json(200, { value: { companyId, employeeId: 77, company: { name: 'Blindes Forbund' } } });
      if (path === 'ledger/voucher/>externalVoucherNumber') {
        const number = url.searchParams.get('externalVoucherNumber');
        const found = options.findsImportedOnly ? [] : ledger.vouchers().filter((one) => one.externalVoucherNumber === number);
        return list(cut(url.searchParams, found));
      }
      if (path === 'ledger/voucher' || path === 'ledger/voucher/>nonPosted') return list(pageOf(url.searchParams, path === 'ledger/voucher'));
      if (path === 'salary/payslip') {
        const { searchParams: query } = url;
        return list(cut(query, ledger.slips(Number(query.get('employeeId')), Number(query.get('yearFrom')))));
      }
      const found = ledger.search(path, url.searchParams);
      if (found) return list(found);
    }
    if (method === 'POST' && ['ledger/voucher', 'salary/transaction'].includes(path)) {
      if (!headers['content-type']?.startsWith('application/json')) throw new TripletexError(415, 4_000, 'Unsupported Media Type');
      const refused = refusedNext.shift();
      if (refused) throw refused;
      return json(201, { value: { id: ledger.take(path, parseExact(body), body, url.searchParams.get('sendToLedger') !== 'false'), version: 0 } });
    }
    throw new TripletexError(404, 6_000, 'Object not found');
  }

  const limited = { 'x-rate-limit-limit': '100', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '7' };
  function handle(request: SimulatedRequest): SimulatedAnswer {
    try {
      return route(request);
    } catch (error) {
      if (error instanceof TripletexError) return errorAnswer(error, error.status === 429 ? limited : {});
      throw error;
    }
  }

  const refusals = {
    error_before: new TripletexError(500, 1_000, 'Internal Server Error'),
    unavailable: new TripletexError(503, 1_000, 'Service Unavailable'),
    too_many: new TripletexError(429, 0, 'Too many requests'),
    expired_token: unauthorized,
  };
  const vendor: Vendor = {
    name: 'Tripletex',
    books,
    scope: ({ url }) => (url.pathname.includes('/token/session/:create') ? 'token' : 'api'),
    handle,
    refuse: (fault) => errorAnswer(refusals[fault], fault === 'too_many' ? limited : {}),
    facts: () => [['Sessions', String(sessions.size)]],
    credential: () => employeeToken,
    rotate(next) {
      employeeToken = next ?? randomUUID();
      sessions.clear();
      return employeeToken;
    },
    actions: { 'end-sessions': () => sessions.clear() },
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator,
    companyId,
    consumerToken,
    secret: () => employeeToken,
    sessions: () => sessions.size,
    endSessions: () => sessions.clear(),
    refuseNext: (status, code, message) => void refusedNext.push(new TripletexError(status, code, message)),
    posted: ledger.posted,
  };
}
