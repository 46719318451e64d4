import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { parseExact } from './business-central-journal.ts';
import { createJobs } from './salesforce-bulk.ts';
import { faultOf, fromJson, isField, KEY_FIELD, OBJECT, Refused } from './salesforce-objects.ts';
import type { Fault, Held } from './salesforce-objects.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type SalesforceOptions = SimulatorOptions & { clientId?: string; clientSecret?: string; dailyLimit?: number; seesSetup?: boolean };

export type SalesforceSimulator = Simulator & {
  object: string;
  keyField: string;
  clientId: string;
  secret(): string;
  tokensIssued(): number;
  /** Ends every session, as an administrator can. */
  endSessions(): void;
  /** Another process holds this record once. */
  lock(key: string): void;
  useCalls(count: number): void;
  jobs: Pick<ReturnType<typeof createJobs>, 'run' | 'abort' | 'forget' | 'states'>;
  held(): readonly Held[];
  touch(count: number, at: string, isDeleted?: boolean): void;
  batches(): readonly number[];
};

const SESSION = new Refused(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
const CONDITION = "(WHERE SystemModstamp > (\\S+) OR \\(SystemModstamp = (\\S+) AND Id > '(\\w*)'\\) )?";
const QUERY = new RegExp(`^SELECT ([\\w,]+) FROM (\\w+) ${CONDITION}ORDER BY SystemModstamp, Id LIMIT (\\d+)$`);
const DATA = /^\/services\/data\/v64\.0\/(.+)$/;
const id = (prefix: string, number: number): string => `${prefix}${String(number).padStart(12, '0')}AAA`;

/** Plays one org behind its My Domain, with one object. */
export async function startSalesforce(options: SalesforceOptions): Promise<SalesforceSimulator> {
  const books = openBooks(options);
  const clientId = options.clientId ?? 'salesforce-demo-client';
  const max = options.dailyLimit ?? 15_000;
  const tokens = new Set<string>();
  const held = new Map<string, Held>();
  const locked = new Set<string>();
  const batches: number[] = [];
  let secret = options.clientSecret ?? 'salesforce-demo-secret';
  let issued = 0;
  let used = 0;
  const stamp = (): string => options.clock().toISOString().replace(/\.\d{3}Z$/, '.000+0000');

  function upsert(values: Record<string, string | null>): { id: string; created: boolean } | Fault {
    const key = values[KEY_FIELD];
    if (!key) return { statusCode: 'MISSING_ARGUMENT', message: `${KEY_FIELD} not specified`, fields: [] };
    if (locked.delete(key)) {
      return { statusCode: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access to this record', fields: [] };
    }
    const known = held.get(key);
    const next = { ...known?.values, ...values };
    const fault = faultOf(next, books);
    if (fault) return fault;
    const made: Held = { Id: known?.Id ?? id('a00', held.size + 1), key, values: next, SystemModstamp: stamp(), IsDeleted: false };
    held.set(key, made);
    if (!known) {
      books.take({
        id: made.Id,
        key,
        account: next.Account__c ?? '',
        costCenter: null,
        amount: next.Amount__c ?? '',
        currency: next.CurrencyIsoCode ?? null,
        date: next.Posting_Date__c ?? '',
        text: next.Description__c ?? '',
        at: options.clock().toISOString(),
      });
    }
    return { id: made.Id, created: !known };
  }
  const jobs = createJobs(upsert, isField);

  /** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm */
  function collection(body: string): unknown {
    const { allOrNone, records } = parseExact(body) as { allOrNone: unknown; records: Record<string, unknown>[] };
    if (allOrNone !== false) throw new Refused(400, 'JSON_PARSER_ERROR', 'The simulator rolls nothing back; ask for allOrNone false.');
    if (records.length > 200) {
      throw new Refused(400, 'EXCEEDED_ID_LIMIT', 'record limit reached. cannot submit more than 200 records into this call');
    }
    batches.push(records.length);
    const rows = records.map(({ attributes, ...values }) => {
      if ((attributes as { type?: string } | undefined)?.type !== OBJECT) {
        throw new Refused(400, 'INVALID_TYPE', 'sObject type is not supported');
      }
      const unknown = Object.keys(values).find((name) => !isField(name));
      if (unknown !== undefined) throw new Refused(400, 'INVALID_FIELD', `No such column '${unknown}' on sobject of type ${OBJECT}`);
      return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fromJson(name, value)]));
    });
    return rows.map((values) => {
      const result = upsert(values);
      return 'id' in result ? { id: result.id, success: true, errors: [], created: result.created } : { success: false, errors: [result] };
    });
  }

  /** Only the one form of query that is asked here. */
  function queryAll(soql: string): unknown {
    const [, fields = '', object, , after, same, from = '', limit] = QUERY.exec(soql) ?? [];
    if (object === undefined) throw new Refused(400, 'MALFORMED_QUERY', `unexpected token: '${soql.slice(0, 20)}'`);
    if (object !== OBJECT) throw new Refused(400, 'INVALID_TYPE', `sObject type '${object}' is not supported.`);
    const unknown = fields.split(',').find((name) => !isField(name) && !['Id', 'SystemModstamp', 'IsDeleted'].includes(name));
    if (unknown !== undefined) throw new Refused(400, 'INVALID_FIELD', `No such column '${unknown}' on entity '${OBJECT}'.`);
    const time = (text: string): number => Date.parse(text.replace('+0000', 'Z'));
    const found = [...held.values()].filter(({ SystemModstamp, Id }) => (
      after === undefined || time(SystemModstamp) > time(after) || (time(SystemModstamp) === time(same ?? '') && Id > from)
    ));
    found.sort((a, b) => time(a.SystemModstamp) - time(b.SystemModstamp) || (a.Id < b.Id ? -1 : 1));
    const records = found.slice(0, Number(limit)).map((one) => {
      const row: Record<string, unknown> = { ...one.values, ...one };
      return { attributes: { type: OBJECT }, ...Object.fromEntries(fields.split(',').map((name) => [name, row[name] ?? null])) };
    });
    return { totalSize: records.length, done: true, records };
  }

  function resource(method: string, path: string, request: SimulatedRequest): { status: number; body: unknown; type?: string } {
    const [, jobId = '', part] = /^jobs\/ingest\/(\w+)(?:\/(\w+)\/?)?$/.exec(path) ?? [];
    const asJson = (): Record<string, unknown> => JSON.parse(request.body) as Record<string, unknown>;
    switch (`${method} ${jobId === '' ? path : `jobs/ingest/*${part === undefined ? '' : `/${part}`}`}`) {
      case `PATCH composite/sobjects/${OBJECT}/${KEY_FIELD}`:
        return { status: 200, body: collection(request.body) };
      case 'POST jobs/ingest':
        return { status: 200, body: jobs.create(asJson()) };
      case 'GET jobs/ingest/*':
        return { status: 200, body: jobs.show(jobId) };
      case 'PATCH jobs/ingest/*':
        return { status: 200, body: jobs.move(jobId, String(asJson().state)) };
      case 'PUT jobs/ingest/*/batches':
        if (request.headers['content-type'] !== 'text/csv') throw new Refused(415, 'INVALID_CONTENT_TYPE', 'Content-Type must be text/csv');
        jobs.upload(jobId, request.body);
        return { status: 201, body: '' };
      case 'GET jobs/ingest/*/successfulResults':
      case 'GET jobs/ingest/*/failedResults':
        return { status: 200, body: jobs.results(jobId, part ?? ''), type: 'text/csv' };
      case 'GET queryAll':
        return { status: 200, body: queryAll(request.url.searchParams.get('q') ?? '') };
      case 'GET limits':
        if (options.seesSetup === false) throw new Refused(403, 'INSUFFICIENT_ACCESS', 'insufficient access rights on cross-reference id');
        return {
          status: 200,
          body: { DailyApiRequests: { Max: max, Remaining: max - used }, DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 10_000 } },
        };
      default:
        if (path.startsWith(`composite/sobjects/${OBJECT}/`)) {
          throw new Refused(404, 'NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${path.split('/').at(-1)}`);
        }
        throw new Refused(404, 'NOT_FOUND', 'The requested resource does not exist');
    }
  }

  const refused = ({ status, code, message }: Refused): SimulatedAnswer => ({
    status,
    body: JSON.stringify([{ message, errorCode: code }]),
  });

  function token(request: SimulatedRequest): SimulatedAnswer {
    const form = new URLSearchParams(request.body);
    const no = (error: string, text: string): SimulatedAnswer => ({
      status: 400,
      body: JSON.stringify({ error, error_description: text }),
    });
    if (form.get('grant_type') !== 'client_credentials') return no('unsupported_grant_type', 'grant type not supported');
    if (form.get('client_id') !== clientId) return no('invalid_client_id', 'client identifier invalid');
    if (form.get('client_secret') !== secret) return no('invalid_client', 'invalid client credentials');
    const made = `00D${randomUUID()}`;
    tokens.add(made);
    issued++;
    const body = {
      access_token: made,
      instance_url: 'https://acme.my.salesforce.com',
      token_type: 'Bearer',
      issued_at: String(options.clock().getTime()),
      scope: 'api',
    };
    return { status: 200, body: JSON.stringify(body) };
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const { pathname } = request.url;
    if (pathname === '/services/oauth2/token') return token(request);
    try {
      if (!tokens.has(request.headers.authorization?.replace(/^Bearer /, '') ?? '')) throw SESSION;
      if (used >= max) throw new Refused(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
      if (pathname === '/services/oauth2/userinfo') {
        return { status: 200, body: JSON.stringify({ name: 'Integration User', preferred_username: 'integration@acme.example.org' }) };
      }
      used++;
      const { status, body, type } = resource(request.method, DATA.exec(pathname)?.[1] ?? '', request);
      const headers = { 'sforce-limit-info': `api-usage=${used}/${max}`, ...(type ? { 'content-type': type } : {}) };
      return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
    } catch (error) {
      if (error instanceof Refused) return refused(error);
      return refused(new Refused(400, 'JSON_PARSER_ERROR', `Unexpected character: ${String(error)}`));
    }
  }

  const vendor: Vendor = {
    name: 'Salesforce',
    books,
    scope: (request) => (request.url.pathname === '/services/oauth2/token' ? 'token' : 'api'),
    handle,
    refuse: (fault) => {
      if (fault === 'expired_token') return refused(SESSION);
      if (fault === 'too_many') return refused(new Refused(403, 'REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.'));
      return fault === 'unavailable'
        ? refused(new Refused(503, 'SERVER_UNAVAILABLE', 'Server Unavailable'))
        : refused(new Refused(500, 'UNKNOWN_EXCEPTION', 'An unexpected error occurred.'));
    },
    facts: () => [['Records', String(held.size)], ['Calls used', `${used} of ${max}`]],
    credential: () => secret,
    rotate: (next) => {
      tokens.clear();
      return (secret = next ?? randomUUID());
    },
    actions: { 'run-jobs': jobs.run },
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator,
    object: OBJECT,
    keyField: KEY_FIELD,
    clientId,
    jobs,
    secret: () => secret,
    tokensIssued: () => issued,
    endSessions: () => tokens.clear(),
    lock: (key) => void locked.add(key),
    useCalls: (count) => void (used += count),
    held: () => [...held.values()],
    touch(count, at, isDeleted = false) {
      for (let index = 0; index < count; index++) {
        const one = {
          Id: id('a00', held.size + 1),
          key: randomUUID(),
          values: { Account__c: '4010' },
          SystemModstamp: at,
          IsDeleted: isDeleted,
        };
        held.set(one.key, one);
      }
    },
    batches: () => batches,
  };
}
