import { randomUUID } from 'node:crypto';
import { isDay } from './books.ts';
import type { Books } from './books.ts';
import { parseExact } from './business-central-journal.ts';
import { ODataError } from './odata.ts';

type Column = { type: 'string' | 'money' | 'date' | 'integer'; length?: number };
type Row = Record<string, unknown>;

/** The table records go to, as a portal would have it: two alternate keys, and a project looked up by its number. */
export const EXPENSES = 'hlf_expenses';
const ENTITY = 'hlf_expense';
const COLUMNS: Record<string, Column> = {
  hlf_key: { type: 'string', length: 100 },
  hlf_account: { type: 'string', length: 20 },
  hlf_name: { type: 'string', length: 200 },
  hlf_documentno: { type: 'string', length: 50 },
  hlf_amount: { type: 'money' },
  hlf_distance: { type: 'integer' },
  hlf_date: { type: 'date' },
};
const LOOKUPS: Record<string, string> = { 'hlf_Project@odata.bind': 'hlf_projects' };

const wrapped = (inner: string): ODataError => new ODataError(400, '0x80048d19',
  `Error identified in Payload provided by the user for Entity :'${EXPENSES}', For more information on this error please follow this help link ` +
    `https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : Microsoft.OData.ODataException: ${inner}`);
const isNumber = (value: unknown): value is { literal: string } => typeof value === 'object' && value !== null && 'literal' in value;
const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const texts = (row: Row, name: string): string => (typeof row[name] === 'string' ? row[name] : '');

function checkValue(name: string, value: unknown): void {
  if (value === null) return;
  if (name in LOOKUPS) {
    if (typeof value === 'string' && value.startsWith(`/${LOOKUPS[name]}(`)) return;
    throw wrapped(`The URI '${JSON.stringify(value)}' is not valid because it is not based on '${LOOKUPS[name]}'.`);
  }
  const column = COLUMNS[name];
  if (!column) throw wrapped(`An undeclared property '${name}' which only has property annotations in the payload but no property value was found in the payload.`);
  if (column.type === 'string' && typeof value !== 'string') {
    throw wrapped(`Cannot convert a primitive value to the expected type 'Edm.String' for the property '${name}'.`);
  }
  if (column.type === 'money' || column.type === 'integer') {
    if (!isNumber(value)) {
      throw wrapped(`Cannot convert the literal '${shown(value)}' to the expected type '${column.type === 'money' ? 'Edm.Decimal' : 'Edm.Int32'}'.`);
    }
  }
  if (column.type === 'date' && !isDay(shown(value))) throw wrapped(`Cannot convert the literal '${shown(value)}' to the expected type 'Edm.Date'.`);
  if (column.length !== undefined && typeof value === 'string' && value.length > column.length) {
    throw new ODataError(400, '0x80044331',
      `A validation error occurred.  The length of the '${name}' attribute of the '${ENTITY}' entity exceeded the maximum allowed length of '${column.length}'.`);
  }
}

export type DataverseTable = {
  /** Creates the row with this key, or changes it; gives its id. */
  upsert(key: string, body: string): { id: string; isNew: boolean };
  rows(): readonly Row[];
};

export function createTable(books: Books, clock: () => Date): DataverseTable {
  const rows: Row[] = [];
  return {
    rows: () => rows,
    upsert(key, body) {
      const sent = parseExact(body) as Row;
      for (const [name, value] of Object.entries(sent)) checkValue(name, value);
      if ('hlf_key' in sent) throw new ODataError(400, '0x80060888', 'The alternate key stands in the address and in the payload.');
      const project = /'(.*)'/.exec(texts(sent, 'hlf_Project@odata.bind'))?.[1];
      if (project !== undefined && !books.projects.has(decodeURIComponent(project).replaceAll("''", "'"))) {
        throw new ODataError(404, '0x80060891', 'A record with the specified key values does not exist in hlf_project entity');
      }
      const account = texts(sent, 'hlf_account');
      if (account !== '' && !books.accounts.has(account)) throw new ODataError(400, '0x80040265', `Account ${account} is not open for expenses.`);
      const known = rows.find((row) => row.hlf_key === key);
      const number = texts(sent, 'hlf_documentno');
      if (number !== '' && rows.some((row) => row !== known && row.hlf_documentno === number)) {
        throw new ODataError(412, '0x80040237', 'A record with matching key values already exists.');
      }
      if (known) {
        Object.assign(known, sent);
        return { id: String(known.hlf_expenseid), isNew: false };
      }
      const row: Row = { hlf_expenseid: randomUUID(), hlf_key: key, ...sent };
      rows.push(row);
      const amount = row.hlf_amount;
      books.take({
        id: String(row.hlf_expenseid), key, account, costCenter: null, amount: isNumber(amount) ? amount.literal : '', currency: null,
        date: texts(row, 'hlf_date'), text: texts(row, 'hlf_name'), at: clock().toISOString(),
      });
      return { id: String(row.hlf_expenseid), isNew: true };
    },
  };
}

