import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { query, stamp } from './servicenow-tables.ts';
import type { Row } from './servicenow-tables.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type ServiceNowOptions = SimulatorOptions & {
  username?: string;
  password?: string;
  timeZone?: string;
  /** Whether the transformation runs before the answer (an entry under REST Insert Multiples) or when `transform()` is called. */
  transforms?: 'synchronous' | 'asynchronous';
  /** How the names in a request are read; by label a column `u_amount` is called `Amount`. */
  columnMapping?: 'name' | 'label';
};

export type ServiceNowSimulator = Simulator & {
  stagingTable: string;
  username: string;
  password(): string;
  /** Runs what waits: the transform map coalesces on `u_source_id`. */
  transform(): void;
  /** Cancels what waits, as an administrator does. */
  cancel(): void;
  /** The next transformation ignores every row, for this reason. */
  ignoreNext(reason: string): void;
  /** The next good answer ends in a cancelled transaction, still with status 200. */
  runOutOfTime(): void;
  /** The rows of the target table. */
  target(): readonly Row[];
  /** Changes the target table from the other side. */
  touch(row: Row): void;
  /** How many rows came with each request. */
  batches(): readonly number[];
};

const COLUMNS = ['u_source_id', 'u_account', 'u_amount', 'u_currency', 'u_description', 'u_posting_date', 'u_cost_center'];
const STAGING = 'u_imp_spending';
const TARGET = 'u_spending';

/** https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_RESTAPI.html */
const refusal = (status: number, message: string, detail: string, headers: Record<string, string> = {}): SimulatedAnswer => ({
  status,
  headers,
  body: JSON.stringify({ error: { message, detail }, status: 'failure' }),
});
const UNAUTHORIZED = refusal(401, 'User Not Authenticated', 'Required to provide Auth information');
const LOGS = 'Check logs for error trace or enable glide.rest.debug property to verify REST request processing';
const sysId = (): string => randomUUID().replaceAll('-', '');

