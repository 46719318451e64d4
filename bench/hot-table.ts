import type { Sql } from 'postgres';
import { startStack } from '../scripts/stack/index.ts';
import type { Result } from './measure.ts';
import { cpuOf } from './postgres-cpu.ts';
import { instantSystem, openSession, type Session } from './session.ts';

export type HotTableOptions = { minutes: number; records: number; onProgress(step: string): void };

const SESSIONS = 8;
const WINDOWS = 10;
const PER_RUN = 1_000;
const HISTORY_MONTHS = 14;

/**
 * Eight sessions that hand in, claim and settle on one table, with years of history, autovacuum as Postgres ships it, the clock's jobs
 * every ten seconds, and a retention job that drops a month in each of ten windows. The last window's rate against the first's.
 */
export async function benchHotTable({ minutes, records, onProgress }: HotTableOptions): Promise<Result[]> {
  const stack = await startStack({ parts: [] });
  const sessions: Session[] = [];
  try {
    const { sql } = stack;
    onProgress(`Making ${records} records that are across, and ${HISTORY_MONTHS} months with ${records} attempts each`);
    const integrations = await seed(sql, records);
    for (let index = 0; index < SESSIONS; index += 1) sessions.push(await openSession(stack.databaseUrl));
    const windowMs = (minutes * 60_000) / WINDOWS;
    const { moved, lines } = await soak(sql, sessions, integrations, { windowMs, onProgress });
    const [first, last] = [moved[0] ?? 0, moved.at(-1) ?? 0];
    const same = ({ ms }: { ms: number }): Result['wallMs'] => ({ median: ms, low: ms, high: ms });
    return [{
      bench: `hot table, ${SESSIONS} sessions, ${minutes} min`, contender: 'the last tenth', baseline: 'the first tenth', things: first,
      runs: 1, wallMs: same({ ms: (windowMs * first) / last }), baseWallMs: same({ ms: windowMs }), cpuMs: null, baseCpuMs: null,
      note: ['', ...lines].join('\n'),
    }];
  } finally {
    await Promise.all(sessions.map((session) => session.stop()));
    await stack.stop();
  }
}

type Integration = { org: string; id: string };
type Soak = { windowMs: number; onProgress(step: string): void };

