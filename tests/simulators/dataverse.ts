import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { writeExact } from './business-central-journal.ts';
import { createTable, EXPENSES, trackedTable } from './dataverse-tables.ts';
import type { Tracked } from './dataverse-tables.ts';
import { createEntra } from './entra.ts';
import { answerBatch, readBatchRequest } from './odata-batch.ts';
import type { BatchOperation, BatchResult } from './odata-batch.ts';
import { ODataError } from './odata.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type DataverseOptions = SimulatorOptions & {
  tenantId?: string;
  clientId?: string;
  clientSecret?: string;
  /** State of the alternate key's index; null for a table without one. */
  keyStatus?: 'Active' | 'Pending' | 'Failed' | null;
  isTracked?: boolean;
  retryAfter?: number;
};

export type DataverseSimulator = Simulator & {
  tenantId: string;
  clientId: string;
  secret(): string;
  /** Rows of the table that records go to, as JSON text. */
  rows(): string[];
  contacts: Pick<Tracked, 'put' | 'remove'>;
  /** Makes one operation (by its place, from 0) of the next batch fail on its own. */
  failPart(index: number, error: ODataError): void;
};

/** https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api */
const MAX_BATCH = 1_000;

const errorBody = ({ code, message }: ODataError): string => JSON.stringify({ error: { code, message } });

/** Plays an environment of Dataverse and the token endpoint in front of it. */
export async function startDataverse(options: DataverseOptions): Promise<DataverseSimulator> {
  const books = openBooks(options);
  const tenantId = options.tenantId ?? '7c1b1f5e-4d0c-4f43-9a5e-3f1d2c0b9a77';
  const clientId = options.clientId ?? '2d9e6b1a-0c55-4c0e-8b7e-6a1f3e5d7c99';
  const table = createTable(books, options.clock);
  const contacts = trackedTable('http://dataverse.invalid/api/data/v9.2', 'contacts', 'contactid', ['fullname', 'modifiedon'], options.clock);
  const partErrors = new Map<number, ODataError>();
  // The scope is the environment's own address, which is known only once it listens.
  let origin = '';
  const entra = (): ReturnType<typeof createEntra> => known ??= createEntra({
    clock: options.clock, tenantId, clientId, clientSecret: options.clientSecret ?? 'dataverse-demo-secret', scope: `${origin}/.default`, lifetimeSeconds: 3_600,
  });
  let known: ReturnType<typeof createEntra> | null = null;

  function carryOut(operation: BatchOperation, index: number): BatchResult {
    try {
      const planned = partErrors.get(index);
      if (planned) throw planned;
      const target = /^\/api\/data\/v9\.2\/(\w+)\((\w+)='([^']+)'\)$/.exec(operation.url);
      if (operation.method !== 'PATCH' || !target) throw new ODataError(404, '0x80060888', `Resource not found for the segment '${operation.url}'.`);
      const [, set, key = '', value = ''] = target;
      if (set !== EXPENSES) throw new ODataError(404, '0x80060888', `Resource not found for the segment '${set}'.`);
      if (key !== 'hlf_key' || options.keyStatus === null) {
        throw new ODataError(400, '0x80060888', 'The key in the request URI is not valid for the specified entity.');
      }
      if (operation.headers['content-type'] !== 'application/json') throw new ODataError(415, '0x0', 'The content type is not supported.');
      const { id } = table.upsert(value, operation.body);
      return { status: 204, headers: { 'OData-EntityId': `${origin}/api/data/v9.2/${EXPENSES}(${id})` }, body: '' };
    } catch (error) {
      if (error instanceof ODataError) return { status: error.status, headers: { REQ_ID: randomUUID() }, body: errorBody(error) };
      throw error;
    } finally {
      partErrors.delete(index);
    }
  }

  function definitions(url: URL): unknown {
    const asked = [...(url.searchParams.get('$filter') ?? '').matchAll(/EntitySetName eq '(\w+)'/g)].map(([, set]) => set);
    const Keys = options.keyStatus === null ? [] : [{ KeyAttributes: ['hlf_key'], EntityKeyIndexStatus: options.keyStatus ?? 'Active' }];
    const all = [
      { EntitySetName: EXPENSES, ChangeTrackingEnabled: false, Keys },
      { EntitySetName: 'contacts', ChangeTrackingEnabled: options.isTracked ?? true, Keys: [] },
    ];
    return { value: all.filter(({ EntitySetName }) => asked.includes(EntitySetName)) };
  }

  function route(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
    if (!bearer || !entra().valid(bearer)) return { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '' };
    if (!url.pathname.startsWith('/api/data/v9.2/')) throw new ODataError(404, '', `No HTTP resource was found that matches the request URI '${url.pathname}'.`);
    if (headers['odata-version'] !== '4.0') throw new ODataError(400, '0x0', 'The OData-Version header is missing.');
    const path = url.pathname.slice('/api/data/v9.2/'.length);
    if (path === '$batch' && method === 'POST') return answerBatch(request, readBatchRequest(request, MAX_BATCH), carryOut);
    if (method !== 'GET') throw new ODataError(405, '0x0', `The requested resource does not support http method '${method}'.`);
    if (path === 'WhoAmI') return json({ BusinessUnitId: 'b-1', UserId: 'u-1', OrganizationId: 'o-1' });
    if (path === 'EntityDefinitions') return json(definitions(url));
    if (path === 'contacts') return json(contacts.page(url, String(headers.prefer ?? '')));
    throw new ODataError(404, '0x80060888', `Resource not found for the segment '${path}'.`);
  }
  const type = { 'content-type': 'application/json; odata.metadata=minimal' };
  const json = (body: unknown): SimulatedAnswer => ({ status: 200, headers: type, body: JSON.stringify(body) });

  const refusals = {
    error_before: new ODataError(500, '0x80040216', 'An unexpected error occurred.'),
    unavailable: new ODataError(503, '0x80044150', 'Generic SQL error.'),
    too_many: new ODataError(429, '0x80072322', 'Number of requests exceeded the limit of 6000 over time window of 300 seconds.'),
    expired_token: new ODataError(401, '', ''),
  };
  const refuse = (error: ODataError): SimulatedAnswer => ({
    status: error.status, headers: error.status === 429 ? { 'retry-after': String(options.retryAfter ?? 35) } : {},
    body: error.message === '' ? '' : errorBody(error),
  });
  const vendor: Vendor = {
    name: 'Dataverse',
    books,
    scope: ({ url }) => (entra().owns(url.pathname) ? 'token' : 'api'),
    handle(request) {
      if (entra().owns(request.url.pathname)) return entra().token(request);
      try {
        return route(request);
      } catch (error) {
        if (error instanceof ODataError) return refuse(error);
        throw error;
      }
    },
    refuse: (fault) => refuse(refusals[fault]),
    facts: () => [['Rows', String(table.rows().length)]],
    credential: () => entra().secret(),
    rotate: (secret) => entra().rotate(secret),
    actions: {},
  };
  const simulator = await startSimulator(options, vendor);
  origin = simulator.url;
  return {
    ...simulator,
    tenantId,
    clientId,
    secret: () => entra().secret(),
    rows: () => table.rows().map(writeExact),
    contacts,
    failPart: (index, error) => void partErrors.set(index, error),
  };
}
