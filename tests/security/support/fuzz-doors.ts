import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Sql } from 'postgres';
import { hostile, hostileText, valueFor } from './fuzz-values.ts';

/** One call as it will be made, ids still by name. `place` is what a report calls it. */
export type Case = {
  place: string;
  caller: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Of a call of a function of the database: its arguments, so that the same can be put to Postgres itself. */
  args?: Record<string, unknown>;
  body?: unknown;
};

type Parameter = { name: string; type: string; optional: boolean };
type Door = { place: string; weight: number; arbitrary: fc.Arbitrary<Case> };

const JSON_TYPE = { 'content-type': 'application/json' };
const CALLERS = ['anon', 'nobody', 'owner', 'admin', 'viewer', 'neighbour', 'stranger', 'service'];
/** Most calls come from those who get furthest. */
const callerOf = (rightful: string[]): fc.Arbitrary<string> => fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...rightful) }, { weight: 1, arbitrary: fc.constantFrom(...CALLERS) });

/** Every way in that the catalog and the folder of functions know, so that a new one cannot be forgotten. */
export async function doors(sql: Sql): Promise<Door[]> {
  return [...await rpcs(sql), ...await tables(sql), ...edgeFunctions(), ...await questions(sql), malformed];
}

async function rpcs(sql: Sql): Promise<Door[]> {
  const rows = await sql<{ name: string; service: boolean; parameters: Parameter[] }[]>`
    select p.proname as name, has_function_privilege('service_role', p.oid, 'execute') and not has_function_privilege('authenticated', p.oid, 'execute') as service,
      (select coalesce(json_agg(json_build_object('name', a.name, 'type', format_type(a.type, null), 'optional', a.place > p.pronargs - p.pronargdefaults)
          order by a.place), '[]')
        from unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality a (name, type, place)) as parameters
    from pg_proc p where p.pronamespace = 'public'::regnamespace order by 1`;
  return rows.map(({ name, service, parameters }) => ({
    place: `rpc ${name}`,
    weight: 6,
    arbitrary: fc.record({ caller: callerOf(service ? ['service'] : ['owner', 'admin']), method: often('POST', 'GET', 'PUT', 'HEAD'), args: argumentsOf(name, parameters) })
      .map(({ caller, method, args }) => ({
        place: `rpc ${name}`, caller, method, args, headers: JSON_TYPE,
        ...(method === 'POST' || method === 'PUT' ? { path: `/rest/v1/rpc/${name}`, body: args } : { path: `/rest/v1/rpc/${name}?${queryOf(args)}` }),
      })),
  }));
}