/** Plays an instance with one import set table, its transform map and the Table API. */
export async function startServiceNow(options: ServiceNowOptions): Promise<ServiceNowSimulator> {
  const books = openBooks(options);
  const username = options.username ?? 'syncward.integration';
  let password = options.password ?? 'servicenow-demo-password';
  const importSets: Row[] = [];
  const staging: Row[] = [];
  const target: Row[] = [];
  const batches: number[] = [];
  let ignoreReason: string | null = null;
  let outOfTime = false;
  const now = (): string => stamp(options.clock());

  function complaint(row: Row): string | null {
    if (row.u_description === '') return 'Data Policy Exception: Description is mandatory';
    if (books.accounts.size > 0 && !books.accounts.has(row.u_account ?? '')) {
      return "Operation against file 'u_spending' was aborted by Business Rule 'Check account^5230b9179735ca504546f027f053af79'. " +
        'Business Rule Stack:Check account';
    }
    return row.u_posting_date !== '' && !books.isOpen(row.u_posting_date ?? '')
      ? 'Data Policy Exception: u_posting_date is read only'
      : null;
  }

  function transformRow(row: Row): void {
    const end = (state: string, comment: string, id = ''): void => {
      Object.assign(row, { sys_import_state: state, sys_import_state_comment: comment, sys_target_sys_id: id, sys_target_table: TARGET });
    };
    if (ignoreReason !== null) return end('ignored', ignoreReason);
    if (row.u_source_id === '') return end('ignored', 'Row transform ignored: coalesce field is empty');
    const said = complaint(row);
    if (said !== null) return end('error', said);
    const values = Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? '']));
    const held = target.find((one) => one.u_source_id === row.u_source_id);
    if (held && COLUMNS.every((column) => held[column] === values[column])) return end('ignored', 'No field values changed', held.sys_id);
    if (held) {
      Object.assign(held, values, { sys_updated_on: now() });
      return end('updated', '', held.sys_id);
    }
    const id = sysId();
    target.push({ ...values, sys_id: id, sys_updated_on: now() });
    books.take({
      id,
      key: row.u_source_id ?? null,
      account: row.u_account ?? '',
      costCenter: row.u_cost_center || null,
      amount: row.u_amount ?? '',
      currency: row.u_currency || null,
      date: row.u_posting_date ?? '',
      text: row.u_description ?? '',
      at: options.clock().toISOString(),
    });
    end('inserted', '', id);
  }

  function transform(): void {
    for (const set of importSets.filter(({ state }) => state === 'loaded')) {
      staging.filter((row) => row.sys_import_set === set.sys_id && row.sys_import_state === 'pending').forEach(transformRow);
      set.state = 'processed';
    }
    ignoreReason = null;
  }

  const label = (column: string): string => column.slice(2).replaceAll('_', ' ').replace(/^./, (letter) => letter.toUpperCase());

  function insertMultiple(request: SimulatedRequest): SimulatedAnswer {
    let given: { records?: unknown };
    try {
      given = JSON.parse(request.body) as { records?: unknown };
    } catch {
      return refusal(400, 'Exception while reading request', 'The payload is not valid JSON.');
    }
    if (!Array.isArray(given.records)) return refusal(400, 'Invalid request body', "The request body must have the array 'records'.");
    const set = { sys_id: sysId(), state: 'loaded', number: `ISET00${importSets.length + 10_001}` };
    importSets.push(set);
    batches.push(given.records.length);
    for (const record of given.records as Record<string, unknown>[]) {
      const row: Row = {
        sys_id: sysId(),
        sys_import_set: set.sys_id,
        sys_import_state: 'pending',
        sys_import_state_comment: '',
        sys_target_sys_id: '',
        sys_target_table: '',
        sys_updated_on: now(),
      };
      // A name that is no column is left out without a word; what is no text is written in Java's own way.
      for (const column of COLUMNS) {
        const value = record[options.columnMapping === 'label' ? label(column) : column];
        row[column] = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value).replaceAll(':', '=');
      }
      staging.push(row);
    }
    if (options.transforms === 'synchronous') transform();
    return { status: 201, body: JSON.stringify({ import_set_id: set.sys_id, multi_import_set_id: sysId() }) };
  }

  function table(name: string, parameters: URLSearchParams): SimulatedAnswer {
    const user = { sys_id: sysId(), user_name: username, name: 'Integration User', time_zone: options.timeZone ?? '' };
    const text = parameters.get('sysparm_query') ?? '';
    const held: Record<string, Row[]> = { [STAGING]: staging, [TARGET]: target, sys_import_set: importSets, sys_user: [user] };
    const rows = held[name];
    if (!rows) return refusal(400, `Invalid table ${name}`, '');
    const columns = new Set(rows.flatMap((row) => Object.keys(row)));
    const limit = Number(parameters.get('sysparm_limit') ?? 10_000);
    const found = query([...rows], text.replace('javascript:gs.getUserName()', username), columns).slice(0, limit);
    const fields = parameters.get('sysparm_fields')?.split(',');
    const result = found.map((
      row,
    ) => (fields ? Object.fromEntries(fields.filter((one) => one in row).map((one) => [one, row[one]])) : row));
    return { status: 200, body: JSON.stringify({ result }) };
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    if (request.headers.authorization !== basic) return UNAUTHORIZED;
    const [, kind, name = '', more] = /^\/api\/now\/(import|table)\/(\w+)(?:\/(\w+))?$/.exec(request.url.pathname) ?? [];
    if (kind === 'import' && more === 'insertMultiple' && request.method === 'POST') {
      if (request.headers['content-type'] !== 'application/json') return refusal(415, 'Unsupported media type', 'Only JSON is supported.');
      return name === STAGING ? insertMultiple(request) : refusal(400, `Invalid staging table ${name}`, '');
    }
    if (kind !== 'table' || request.method !== 'GET') {
      return refusal(400, 'Requested URI does not represent any resource', request.url.pathname);
    }
    const answer = table(name, request.url.searchParams);
    if (!outOfTime || answer.status !== 200) return answer;
    outOfTime = false;
    const error = { message: 'Transaction cancelled: maximum execution time exceeded', detail: `maximum execution time exceeded ${LOGS}` };
    return { status: 200, body: `${answer.body.slice(0, -1)},"error":${JSON.stringify(error)},"status":"failure"}` };
  }

  const vendor: Vendor = {
    name: 'ServiceNow',
    books,
    scope: () => 'api',
    handle,
    refuse: (fault) => {
      if (fault === 'expired_token') return UNAUTHORIZED;
      if (fault === 'too_many') {
        return refusal(429, 'Rate limit exceeded', 'Rate limit exceeded for the rule "Integrations"', { 'retry-after': '37' });
      }
      return fault === 'unavailable'
        ? refusal(503, 'Transaction cancelled: maximum execution time exceeded', 'Transaction quota exceeded')
        : refusal(500, 'Exception while executing request: null', LOGS);
    },
    facts: () => [['Rows in the target table', String(target.length)], ['Rows in the import set table', String(staging.length)]],
    credential: () => password,
    rotate: (next) => (password = next ?? randomUUID()),
    actions: { transform },
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator,
    stagingTable: STAGING,
    username,
    password: () => password,
    transform,
    cancel: () => importSets.filter(({ state }) => state === 'loaded').forEach((set) => Object.assign(set, { state: 'cancelled' })),
    ignoreNext: (reason) => void (ignoreReason = reason),
    runOutOfTime: () => void (outOfTime = true),
    target: () => target,
    touch: (row) => void target.push(row),
    batches: () => batches,
  };
}
