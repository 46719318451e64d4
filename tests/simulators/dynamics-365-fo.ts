import { isDay, openBooks } from './books.ts';
import type { Books } from './books.ts';
import { parseExact, writeExact } from './business-central-journal.ts';
import { createEntra } from './entra.ts';
import { answerBatch, readBatchRequest } from './odata-batch.ts';
import type { BatchOperation, BatchResult } from './odata-batch.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type Dynamics365FoOptions = SimulatorOptions & {
  tenantId?: string;
  clientId?: string;
  clientSecret?: string;
  company?: string;
  /** Whether the property for keys is the entity's own key, so that the same value is refused a second time. */
  isKeyUnique?: boolean;
  /** Whether the user may not list companies. */
  hidesCompanies?: boolean;
  /** Whether the batch goes on after a failure. */
  goesOn?: boolean;
  retryAfter?: number;
};

export type Dynamics365FoSimulator = Simulator & {
  tenantId: string;
  clientId: string;
  secret(): string;
  lines(): string[];
  /** Makes one operation (by its place, from 0) of the next batch fail on its own. */
  failPart(index: number, error: FoError): void;
};

/** An error as the OData layer wraps it: the outer message says nothing, `inner` what X++ said. */
export class FoError extends Error {
  status: number;
  inner: string | null;
  constructor(status: number, inner: string | null, message = 'An error has occurred.') {
    super(message);
    this.status = status;
    this.inner = inner;
  }
}

type Line = Record<string, unknown>;

/** Of the entity LedgerJournalLines the properties that matter here, with their types. */
const PROPERTIES: Record<string, 'text' | 'number' | 'day' | 'enum'> = {
  dataAreaId: 'text', JournalBatchNumber: 'text', Document: 'text', AccountDisplayValue: 'text', OffsetAccountDisplayValue: 'text', Text: 'text',
  Invoice: 'text', CurrencyCode: 'text', SalesTaxGroup: 'text', DebitAmount: 'number', CreditAmount: 'number',
  LineNumber: 'number', TransDate: 'day', AccountType: 'enum',
};
const LENGTHS: Record<string, number> = { Document: 20, Text: 60, Invoice: 20 };

const infolog = (status: number, ...lines: string[]): FoError =>
  new FoError(status, `Write failed for table row of type 'LedgerJournalLineEntity'. Infolog: ${lines.map((line) => `Warning: ${line}`).join('; ')}.`);
const notValid = (property: string): string => `validateField failed on field 'LedgerJournalTransEntity.${property}'`;
const isNumber = (value: unknown): value is { literal: string } => typeof value === 'object' && value !== null && 'literal' in value;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function errorBody({ message, inner }: FoError): string {
  const layer = 'Microsoft.Dynamics.Platform.Integration.Services.OData';
  const innererror = {
    message: inner ?? '', type: `${layer}.AxODataWriteException`, stacktrace: `   at ${layer}.Update.UpdateProcessor.CreateEntity_Save(…)`,
  };
  return JSON.stringify({ error: { code: '', message, ...(inner === null ? {} : { innererror }) } });
}

function checkProperty(name: string, value: unknown): void {
  const type = PROPERTIES[name];
  if (type === undefined) {
    throw new FoError(400, `The property '${name}' does not exist on type 'Microsoft.Dynamics.DataEntities.LedgerJournalLine'. ` +
      `Make sure to only use property names that are defined by the type.`);
  }
  if (value === null) return;
  if (type === 'number' ? !isNumber(value) : typeof value !== 'string') {
    const literal = isNumber(value) ? value.literal : text(value);
    throw new FoError(400, `Cannot convert the literal '${literal}' to the expected type '${type === 'number' ? 'Edm.Decimal' : 'Edm.String'}'.`);
  }
  if (type === 'day' && !(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text(value)) && isDay(text(value).slice(0, 10)))) {
    throw new FoError(400, `Cannot convert the literal '${text(value)}' to the expected type 'Edm.DateTimeOffset'.`);
  }
  const length = LENGTHS[name];
  if (length !== undefined && text(value).length > length) throw infolog(400, `The value '${text(value)}' in field '${name}' is longer than ${length} characters`);
}

function checkLine(line: Line, books: Books, company: string): void {
  for (const [name, value] of Object.entries(line)) checkProperty(name, value);
  if (text(line.dataAreaId) !== company) throw new FoError(400, `The user does not have access to the company '${text(line.dataAreaId)}'.`);
  if (text(line.JournalBatchNumber) === '') throw infolog(400, "Field 'Journal batch number' must be filled in.", notValid('JournalBatchNumber'));
  const account = text(line.AccountDisplayValue);
  if (!books.accounts.has(account)) {
    throw infolog(400, `The value '${account}' in field 'Account' is not found in the related table 'Main accounts'`, notValid('AccountDisplayValue'));
  }
  if (!books.isOpen(text(line.TransDate).slice(0, 10))) throw infolog(500, 'Period for 12/31/2016 is not open.', 'Update has been canceled');
  if (text(line.SalesTaxGroup) === 'OLD') {
    throw new FoError(400, `Write failed for table row of type 'LedgerJournalLineEntity'. ${notValid('SalesTaxGroup')}.`);
  }
}

