import type { Sql } from 'postgres';
import type { Diagnosis } from '../supabase/functions/_kit/diagnose.ts';
import { startStack, type Stack } from '../scripts/stack/index.ts';
import type { User } from '../scripts/stack/users.ts';
import { spread, type Result } from './measure.ts';
import { instantSystem, openSession, type Session } from './session.ts';

export type SizeOptions = { records: number; onProgress(step: string): void };

const PER_RUN = 1_000;
const EMPTY_RUNS = 2_000;
const MONTH = 500_000;
const NO_ACCOUNT = '9999';

/**
 * What is left in the database of records pushed for real, through retries, refusals, a person's correction and a changed content; of runs
 * that found nothing; and how long it takes to drop a month of attempts. In bytes, tables with their indexes.
 */
export async function benchSize({ records, onProgress }: SizeOptions): Promise<Result[]> {
  const lines: string[] = [];
  let month = { droppedMs: 0, deletedMs: 0, bytes: 0 };
  for (const extra of [0, 1_024]) {
    const stack = await startStack({ parts: [] });
    const clock = { at: Date.parse('2026-11-10T08:00:00Z') };
    const session = await openSession(stack.databaseUrl, () => new Date(clock.at));
    try {
      const place = await prepare(stack, session, clock);
      const empty = await sizes(stack.sql);
      const payload = await pushAll(place, records, extra);
      await stack.sql`vacuum analyze`;
      lines.push(`a record with a payload of ${payload} bytes, vacuumed: ${await growth(stack.sql, empty, records)}`);
      await stack.sql`vacuum full`;
      lines.push(`the same, rewritten: ${await growth(stack.sql, empty, records)}`);
      onProgress(lines.slice(-2).join('\n  '));
      if (extra > 0) continue;
      const before = await sizes(stack.sql);
      await runEmpty(place);
      await stack.sql`vacuum full`;
      lines.push(`a run that found nothing, rewritten: ${await growth(stack.sql, before, EMPTY_RUNS)}`);
      onProgress(lines.at(-1) ?? '');
      month = await endMonth(place);
      lines.push(`a month of ${MONTH} attempts: ${Math.round(month.bytes / MONTH)} bytes each`);
    } finally {
      await session.stop();
      await stack.stop();
    }
  }
  return [{
    bench: `retention: a month of ${MONTH} attempts`, contender: 'dropped', baseline: 'deleted', things: MONTH, runs: 1,
    wallMs: spread([month.droppedMs]), baseWallMs: spread([month.deletedMs]), cpuMs: null, baseCpuMs: null, note: ['', ...lines].join('\n'),
  }];
}

type Place = { sql: Sql; session: Session; clock: { at: number }; owner: User; org: string; integration: string };

async function prepare(stack: Stack, session: Session, clock: Place['clock']): Promise<Place> {
  const { sql } = stack;
  const at = new Date(clock.at);
  const owner = await stack.createUser('owner@example.org', 'a long password');
  const [made] = await sql<{ org: string; id: string }[]>`
    with o as (insert into organizations (slug, name, approve_changes) values ('bench', 'Bench', false) returning id),
      m as (insert into members (org_id, user_id, role) select o.id, ${owner.id}, 'owner' from o)
    insert into integrations (org_id, system, slug, name, next_due_at, created_at, every_minutes)
    select o.id, 'bench', 'bench', 'Bench', ${at}, ${at}, 60 from o returning org_id as org, id`;
  if (!made) throw new Error('the integration was not made');
  await sql`vacuum full`;
  return { sql, session, clock, owner, org: made.org, integration: made.id };
}

/**
 * An hour per thousand records. Of each thousand 30 meet a fault of the server and land an hour later; 20 are refused for their account,
 * and at the end a person corrects it for 10 of them; 10 are handed in again with another amount. Answers the size of a payload.
 */
async function pushAll(place: Place, records: number, extra: number): Promise<number> {
  const tried = new Set<number>();
  const system = instantSystem(100, ({ id, key, sourceId, payload }) => {
    const number = Number(sourceId);
    const fault = number % 1_000 < 30 && !tried.has(id);
    tried.add(id);
    if (fault) {
      return { state: 'refused', status: 503, response: '{"error":"Service unavailable"}', diagnosis: diagnosis('Service unavailable', null, true) };
    }
    if (payload['account'] === NO_ACCOUNT) {
      const message = `Account ${NO_ACCOUNT} does not exist in company Nord ${number % 20}`;
      const response = JSON.stringify({ error: { code: 'Invalid', message } });
      return { state: 'refused', status: 400, response, diagnosis: diagnosis(message, 'account', false) };
    }
    return { state: 'exported', externalId: `X-${key.slice(0, 12)}`, requestId: key.slice(12, 24) };
  });
  for (let first = 1; first <= records; first += PER_RUN) {
    await handIn(place, { first, count: PER_RUN, extra, amount: '1250.50', account: '4010' });
    await work(place, system);
  }
  const [correct] = await place.sql<{ ids: number[] }[]>`
    select array_agg(r.id::int) as ids from records r where r.state = 'failed' and r.source_id::int % 2 = 0`;
  await place.sql.begin(async (sql) => {
    await sql`select set_config('request.jwt.claims', ${JSON.stringify({ role: 'authenticated', sub: place.owner.id })}, true)`;
    await sql`
      select private.retry_failed(${place.org}, ${place.integration}, 'records', null, ${correct?.ids ?? []}, 'account', ${NO_ACCOUNT}, '4010',
        false, ${new Date(place.clock.at)})`;
  });
  await work(place, system);
  const changed = Math.ceil(records / 100);
  await handIn(place, { first: 101, count: changed, extra, amount: '1300.00', account: '4010' });
  await work(place, system);
  const [row] = await place.sql<{ bytes: number; open: number }[]>`
    select round(avg(octet_length(payload::text)))::int as bytes, count(*) filter (where state not in ('exported', 'failed'))::int as open from records`;
  if (row?.open !== 0) throw new Error(`${row?.open} records are still under way.`);
  return row.bytes;
}

