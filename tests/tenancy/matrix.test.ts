import { beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/stack.ts';
import type { TestDatabase } from '../support/stack.ts';
import { functions, hiddenColumns, relations, schemas, sights } from './expected.ts';

let nord: TestDatabase;

beforeAll(async () => {
  nord = await testDatabase();
});

async function relationNames(): Promise<string[]> {
  const rows = await nord.sql<{ name: string }[]>`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm') and c.relname !~ '^attempts_\\d{4}_\\d{2}$' order by name`;
  return rows.map((row) => row.name);
}

test('every table and view of the catalog is in the expected matrix, and nothing else is', async () => {
  expect(await relationNames()).toEqual(Object.keys(relations).sort());
});

test('every table has row-level security on, partitions too', async () => {
  const open = await nord.sql`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relrowsecurity`;
  expect([...open]).toEqual([]);
});

test('every view runs with its reader\'s rights', async () => {
  const own = await nord.sql`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind = 'v' and not coalesce(c.reloptions @> array['security_invoker=true'], false)`;
  expect([...own]).toEqual([]);
});

test('rights on tables and views are exactly those stated, and signed-out callers have none', async () => {
  const rows = await nord.sql<{ name: string; grantee: string; rights: string }[]>`
    with table_rights as (
      select n.nspname || '.' || c.relname as name, pg_get_userbyid(a.grantee) as grantee, lower(a.privilege_type) as verb
      from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) a
      where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v') and a.grantee <> c.relowner
    ), column_rights as (
      select distinct n.nspname || '.' || c.relname, pg_get_userbyid(x.grantee), lower(x.privilege_type) || '*'
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid cross join lateral aclexplode(a.attacl) x
      where n.nspname in ('public', 'private')
    )
    select name, grantee, string_agg(verb, ' ' order by verb) as rights from (select * from table_rights union all select * from column_rights) r group by name, grantee`;
  const found: Record<string, Record<string, string>> = Object.fromEntries(Object.keys(relations).map((name) => [name, {}]));
  for (const row of rows) (found[row.name] ??= {})[row.grantee] = row.rights;
  expect(found).toEqual(relations);
});

test('no sequence can be read or moved by anybody', async () => {
  const rows = await nord.sql`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) a
    where n.nspname in ('public', 'private') and c.relkind = 'S' and a.grantee <> c.relowner`;
  expect([...rows]).toEqual([]);
});

test('functions can be executed by exactly those stated', async () => {
  const rows = await nord.sql<{ name: string; grantees: string }[]>`
    select n.nspname || '.' || p.proname as name, string_agg(distinct case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end, ' ') as grantees
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where n.nspname in ('public', 'private') and a.grantee <> p.proowner group by 1`;
  expect(Object.fromEntries(rows.map((row) => [row.name, row.grantees]))).toEqual(functions);
});

test('no definer function stands in the exposed schema for members to call', async () => {
  const rows = await nord.sql`
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' and p.prosecdef and has_function_privilege('authenticated', p.oid, 'execute')`;
  expect([...rows]).toEqual([]);
});

test('every function pins its search path', async () => {
  const rows = await nord.sql`
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private') and not coalesce('search_path=""' = any(p.proconfig), false)`;
  expect([...rows]).toEqual([]);
});

test('the table of who sees what has a row for each of them', () => {
  expect(Object.keys(sights)).toEqual(Object.keys(relations));
});

test('members read every column of what they may read, but for those stated', async () => {
  const rows = await nord.sql<{ name: string }[]>`
    select n.nspname || '.' || c.relname || '.' || a.attname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v') and not has_column_privilege('authenticated', c.oid, a.attnum, 'select')`;
  expect(rows.map(({ name }) => name)).toEqual(hiddenColumns);
});

test('schemas can be looked into by exactly those stated, and nobody creates anything in one', async () => {
  const rows = await nord.sql<{ name: string; lookers: string; makers: string }[]>`
    select n.nspname as name,
      coalesce(string_agg(r.role, ' ' order by r.role) filter (where has_schema_privilege(r.role, n.oid, 'usage')), '') as lookers,
      coalesce(string_agg(r.role, ' ' order by r.role) filter (where has_schema_privilege(r.role, n.oid, 'create')), '') as makers
    from pg_namespace n cross join (values ('anon'), ('authenticated'), ('service_role')) r (role)
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' group by 1 order by 1`;
  expect(Object.fromEntries(rows.map(({ name, lookers }) => [name, lookers]))).toEqual(schemas);
  expect(rows.filter(({ makers }) => makers !== '')).toEqual([]);
});

test('outside of public no table, view or sequence of any schema is open to whoever comes through the API', async () => {
  const rows = await nord.sql`
    select c.oid::regclass::text as name, r.role from pg_class c join pg_namespace n on n.oid = c.relnamespace
    cross join (values ('anon'), ('authenticated'), ('service_role')) r (role)
    where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
      and case when c.relkind = 'S' then has_sequence_privilege(r.role, c.oid, 'usage, select, update')
               when c.relkind in ('r', 'p', 'v', 'm', 'f') then has_table_privilege(r.role, c.oid, 'select, insert, update, delete, truncate, references, trigger')
                 or has_any_column_privilege(r.role, c.oid, 'select, insert, update, references') end`;
  expect([...rows]).toEqual([]);
});

test('outside of our own schemas nothing they may call runs with anybody else\'s rights', async () => {
  const rows = await nord.sql`
    select p.oid::regprocedure::text as name, r.role from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    cross join (values ('anon'), ('authenticated'), ('service_role')) r (role)
    where p.prosecdef and n.nspname not in ('public', 'private')
      and has_schema_privilege(r.role, n.oid, 'usage') and has_function_privilege(r.role, p.oid, 'execute')`;
  expect([...rows]).toEqual([]);
});

test('the roles behind the API are nobody else, and only the one with the secret key passes row-level security', async () => {
  const roles = await nord.sql`
    select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles
    where rolname in ('anon', 'authenticated', 'service_role') order by rolname`;
  const nobody = { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false, rolbypassrls: false };
  expect([...roles]).toEqual([
    { rolname: 'anon', ...nobody }, { rolname: 'authenticated', ...nobody }, { rolname: 'service_role', ...nobody, rolbypassrls: true },
  ]);
  const members = await nord.sql`
    select m.member::regrole::text, m.roleid::regrole::text from pg_auth_members m where m.member::regrole::text in ('anon', 'authenticated', 'service_role')`;
  expect([...members]).toEqual([]);
});

test('no change of any table is broadcast', async () => {
  expect([...await nord.sql`select pubname from pg_publication`]).toEqual([]);
});

test('what is made later is nobody\'s until it is granted', async () => {
  const db = await testDatabase();
  await db.sql.unsafe(`
    create table public.later (id bigint generated always as identity primary key, serial bigserial);
    create view public.later_view as select 1 as one;
    create materialized view public.later_kept as select 1 as one;
    create sequence public.later_sequence;
    create function public.later_function() returns int language sql as 'select 1';
    create procedure public.later_procedure() language sql as 'select 1';
    create table private.later (id int);
    create function private.later_function() returns int language sql as 'select 1';
    select private.ensure_partitions('2031-05-01');
  `).simple();
  const open = await db.sql`
    select 'table ' || c.oid::regclass as what, coalesce(r.rolname, 'public') as who
    from pg_class c cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
    where c.relname ~ '^(later|attempts_20)' and a.grantee <> c.relowner
    union all
    select 'function ' || p.oid::regprocedure, coalesce(r.rolname, 'public')
    from pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a left join pg_roles r on r.oid = a.grantee
    where p.proname ~ '^later' and a.grantee <> p.proowner`;
  expect([...open]).toEqual([]);
  const [unguarded] = await db.sql`select count(*)::int as n from pg_class where relname ~ '^attempts_20' and relkind = 'r' and not relrowsecurity`;
  expect(unguarded).toEqual({ n: 0 });
});