/** Plays an environment of Finance and operations and the token endpoint in front of it. */
export async function startDynamics365Fo(options: Dynamics365FoOptions): Promise<Dynamics365FoSimulator> {
  const books = openBooks(options);
  const tenantId = options.tenantId ?? 'a35d3f6e-5b0a-4f6c-8f52-92d7c7f0b3e1';
  const clientId = options.clientId ?? '6c7d1e2f-3a4b-4c5d-9e8f-0a1b2c3d4e5f';
  const company = options.company ?? 'usmf';
  const lines: Line[] = [];
  const partErrors = new Map<number, FoError>();
  let origin = '';
  let known: ReturnType<typeof createEntra> | null = null;
  const entra = (): ReturnType<typeof createEntra> => known ??= createEntra({
    clock: options.clock, tenantId, clientId, clientSecret: options.clientSecret ?? 'finance-demo-secret', scope: `${origin}/.default`, lifetimeSeconds: 3_600,
  });

  function insert(body: string): BatchResult {
    const line = parseExact(body) as Line;
    checkLine(line, books, company);
    const key = text(line.Document);
    if (options.isKeyUnique && lines.some((other) => other.Document === key)) {
      throw infolog(400, `Cannot create a record in Journal lines (LedgerJournalTrans). Document: ${key}. The record already exists`);
    }
    lines.push(line);
    const credit = isNumber(line.CreditAmount) ? `-${line.CreditAmount.literal}` : null;
    books.take({
      id: String(lines.length), key, account: text(line.AccountDisplayValue), costCenter: null, currency: text(line.CurrencyCode) || null,
      amount: credit ?? (isNumber(line.DebitAmount) ? line.DebitAmount.literal : ''),
      date: text(line.TransDate).slice(0, 10), text: text(line.Text), at: options.clock().toISOString(),
    });
    const location = `${origin}/data/LedgerJournalLines(dataAreaId='${company}',JournalBatchNumber='${text(line.JournalBatchNumber)}',LineNumber=${lines.length})`;
    return { status: 201, headers: { Location: location }, body: writeExact(line) };
  }

  /** By default a user sees the own company only, which here is another one. */
  function list(url: URL): BatchResult {
    const filter = url.searchParams.get('$filter') ?? '';
    const select = url.searchParams.get('$select') ?? '';
    if (!(select in PROPERTIES)) {
      throw new FoError(400, null, `Could not find a property named '${select}' on type 'Microsoft.Dynamics.DataEntities.LedgerJournalLine'.`);
    }
    const area = /dataAreaId eq '([^']*)'/.exec(filter)?.[1];
    const keys = [...filter.matchAll(/Document eq '([^']*)'/g)].map(([, key]) => key);
    const isSeen = url.searchParams.get('cross-company') === 'true' && area === company;
    const found = isSeen ? lines.filter((line) => keys.length === 0 || keys.includes(text(line.Document))) : [];
    const value = found.slice(0, Number(url.searchParams.get('$top') ?? '10000')).map((line) => ({ [select]: line[select] ?? null }));
    return { status: 200, body: writeExact({ value }) };
  }

  function carryOut(operation: BatchOperation, index: number): BatchResult {
    try {
      const planned = partErrors.get(index);
      if (planned) throw planned;
      const url = new URL(operation.url, 'http://fo.invalid');
      if (url.pathname !== '/data/LedgerJournalLines') throw new FoError(404, null, `Resource not found for the segment '${url.pathname.slice('/data/'.length)}'.`);
      if (operation.method === 'GET') return list(url);
      if (operation.method !== 'POST' || operation.changeSet === null) throw new FoError(400, 'No resources were found when selecting for update.');
      return insert(operation.body);
    } catch (error) {
      if (error instanceof FoError) return { status: error.status, body: errorBody(error) };
      throw error;
    } finally {
      partErrors.delete(index);
    }
  }

  function route(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
    if (!bearer || !entra().valid(bearer)) return { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '' };
    if (url.pathname === '/data/$batch' && method === 'POST') {
      if (options.goesOn === false) headers.prefer = '';
      return answerBatch(request, readBatchRequest(request, 1_000), carryOut);
    }
    if (method === 'GET' && url.pathname === '/data/LegalEntities') {
      if (options.hidesCompanies) throw new FoError(403, 'Access denied to entity LegalEntities.');
      const isThere = url.searchParams.get('$filter') === `LegalEntityId eq '${company.toUpperCase()}'`;
      return { status: 200, body: JSON.stringify({ value: isThere ? [{ Name: 'Blindes Forbund' }] : [] }) };
    }
    return carryOut({ method, url: `${url.pathname}${url.search}`, headers: {}, body: request.body, contentId: null, changeSet: null }, -1);
  }

  const refusals = {
    error_before: new FoError(500, 'Object reference not set to an instance of an object.'),
    unavailable: new FoError(503, null, 'The service is unavailable.'),
    too_many: new FoError(429, null, 'This request has been throttled. Please retry the request after the duration specified in the Retry-After header.'),
    expired_token: new FoError(401, null, 'Unauthorized'),
  };
  const refuse = (error: FoError): SimulatedAnswer => ({
    status: error.status, headers: error.status === 429 ? { 'retry-after': String(options.retryAfter ?? 20) } : {}, body: errorBody(error),
  });
  const vendor: Vendor = {
    name: 'Finance & Operations',
    books,
    scope: ({ url }) => (entra().owns(url.pathname) ? 'token' : 'api'),
    handle(request) {
      if (entra().owns(request.url.pathname)) return entra().token(request);
      try {
        return route(request);
      } catch (error) {
        if (error instanceof FoError) return refuse(error);
        throw error;
      }
    },
    refuse: (fault) => refuse(refusals[fault]),
    facts: () => [['Journal lines', String(lines.length)]],
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
    lines: () => lines.map(writeExact),
    failPart: (index, error) => void partErrors.set(index, error),
  };
}