export type Tracked = {
  put(id: string, row: Row): void;
  remove(id: string): void;
  /** A page of the table, or of what changed since a delta link. */
  page(url: URL, prefer: string): unknown;
};

/** Days after which a delta link is refused. */
const EXPIRES_AFTER_DAYS = 7;

/** A table with change tracking: https://learn.microsoft.com/en-us/power-apps/developer/data-platform/use-change-tracking-synchronize-data-external-systems */
export function trackedTable(root: string, set: string, idColumn: string, columns: string[], clock: () => Date): Tracked {
  const changes: { id: string; row: Row | null; version: number }[] = [];
  let version = 900_000;
  const note = (id: string, row: Row | null): void => {
    const at = changes.findIndex((change) => change.id === id);
    if (at >= 0) changes.splice(at, 1);
    changes.push({ id, row, version: ++version });
  };

  function pageOf(since: number, from: number, most: number, names: string[], to: number, isDelta: boolean): unknown {
    const wanted = changes.filter((change) => change.version > since && change.version <= to && (isDelta || change.row !== null));
    const ordered = [...wanted.filter(({ row }) => row !== null), ...wanted.filter(({ row }) => row === null)];
    const value = ordered.slice(from, from + most).map(({ id, row, version: own }) => (row === null
      ? { '@odata.context': `${root}/$metadata#${set}/$deletedEntity`, id, 'reason': 'deleted' }
      : { '@odata.etag': `W/"${own}"`, ...Object.fromEntries(names.map((name) => [name, name === idColumn ? id : row[name] ?? null])) }));
    const select = `$select=${names.join(',')}`;
    const link = ordered.length > from + most
      ? { '@odata.nextLink': `${root}/${set}?${select}&$skiptoken=${encodeURIComponent([since, from + most, to, isDelta ? 1 : 0].join('!'))}` }
      : { '@odata.deltaLink': `${root}/${set}?${select}&$deltatoken=${encodeURIComponent(`${to}!${clock().toISOString()}`)}` };
    return { '@odata.context': `${root}/$metadata#${set}(${names.join(',')})${isDelta ? '/$delta' : ''}`, ...link, value };
  }

  return {
    put: (id, row) => note(id, row),
    remove: (id) => note(id, null),
    page({ searchParams }, prefer) {
      const forbidden = ['$filter', '$orderby', '$expand', '$top'].find((name) => searchParams.has(name));
      if (forbidden) throw new ODataError(400, '0x80060888', `The \\"${forbidden}\\" query parameter isn't supported when Change Tracking is enabled.`);
      const names = (searchParams.get('$select') ?? '').split(',');
      const unknown = names.find((name) => name !== idColumn && !columns.includes(name));
      if (unknown !== undefined) throw new ODataError(400, '0x0', `Could not find a property named '${unknown}' on type 'Microsoft.Dynamics.CRM.contact'.`);
      const most = Number(/odata\.maxpagesize=(\d+)/.exec(prefer)?.[1] ?? '5000');
      const [skip, delta] = [searchParams.get('$skiptoken'), searchParams.get('$deltatoken')];
      if (skip !== null) {
        const [since = 0, from = 0, to = 0, isDelta = 0] = skip.split('!').map(Number);
        return pageOf(since, from, most, names, to, isDelta === 1);
      }
      if (delta !== null) {
        const [since = '', at = ''] = delta.split('!');
        if (clock().getTime() - new Date(at).getTime() > EXPIRES_AFTER_DAYS * 86_400_000) {
          throw new ODataError(400, '0x80044352', 'Version stamp associated with the client has expired. Please perform a full sync.');
        }
        return pageOf(Number(since), 0, most, names, version, true);
      }
      if (!prefer.includes('odata.track-changes')) throw new ODataError(400, '0x0', 'Change tracking was not asked for.');
      return pageOf(0, 0, most, names, version, false);
    },
  };
}