async function soak(sql: Sql, sessions: Session[], integrations: Integration[], { windowMs, onProgress }: Soak): Promise<{ moved: number[]; lines: string[] }> {
  const moved: number[] = [];
  const lines = [header];
  const faults: unknown[] = [];
  const pids = await Promise.all(sessions.map(async (session) => (await session.sql<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid ?? 0));
  let cpu = cpuOf(pids);
  let count = 0;
  let over = false;
  const pushing = sessions.map(async (session, index) => {
    const integration = integrations[index];
    for (let round = 0; integration && !over; round += 1) {
      await pushOnce(session, integration, `${round}`, (more) => { count += more; });
    }
  });
  const ticking = (async () => {
    for (let beat = 0; !over; beat += 1) {
      for (const job of ['schedule', 'reap', 'evaluate', 'deliver']) await sql.unsafe(`select private.tick_${job}()`);
      await pause(10_000, () => over);
    }
  })();
  const all = Promise.all([...pushing, ticking]).catch((error: unknown) => { over = true; faults.push(error); });
  for (let window = 0; window < WINDOWS && !over; window += 1) {
    await pause(windowMs / 2, () => over);
    const retention = await timed(() => sql`select private.tick_retention(now() + make_interval(months => ${window}))`);
    await pause(windowMs / 2 - retention, () => over);
    moved.push(count);
    const used = cpuOf(pids);
    lines.push(lineOf(await measureWindow(sql, {
      rate: Math.round((count / windowMs) * 1_000), cpu: used === null ? '' : ((used - (cpu ?? 0)) / count).toFixed(3), retention: Math.round(retention),
    })));
    cpu = used;
    count = 0;
    onProgress(lines.at(-1) ?? '');
  }
  over = true;
  await all;
  if (faults.length > 0) throw faults[0];
  const [wrong] = await sql<{ records: number; months: number }[]>`
    select (select count(*)::int from records where state not in ('exported', 'queued', 'sending')) as records,
      (select count(*)::int from pg_inherits where inhparent = 'public.attempts'::regclass) as months`;
  if (wrong?.records !== 0) throw new Error(`${wrong?.records} records are in a state they should not be in.`);
  return { moved, lines: [...lines, ...await describeOthers(sql), `attempts: ${wrong.months} partitions left`] };
}

/** One run, as a function does it: hand in, start, claim and settle batch by batch, end. */
async function pushOnce({ sql, work }: Session, { org, id }: Integration, round: string, moved: (count: number) => void): Promise<void> {
  await sql`
    select hand_in(${org}, ${id}, (
      select jsonb_agg(jsonb_build_object('source_type', 'claim', 'source_id', ${round}::text || '-' || n, 'amount', '1250.50', 'currency', 'NOK',
        'occurred_on', '2026-11-10', 'payload', jsonb_build_object('account', '4010', 'postingDate', '2026-11-10',
          'documentNumber', 'C-' || n, 'description', 'Train ticket ' || n)))
      from generate_series(1, ${PER_RUN}::int) n))`;
  const [run] = await sql<{ id: number }[]>`
    insert into runs (org_id, integration_id, trigger, due_at, created_at) values (${org}, ${id}, 'manual', now(), now())
    on conflict do nothing returning id::int`;
  // Without one of its own it takes the one the schedule made.
  const active = run ?? (await sql<{ id: number }[]>`
    select id::int from runs where org_id = ${org} and integration_id = ${id} and status in ('scheduled', 'running')`)[0];
  if (!active) return;
  const system = instantSystem(100, ({ key }) => {
    moved(1);
    return { state: 'exported', externalId: `X-${key.slice(0, 8)}` };
  });
  await work(org, active.id, system);
}

/** Eight integrations of four organizations; what they moved long ago, and a month of attempts for each of the last fourteen. */
async function seed(sql: Sql, records: number): Promise<Integration[]> {
  await sql`insert into organizations (slug, name) select 'org-' || n, 'Organization ' || n from generate_series(1, 4) n`;
  const integrations = await sql<Integration[]>`
    insert into integrations (org_id, system, slug, name, next_due_at)
    select o.id, 'bench', 'bench-' || n, 'Bench', now() + interval '1 hour' from organizations o, generate_series(1, 2) n
    returning org_id as org, id`;
  for (let month = 0; month < HISTORY_MONTHS; month += 1) await sql`select private.ensure_partitions(now() - make_interval(months => ${month}))`;
  await sql`
    insert into records (org_id, integration_id, source_type, source_id, payload, amount, currency)
    select i.org_id, i.id, 'claim', 'old-' || n, jsonb_build_object('account', '4010', 'description', 'Train ticket ' || n), 1250.5, 'NOK'
    from integrations i, generate_series(1, ${Math.ceil(records / SESSIONS)}::int) n`;
  await sql`update records set state = 'exported', exported_version = 1, settled_at = now() - interval '1 day'`;
  await sql`
    insert into attempts (org_id, integration_id, record_id, version, run_id, at, outcome, external_id)
    select r.org_id, r.integration_id, r.id, 1, 1, now() - make_interval(months => month), 'exported', 'X-' || r.id
    from records r, generate_series(0, ${HISTORY_MONTHS - 1}::int) month`;
  await sql`vacuum analyze`;
  return integrations;
}

type Window = { rate: number; cpu: string; retention: number; dead: number; share: number; vacuums: number; table: string; indexes: string; queue: string };

const COLUMNS: [string, keyof Window][] = [
  ['records/s', 'rate'], ['CPU ms each', 'cpu'], ['dead rows', 'dead'], ['% of rows', 'share'], ['vacuums', 'vacuums'], ['table', 'table'], ['indexes', 'indexes'],
  ['index of the queue', 'queue'], ['retention ms', 'retention'],
];
const header = COLUMNS.map(([title]) => title).join(' | ');
const lineOf = (window: Window): string => COLUMNS.map(([title, key]) => `${window[key]}`.padStart(title.length)).join(' | ');

/** Of `records` at the end of a window, as the statistics have it. */
async function measureWindow(sql: Sql, own: Pick<Window, 'rate' | 'cpu' | 'retention'>): Promise<Window> {
  const [size] = await sql<Omit<Window, keyof typeof own>[]>`
    select s.n_dead_tup::float8 as dead, round(100.0 * s.n_dead_tup / greatest(1, s.n_live_tup))::float8 as share, s.autovacuum_count::float8 as vacuums,
      pg_size_pretty(pg_table_size(s.relid)) as table, pg_size_pretty(pg_indexes_size(s.relid)) as indexes,
      pg_size_pretty(pg_relation_size('public.records_not_across')) as queue
    from pg_stat_user_tables s where s.relid = 'public.records'::regclass`;
  if (!size) throw new Error('There are no statistics.');
  return { ...own, ...size };
}

/** The small tables that change with every run. */
async function describeOthers(sql: Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select format('%s: %s dead of %s, %s vacuums, %s %% of updates hot, %s + %s', s.relname, s.n_dead_tup, s.n_live_tup, s.autovacuum_count,
      round(100.0 * s.n_tup_hot_upd / nullif(s.n_tup_upd, 0)), pg_size_pretty(pg_table_size(s.relid)), pg_size_pretty(pg_indexes_size(s.relid))) as line
    from pg_stat_user_tables s where s.schemaname = 'public' and s.relname in ('runs', 'slices', 'integrations', 'integration_status') order by 1`;
  return rows.map(({ line }) => line);
}

async function pause(ms: number, over: () => boolean): Promise<void> {
  const until = performance.now() + ms;
  while (!over() && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(250, until - performance.now()))));
  }
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