const diagnosis = (message: string, field: string | null, retryable: boolean): Diagnosis =>
  ({ message, code: retryable ? null : 'Invalid', field, category: retryable ? 'server' : 'validation', retryable });

type HandIn = { first: number; count: number; extra: number; amount: string; account: string };

async function handIn({ sql, org, integration, clock }: Place, of: HandIn): Promise<void> {
  await sql`
    select hand_in(${org}, ${integration}, (
      select jsonb_agg(jsonb_build_object('source_type', 'claim', 'source_id', n::text, 'label', 'Claim ' || n, 'amount', ${of.amount}::text,
        'currency', 'NOK', 'occurred_on', '2026-11-10', 'payload', jsonb_build_object(
          'account', case when n % 1000 between 500 and 519 then ${NO_ACCOUNT} else ${of.account} end, 'postingDate', '2026-11-10',
          'documentNumber', 'C-' || n, 'description', 'Train ticket ' || n)
          || case when ${of.extra}::int > 0 then jsonb_build_object('text', (
            select string_agg(md5(n::text || k), '') from generate_series(1, ${of.extra / 32}::int) k)) else '{}' end))
      from generate_series(${of.first}::int, ${of.first + of.count - 1}::int) n), ${new Date(clock.at)})`;
}

/** The runs that are due, one after another, and an hour later those that follow. */
async function work({ sql, session, org, integration, clock }: Place, system: ReturnType<typeof instantSystem>): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    await sql`select private.schedule_runs(${new Date(clock.at)})`;
    const [run] = await sql<{ id: number }[]>`
      select id::int from runs where org_id = ${org} and integration_id = ${integration} and status in ('scheduled', 'running')`;
    if (run) await session.work(org, run.id, system);
    await sql`select private.tick_evaluate(${new Date(clock.at)})`;
    clock.at += 1_800_000;
  }
}

async function runEmpty(place: Place): Promise<void> {
  const system = instantSystem(100, () => ({ state: 'exported' }));
  const [before] = await place.sql<{ runs: number }[]>`select count(*)::int as runs from runs`;
  for (let round = 0; round < EMPTY_RUNS; round += 1) await work(place, system);
  const [after] = await place.sql<{ runs: number }[]>`select count(*)::int as runs from runs`;
  if ((after?.runs ?? 0) - (before?.runs ?? 0) !== EMPTY_RUNS) throw new Error('There were not as many runs as there should be.');
}

/** Two months with attempts like those there are: one is dropped, the other deleted row by row. */
async function endMonth({ sql }: Place): Promise<{ droppedMs: number; deletedMs: number; bytes: number }> {
  for (const [first, partition] of [['2020-01-01', '2020-01-15'], ['2020-05-01', '2020-05-15']] as const) {
    await sql`select private.ensure_partitions(${partition})`;
    await sql`
      insert into attempts (org_id, integration_id, record_id, version, run_id, at, outcome, external_id, request_id)
      select a.org_id, a.integration_id, a.record_id, a.version, a.run_id, ${first}::timestamptz + make_interval(secs => n * 5), a.outcome,
        a.external_id, a.request_id
      from generate_series(1, ${MONTH}::int) n
      join (select b.*, row_number() over (order by b.id) as place from attempts b where b.outcome = 'exported' and b.at > '2026-01-01' limit 1000) a
        on a.place = 1 + n % 1000`;
  }
  const [size] = await sql<{ bytes: number }[]>`select pg_total_relation_size('private.attempts_2020_01')::float8 as bytes`;
  // The empty month before it goes first.
  await sql`select private.drop_attempts('2020-01-01')`;
  const droppedMs = await timed(() => sql`select private.drop_attempts('2020-02-01')`);
  const deletedMs = await timed(() => sql`delete from attempts where at < '2020-06-01'`);
  return { droppedMs, deletedMs, bytes: size?.bytes ?? 0 };
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

type Sizes = Map<string, number>;

/** Bytes of each table with its partitions, indexes and long values. */
async function sizes(sql: Sql): Promise<Sizes> {
  const rows = await sql<{ name: string; bytes: number }[]>`
    select c.relname as name, coalesce(
      (select sum(pg_total_relation_size(p.relid)) from pg_partition_tree(c.oid) p), pg_total_relation_size(c.oid))::float8 as bytes
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`;
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

async function growth(sql: Sql, before: Sizes, things: number): Promise<string> {
  const each = [...await sizes(sql)].map(([name, bytes]) => [name, (bytes - (before.get(name) ?? 0)) / things] as const)
    .filter(([, bytes]) => bytes >= 0.5).sort(([, a], [, b]) => b - a);
  const total = each.reduce((sum, [, bytes]) => sum + bytes, 0);
  return `${Math.round(total)} bytes (${each.map(([name, bytes]) => `${name} ${Math.round(bytes)}`).join(', ')})`;
}
