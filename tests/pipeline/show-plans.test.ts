import type { TransactionSql } from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { makeHistory, type Reader } from '../../bench/history.ts';
import { readsOf, type Read } from '../../bench/overview.ts';
import { testDatabase, type TestDatabase } from '../support/stack.ts';

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; 'Index Cond'?: string; Plans?: Plan[] };
type Index = { name: string; unique: boolean; columns: string[] };
type Catalog = { indexes: Map<string, Index>; empty: Set<string> };

let db: TestDatabase;
let reader: Reader;
let reads: Read[];

beforeAll(async () => {
  db = await testDatabase();
  const size = { organizations: 200, attempts: 20_000, records: 20_000, runs: 20, failures: 500 };
  ({ usual: reader } = await makeHistory(db.sql, size, () => undefined));
  await db.sql.begin(async (sql) => {
    // More of what there is little of, so that reading it whole would cost more than an index does.
    await sql.unsafe(`
      set local session_replication_role = replica;
      insert into organizations (slug, name) select 'empty-' || n, 'Empty' from generate_series(1, 5000) n;
      insert into members (org_id, user_id, role)
      select o.id, u.id, 'viewer' from organizations o, auth.users u where u.email = 'admin-0@example.org' and o.slug like 'empty-%';
      insert into retries (org_id, integration_id, scope, requested_at, state, records)
      select org_id, id, 'open', now() - interval '1 day', 'done', 1 from integrations, generate_series(1, 10);
    `).simple();
  });
  reads = await readsOf(db.sql, reader);
  await db.sql`analyze`;
}, 120_000);

/** How the reader's own query is carried out, with the reader's rights. */
async function planOf(sql: TransactionSql, { text, values }: Read): Promise<Plan> {
  await sql`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', ${JSON.stringify({ sub: reader.user.id })}, true)`;
  const [row] = await sql.unsafe<{ 'QUERY PLAN': [{ Plan: Plan }] }[]>(`explain (verbose, format json) ${text}`, values);
  await sql`select set_config('role', 'postgres', true)`;
  if (!row) throw new Error('there is no plan');
  return row['QUERY PLAN'][0].Plan;
}

/**
 * What of a plan grows with other organizations' rows: a table read whole, an index read from its beginning to its end, or one
 * searched for something that is neither the organization's nor a single row.
 */
async function overreach(sql: TransactionSql, read: Read): Promise<string[]> {
  const plan = await planOf(sql, read);
  const indexes = new Map((await sql<Index[]>`
    select c.relname as name, i.indisunique as unique,
      array(select a.attname::text from unnest(i.indkey) with ordinality k (number, place)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number order by k.place) as columns
    from pg_index i join pg_class c on c.oid = i.indexrelid`).map((index) => [index.name, index]));
  const empty = new Set((await sql<{ name: string }[]>`select relname as name from pg_class where relkind = 'r' and relpages = 0`).map(({ name }) => name));
  const walk = (node: Plan): string[] => [...faultsOf(node, { indexes, empty }), ...(node.Plans ?? []).flatMap(walk)];
  return walk(plan);
}

function faultsOf(node: Plan, { indexes, empty }: Catalog): string[] {
  const table = node['Relation Name'] ?? node['Index Name'] ?? '';
  if (node['Node Type'] === 'Seq Scan' && empty.has(table)) return [];
  if (node['Node Type'] === 'Seq Scan') return [`${table} is read whole`];
  const index = indexes.get(node['Index Name'] ?? '');
  if (!index) return [];
  const condition = node['Index Cond'] ?? '';
  const asked = (column: string): boolean => new RegExp(`\\b${column} = `).test(condition);
  if (!asked(index.columns[0] ?? '')) return [`${index.name} is read from beginning to end`];
  const single = index.unique && index.columns.every((column) => new RegExp(`\\b${column} = (?!ANY)`).test(condition));
  return single || asked('org_id') ? [] : [`${index.name} is searched in all organizations`];
}

test('every view of the page is among the reads that are looked at', async () => {
  const views = await db.sql<{ name: string }[]>`select viewname as name from pg_views where schemaname = 'public'`;
  const unread = views.filter(({ name }) => !reads.some(({ text }) => text.includes(`from ${name} `)));
  expect(unread).toEqual([]);
});

test('whatever the page reads, it finds through an index by its organization', async () => {
  const found = await db.sql.begin(async (sql) => {
    const faults: Record<string, string[]> = {};
    for (const read of reads) faults[read.name] = await overreach(sql, read);
    return faults;
  });
  expect(found).toEqual(Object.fromEntries(reads.map(({ name }) => [name, []])));
});

test.each([
  ['with its owner\'s rights, by a column no index has', `
    create view hasty as select i.org_id, (select count(*) from runs r where r.error_code = i.slug) as n from integrations i`,
  ['runs is read whole']],
  ['across the organizations', `
    create view hasty as select i.org_id, (select count(*) from records r where r.id = i.every_minutes) as n from integrations i`,
  ['records_pkey is read from beginning to end']],
  ['under a policy that is asked of every row', `
    create function is_mine(org uuid) returns boolean language sql stable set search_path = '' as 'select $1 in (select private.my_org_ids())';
    grant execute on function is_mine to authenticated;
    drop policy "members see their runs" on runs;
    create policy "members see their runs" on runs for select to authenticated using (is_mine(org_id));
    create view hasty with (security_invoker = true) as select distinct $$%$$ as org_id, error_code from runs`,
  ['runs is read whole']],
])('a view that reads %s is found out', async (_, view, faults) => {
  const undone = new Error('undone');
  let found: string[] = [];
  await db.sql.begin(async (sql) => {
    await sql.unsafe(`${view.replace('%', reader.org)}; grant select on hasty to authenticated`).simple();
    found = await overreach(sql, { name: 'hasty', text: 'select * from hasty where org_id = $1', values: [reader.org] });
    throw undone;
  }).catch((error: unknown) => {
    if (error !== undone) throw error;
  });
  expect(found).toEqual(faults);
});

test('a list of failures goes on where the page before it ended, though many failed at the same moment', async () => {
  const pages = await db.as(reader.user, async (sql) => {
    const all = await sql<{ id: string }[]>`
      select id from failed_records where org_id = ${reader.org} and integration_id = ${reader.integration} order by failed_at desc, id desc`;
    const seen: string[] = [];
    let after: { failed_at: string; id: string } | undefined;
    do {
      const page: { failed_at: string; id: string }[] = await sql`
        select id, failed_at::text from failed_records
        where org_id = ${reader.org} and integration_id = ${reader.integration}
        ${after ? sql`and failed_at <= ${after.failed_at}::text::timestamptz and (failed_at < ${after.failed_at}::text::timestamptz or id < ${after.id})` : sql``}
        order by failed_at desc, id desc limit 2`;
      seen.push(...page.map(({ id }) => id));
      after = page.at(-1);
    } while (after);
    return { seen, all: all.map(({ id }) => id) };
  });
  expect(pages.all.length).toBeGreaterThan(3);
  expect(pages.seen).toEqual(pages.all);
});