const often = (most: string, ...others: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(most) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

function queryOf(args: Record<string, unknown>): string {
  return Object.entries(args).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value).toWellFormed().slice(0, 2_000))}`).join('&');
}

function argumentsOf(place: string, parameters: Parameter[]): fc.Arbitrary<Record<string, unknown>> {
  const values = fc.record(Object.fromEntries(parameters.map(({ name, type }) => [name, valueFor(place, name, type)])));
  const optional = parameters.filter((one) => one.optional).map((one) => one.name);
  const required = parameters.filter((one) => !one.optional).map((one) => one.name);
  return fc.tuple(values, fc.subarray(optional), fc.oneof({ weight: 12, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(required) }),
    fc.oneof({ weight: 15, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.constantFrom({ at: 'infinity' }, { extra: 1 }, { '': null }) }))
    .map(([all, left, dropped, extra]) => ({
      ...Object.fromEntries(Object.entries(all).filter(([name]) => !left.includes(name) && !(dropped as string[]).includes(name))), ...extra,
    }));
}

type Column = { name: string; type: string };

async function tables(sql: Sql): Promise<Door[]> {
  const rows = await sql<{ name: string; insertable: boolean; columns: Column[] }[]>`
    select c.relname as name, bool_or(has_column_privilege('service_role', c.oid, a.attnum, 'insert')) as insertable,
      json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null))
        order by a.attnum) filter (where c.relkind <> 'r' or has_column_privilege('service_role', c.oid, a.attnum, 'insert')
          or not has_any_column_privilege('service_role', c.oid, 'insert')) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') group by 1 order by 1`;
  return rows.map(({ name, insertable, columns }) => {
    const row = fc.record(Object.fromEntries(columns.map((column) => [column.name, valueFor(name, column.name, column.type)])), { requiredKeys: [] });
    const body = fc.oneof({ weight: 4, arbitrary: row }, { weight: 1, arbitrary: fc.array(row, { maxLength: 3 }) }, { weight: 1, arbitrary: hostile('jsonb') });
    return {
      place: `table ${name}`,
      weight: insertable ? 8 : 1,
      arbitrary: fc.record({
        caller: callerOf(['service', 'service', 'owner']), method: insertable ? often('POST', 'PATCH', 'DELETE', 'PUT') : fc.constantFrom('POST', 'PATCH', 'DELETE', 'PUT'),
        body, query: fc.constantFrom('', '', '', '?columns=org_id', '?on_conflict=org_id', '?org_id=eq.x', '?select=*', '?id=not.is.null'),
        prefer: fc.constantFrom('', 'return=representation', 'resolution=merge-duplicates', 'resolution=ignore-duplicates', 'missing=default', 'tx=rollback', 'max-affected=1'),
      }).map(({ caller, method, body: content, query, prefer }) => ({
        place: `table ${name}`, caller, method, path: `/rest/v1/${name}${query}`, headers: { ...JSON_TYPE, ...(prefer && { prefer }) }, body: content,
      })),
    };
  });
}

const OPERATORS = ['eq', 'neq', 'gt', 'lt', 'in', 'is', 'like', 'ilike', 'match', 'imatch', 'cs', 'cd', 'ov', 'fts', 'plfts', 'sl', 'not.eq', 'eq(any)', 'x', ''];
const RANGES = ['0-0', '5-1', '-1', '99999999999999999999-', 'items=0-5', 'x'];
const ACCEPTS = ['application/vnd.pgrst.object+json', 'text/csv', 'application/vnd.pgrst.plan+json', 'application/octet-stream', 'text/html', 'application/geo+json', '*/*;q=0', 'x'];

/** Reading with filters, orders, ranges and formats that make no sense. */
async function questions(sql: Sql): Promise<Door[]> {
  const rows = await sql<{ name: string; columns: string[] }[]>`
    select c.relname as name, array_agg(a.attname::text) as columns from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') group by 1 order by 1`;
  return rows.map(({ name, columns }) => {
    const value = hostileText.map((text) => encodeURIComponent(text.toWellFormed().slice(0, 1_500)));
    const column = fc.constantFrom(...columns, 'nothing', 'payload->>a', 'payload->0->b', '', '"', 'a.b');
    const query = fc.oneof(
      fc.tuple(column, fc.constantFrom(...OPERATORS), value).map(([name_, operator, text]) => `${encodeURIComponent(name_)}=${operator}.${text}`),
      value.map((text) => `select=${text}`), value.map((text) => `order=${text}`), value.map((text) => `or=(${text})`), value.map((text) => `limit=${text}`),
      fc.constantFrom('limit=-1', 'offset=-1', 'offset=9223372036854775808', 'limit=1e3', 'select=*,*', 'select=count()', 'select=id::regclass', 'select=*::text',
        'order=id.asc.nullsfirst,', 'or=(', 'and=()', 'select=organizations(*,integrations(*,records(*)))', 'select=...', 'id=in.()', 'id=in.(', '%00=eq.1', '%=1'),
    );
    return {
      place: `read ${name}`,
      weight: 1,
      arbitrary: fc.record({ caller: callerOf(['owner', 'viewer', 'service']), method: often('GET', 'HEAD', 'OPTIONS'), query,
        header: fc.oneof({ weight: 4, arbitrary: fc.constant<Record<string, string>>({}) }, fc.constantFrom(...RANGES).map((range) => ({ range })), fc.constantFrom(...ACCEPTS).map((accept) => ({ accept })),
          fc.constantFrom<Record<string, string>[]>({ 'accept-profile': 'private' }, { 'accept-profile': "'" }, { prefer: 'count=exact,handling=strict,x=y' })) })
        .map(({ caller, method, query: asked, header }) => ({ place: `read ${name}`, caller, method, path: `/rest/v1/${name}?${asked}`, headers: header })),
    };
  });
}

