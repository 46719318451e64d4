import { beforeAll, expect, test } from 'vitest';
import { runSupabase } from '../../scripts/generate/supabase-cli.ts';
import { testDatabase } from '../support/stack.ts';
import type { TestDatabase } from '../support/stack.ts';

/** Every index that is there for speed alone: what it is on, and what its comment says it serves. */
type Index = { name: string; table: string; columns: string[]; serves: string | null };

let db: TestDatabase;
let indexes: Index[];

beforeAll(async () => {
  db = await testDatabase();
  indexes = await indexesOf(db);
});

async function indexesOf({ sql }: TestDatabase): Promise<Index[]> {
  return [...await sql<Index[]>`
    select c.oid::regclass::text as name, i.indrelid::regclass::text as table, obj_description(c.oid, 'pg_class') as serves,
      array(select a.attname::text from unnest(i.indkey) with ordinality k (attnum, place) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place) as columns
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and not i.indisunique and not c.relispartition order by 1`];
}

/** What is wrong with what the comment of an index says; null if it is true. */
async function untrue({ sql }: TestDatabase, { name, table, columns, serves }: Index): Promise<string | null> {
  const named = serves?.match(/\b(public|private)\.\w+/g) ?? [];
  if (!serves?.startsWith('Serves ') || named.length === 0) return `${name}: its comment must say what it serves, by name`;
  for (const one of named) {
    const bare = table.replace(/^\w+\./, '');
    const [found] = await sql<{ uses: boolean; referenced: boolean; itself: boolean }[]>`
      select
        exists (select from pg_proc p where p.pronamespace::regnamespace || '.' || p.proname = ${one} and p.prosrc ~ ${`\\m${bare}\\M`})
          or coalesce((select pg_get_viewdef(c.oid) ~ ${`\\m${bare}\\M`} from pg_class c where c.oid = to_regclass(${one}) and c.relkind = 'v'), false) as uses,
        exists (select from pg_constraint f where f.contype = 'f' and f.conrelid = ${table}::regclass and f.confrelid = to_regclass(${one})
          and (select array_agg(a.attname::text order by k.place) from unnest(f.conkey) with ordinality k (attnum, place) join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum)
            <@ ${columns.slice(0, 2)}::text[]) as referenced,
        to_regclass(${one}) = ${table}::regclass as itself`;
    if (!found?.uses && !found?.referenced && !found?.itself) return `${name}: ${one} does not read ${table}`;
  }
  return null;
}

test('every index says what it serves, and that reads the table', async () => {
  expect(indexes.length).toBeGreaterThan(15);
  expect((await Promise.all(indexes.map((index) => untrue(db, index)))).filter((problem) => problem !== null)).toEqual([]);
});

test.each([
  ['without a comment', 'create index later on public.members (name)'],
  ['that serves nothing by name', "create index later on public.members (name); comment on index public.later is 'Serves the page.'"],
  ['that serves what is not there', "create index later on public.members (name); comment on index public.later is 'Serves private.gone.'"],
  ['that serves what does not read its table', "create index later on public.members (name); comment on index public.later is 'Serves private.beat.'"],
])('an index %s would be found', async (_, statements) => {
  const other = await testDatabase();
  await other.sql.unsafe(statements).simple();
  const [later] = (await indexesOf(other)).filter(({ name }) => name === 'later' || name === 'public.later');
  expect(later && await untrue(other, later)).toMatch(/later/);
});

test('the advisors say nothing at all but that indexes of an empty database are unused, each of them one that says what it serves', async () => {
  const { stdout } = await runSupabase(['db', 'advisors', `--remote=${db.url}`, '--type', 'all', '--level', 'info', '--output', 'json']);
  const said = [...stdout.matchAll(/"cache_key": "([^"]+)"/g)].map(([, key = '']) => key);
  const partitions = await db.sql<{ key: string }[]>`
    select 'unused_index_private_' || t.relname || '_' || c.relname as key from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid where c.relispartition`;
  const explained = new Set([...indexes.map(({ name, table }) => `unused_index_${table.includes('.') ? '' : 'public_'}${`${table}_${name}`.replaceAll('.', '_')}`), ...partitions.map(({ key }) => key)]);

  expect(said.length).toBeGreaterThan(15);
  expect(said.filter((key) => !explained.has(key))).toEqual([]);
});
