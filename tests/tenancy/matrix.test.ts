import { beforeAll, describe, expect, test } from 'vitest';
import { createFakeSystem, createOther, createWorld, refusal } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { functions, narrower, relations } from './expected.ts';

let nord: World;
let syd: World;

/** Fills every table for both organizations by running the pipeline, so that no check below passes on an empty table. */
beforeAll(async () => {
  nord = await createWorld();
  syd = await createOther(nord);
  for (const world of [nord, syd]) {
    const system = createFakeSystem();
    system.answer = (record) => (record.payload['account'] === '9999' ? refusal('Invalid account: 9999') : { state: 'exported' });
    for (let round = 0; round < 2; round += 1) {
      await world.handIn(3, { payload: { account: '9999' } });
      await world.sync(system.connector);
      world.clock.forward(3600);
    }
    await world.as(world.arne, (db) => db`select private.retry_failed(${world.org}, ${world.integration}, 'last_run', null, null, 'account', '9999', '4010', false, ${world.clock.iso()})`);
    await world.sql`insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, '2026-12-01', '2026-12-02')`;
  }
  await nord.sql`select private.beat('evaluate', now())`;
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

describe('rows', () => {
  const readableNames = Object.entries(relations).filter(([, rights]) => rights.authenticated).map(([name]) => name);
  const orgColumn = (name: string): string => (['public.organizations', 'public.my_organizations'].includes(name) ? 'id' : 'org_id');
  const total = async (name: string, org: string): Promise<number> => {
    const [row] = await nord.sql.unsafe(`select count(*)::int as count from ${name} where ${orgColumn(name)} = '${org}'`);
    return Number(row?.['count']);
  };
  const seen = (name: string, who: Parameters<World['as']>[0]): Promise<Record<string, number>> =>
    nord.as(who, async (db) => {
      const rows = await db.unsafe(`select ${orgColumn(name)}::text as org, count(*)::int as count from ${name} group by 1`);
      return Object.fromEntries(rows.map((row) => [row['org'] as string, row['count'] as number]));
    });

  for (const name of readableNames) {
    const isView = /my_|overview|history|failed_records|progress/.test(name);
    test(`${name}: owner, admin and viewer see their own organization and nothing of the other`, async () => {
      const all = isView ? null : await total(name, nord.org);
      if (all !== null) expect(all, 'the table must hold rows, or this proves nothing').toBeGreaterThan(0);
      for (const [role, who] of [['owner', nord.olga], ['admin', nord.arne], ['viewer', nord.vera]] as const) {
        const rows = await seen(name, who);
        expect(rows[nord.otherOrg], `${role} sees the other organization`).toBeUndefined();
        const rule = narrower[name];
        if (rule && 'viewer' in rule && role === 'viewer') expect(rows).toEqual({});
        else if (!rule && all !== null) expect(rows).toEqual({ [nord.org]: all });
        else if (!rule) expect(rows[nord.org] ?? 0).toBeGreaterThan(0);
      }
    });
    test(`${name}: a member of the other organization sees nothing of ours, a stranger sees nothing, signed out is refused`, async () => {
      expect((await seen(name, nord.stine))[nord.org]).toBeUndefined();
      const stranger = await nord.createUser(`stranger-${name}@example.org`);
      expect(await seen(name, stranger)).toEqual({});
      await expect(seen(name, 'anon')).rejects.toMatchObject({ code: '42501' });
    });
    test(`${name}: nobody writes to it directly`, async () => {
      const column = orgColumn(name);
      for (const verb of [`insert into ${name} (${column}) values ('${nord.org}')`, `delete from ${name}`, `update ${name} set ${column} = ${column}`]) {
        const write = nord.as(nord.olga, (db) => db.unsafe(verb));
        // A view over several tables cannot be written at all, which Postgres says with codes of its own.
        await expect(write, verb).rejects.toMatchObject({ code: expect.stringMatching(isView ? /^(42501|55000|428C9)$/ : /^42501$/) as string });
      }
    });
  }

  test('what a function of another organization is asked for is refused, and nothing changes', async () => {
    const before = await nord.sql`select count(*)::int from audit_log where org_id = ${nord.org}`;
    const calls: [string, unknown[]][] = [
      ['set_credential', [{ token: 'x' }]], ['set_enabled', [false]], ['sync_now', []], ['retry_failed', []],
    ];
    for (const [name, rest] of calls) {
      const call = nord.as(nord.stine, (db) =>
        db.unsafe(`select public.${name}($1, $2${rest.map((value, index) => `, $${index + 3}${typeof value === 'object' ? '::jsonb' : '::boolean'}`).join('')})`,
          [nord.org, nord.integration, ...rest.map((value) => (typeof value === 'object' ? nord.sql.json(value as never) : value))] as never[]));
      await expect(call, name).rejects.toMatchObject({ code: 'SW404' });
    }
    const ids = (await nord.sql`select id::int from records where org_id = ${nord.org}`).map((row) => row['id'] as number);
    await expect(nord.as(nord.stine, (db) => db`select dismiss_records(${nord.org}, ${ids}, 'because')`)).rejects.toMatchObject({ code: 'SW404' });
    // Naming their own organization with our records touches nothing of ours.
    expect(await nord.as(nord.stine, (db) => db`select dismiss_records(${nord.otherOrg}, ${ids}, 'because') as n`)).toEqual([{ n: 0 }]);
    await expect(nord.as(nord.stine, (db) => db`select decide_uncertain(${nord.org}, ${ids[0] ?? 0}, true, 'because')`)).rejects.toMatchObject({ code: 'SW404' });
    await expect(nord.as(nord.stine, (db) => db`select mark_read(${nord.org})`)).rejects.toMatchObject({ code: 'SW404' });
    expect(await nord.sql`select count(*)::int from audit_log where org_id = ${nord.org}`).toEqual([...before]);
  });

  test('the audit log cannot be changed even by the owner of the database', async () => {
    await expect(nord.sql`update audit_log set actor = 'nobody'`).rejects.toMatchObject({ code: 'SW403' });
    await expect(nord.sql`delete from audit_log`).rejects.toMatchObject({ code: 'SW403' });
  });
});