const functionsFolder = join(import.meta.dirname, '../../../supabase/functions');

/** Edge Functions: any method, any headers, any body, with and without the key. The doorbell names runs that do not exist. */
function edgeFunctions(): Door[] {
  const names = readdirSync(functionsFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('_')).map(({ name }) => name);
  const body = fc.oneof(
    fc.record({ org: hostile('uuid'), run: hostile('bigint') }), fc.record({ org: fc.uuid(), run: fc.nat() }), hostile('jsonb'), hostileText, fc.constant('x'.repeat(2_000_000)),
    fc.constant(undefined),
  );
  const headers = fc.constantFrom<Record<string, string>>(JSON_TYPE, JSON_TYPE, JSON_TYPE, { 'content-type': 'text/html' }, { 'content-type': 'multipart/form-data; boundary=' },
    { 'content-encoding': 'gzip', ...JSON_TYPE }, { 'transfer-encoding': 'chunked' }, { 'expect': '100-continue' }, { 'x-forwarded-for': "127.0.0.1', 1" }, { cookie: 'a'.repeat(10_000) },
    { 'upgrade': 'websocket', 'connection': 'upgrade' }, { host: 'vendor.example.org' }, { 'content-type': 'application/json; charset=utf-7' }, { 'x-big': 'b'.repeat(20_000) });
  return names.map((name) => ({
    place: `function ${name}`,
    weight: 6,
    arbitrary: fc.record({ caller: callerOf(['service']), method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'), body, headers,
      tail: fc.constantFrom('', '', '', '/', '/x', '?a=%00', '/%2e%2e/%2e%2e/etc/passwd', '/%E0%A4%A', '//', ';x', '?' + 'q'.repeat(5_000)) })
      .map(({ caller, method, body: content, headers: given, tail }) => ({
        place: `function ${name}`, caller, method, path: `/functions/v1/${name}${tail}`, headers: given,
        ...(['GET', 'HEAD', 'TRACE'].includes(method) ? {} : { body: content }),
      })),
  }));
}

const PATHS = ['/', '//', '/rest/v1', '/rest/v1/', '/rest/v1/rpc', '/rest/v1/rpc/', '/rest/v1/rpc/pg_sleep', '/rest/v1/%00', '/rest/v1/%', '/rest/v1/../auth/v1/admin/users',
  '/rest/v1/records;', '/rest/v1/"records"', '/functions/v1', '/functions/v1/', '/functions/v1/_kit', '/functions/v1/../_kit/http.ts', '/functions/v1/nothing', '/functions/v1/%2e%2e',
  '/auth/v1/admin/users', '/etc/passwd', '/.env', '/rest/v1/rpc/hand_in/x', `/rest/v1/${'a'.repeat(3_000)}`];

/** Addresses nothing stands behind, and bodies that are no JSON. */
const malformed: Door = {
  place: 'elsewhere',
  weight: 4,
  arbitrary: fc.record({ caller: fc.constantFrom(...CALLERS), method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD'), path: fc.constantFrom(...PATHS), body: hostile('jsonb') })
    .map(({ caller, method, path, body }) => ({ place: 'elsewhere', caller, method, path, headers: JSON_TYPE, ...(['GET', 'HEAD'].includes(method) ? {} : { body }) })),
};
