import type { ReservedSql, Sql } from 'postgres';
import { createUser, type User } from '../scripts/stack/users.ts';

export type HistorySize = {
  organizations: number;
  /** Of each organization; five if left out. */
  integrations?: number;
  attempts: number;
  records: number;
  /** Of each integration. */
  runs: number;
  /** Open failures of the one integration that has a great many. */
  failures: number;
};
/** Someone's organization, and one of its integrations. */
export type Reader = { user: User; org: string; integration: string };
export type History = {
  /** An admin of an organization like most. */
  usual: Reader;
  /** An admin of the organization with a great many open failures. */
  deep: Reader;
};

const INTEGRATIONS = 5;
const DAYS = 90;
const CAUSES = 4;

/**
 * Ninety days of many organizations: each table written by one statement, in the order of time, so that an organization's rows lie
 * scattered among the others' as they do in life. Triggers are off and the indexes of the attempts are made at the end.
 */
export async function makeHistory(sql: Sql, size: HistorySize, onProgress: (step: string) => void): Promise<History> {
  const connection = await sql.reserve();
  try {
    const steps: [string, () => Promise<unknown>][] = [
      [`${size.organizations} organizations`, () => makeOrganizations(connection, size)],
      [`${size.organizations * (size.integrations ?? INTEGRATIONS) * size.runs} runs`, () => makeRuns(connection, size)],
      [`${size.records} records and ${size.failures} more that failed`, () => makeRecords(connection, size)],
      [`${size.attempts} attempts`, () => makeAttempts(connection, size)],
      ['findings and notices', () => makeNews(connection, size)],
      ['vacuum analyze', () => connection`vacuum analyze`],
    ];
    for (const [step, work] of steps) {
      const began = performance.now();
      await work();
      onProgress(`${step}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    }
  } finally {
    await connection.unsafe('reset all').simple();
    connection.release();
  }
  const each = size.integrations ?? INTEGRATIONS;
  const middle = Math.ceil(size.organizations / 2);
  return { usual: await readerOf(sql, middle * each), deep: await readerOf(sql, size.organizations * each) };
}

async function readerOf(sql: Sql, n: number): Promise<Reader> {
  const [found] = await sql<{ org: string; integration: string; user: string; email: string }[]>`
    select b.org_id as org, b.id as integration, u.id as user, u.email from bench.integrations b
    join members m on m.org_id = b.org_id join auth.users u on u.id = m.user_id where b.n = ${n}`;
  if (!found) throw new Error('the organization was not made');
  return { user: { id: found.user, email: found.email }, org: found.org, integration: found.integration };
}

/** An admin each; what the sign-in form needs of them, only the first has. */
async function makeOrganizations(sql: ReservedSql, { organizations, integrations = INTEGRATIONS }: HistorySize): Promise<void> {
  await createUser(sql, 'admin-0@example.org', 'a long password');
  await sql`
    insert into auth.users (id, aud, role, email, created_at, updated_at)
    select gen_random_uuid(), 'authenticated', 'authenticated', 'admin-' || n || '@example.org', now(), now()
    from generate_series(1, ${organizations}::int) n`;
  await sql`
    insert into organizations (slug, name, created_at)
    select 'org-' || n, 'Organization ' || n, now() - interval '1 year' from generate_series(1, ${organizations}::int) n`;
  await sql`
    insert into members (org_id, user_id, role, name, locale)
    select o.id, u.id, 'admin', 'Admin', 'en' from organizations o join auth.users u on u.email = 'admin-' || substr(o.slug, 5) || '@example.org'`;
  await sql`
    insert into integrations (org_id, system, slug, name, every_minutes, next_due_at, created_at)
    select o.id, 'bench', 'bench-' || n, 'Bench ' || n, 720, now() + interval '1 hour', now() - interval '1 year'
    from organizations o, generate_series(1, ${integrations}::int) n`;
  // What the other steps number integrations by: the fifth of the third organization is number 15.
  await sql.unsafe(`
    create schema bench;
    create table bench.integrations as
    select (substr(o.slug, 5)::int - 1) * ${integrations} + substr(i.slug, 7)::int as n, i.org_id, i.id
    from integrations i join organizations o on o.id = i.org_id;
    create unique index on bench.integrations (n);
    analyze bench.integrations;
    set session_replication_role = replica;
    set maintenance_work_mem = '1GB';
    set work_mem = '256MB';
  `).simple();
}

/** Run `s` of integration `n` has the number `(s - 1) * integrations + n`. */
async function makeRuns(sql: ReservedSql, { runs }: HistorySize): Promise<void> {
  await sql`
    insert into runs (org_id, id, integration_id, status, trigger, due_at, created_at, started_at, finished_at, selected, exported, failed,
      error_message, error_code)
    overriding system value
    select b.org_id, (s - 1) * (select count(*) from bench.integrations) + b.n, b.id, case when bad then 'warning' else 'succeeded' end, 'schedule',
      moment, moment, moment, moment + interval '20 seconds', 20, case when bad then 19 else 20 end, case when bad then 1 else 0 end,
      case when bad then 'Invalid cost center code: 9999' end, case when bad then 'invalid_cost_center' end
    from generate_series(1, ${runs}::int) s
    cross join bench.integrations b
    cross join lateral (select now() - interval '10 minutes' - ${DAYS}::int * interval '1 day' * (1 - s::float8 / ${runs}::int) as moment,
      (s + b.n) % 10 = 0 as bad) m
    order by 2`;
  await sql`select setval(pg_get_serial_sequence('public.runs', 'id'), (select max(id) from runs))`;
}

/**
 * Record `r` is handed in by the integrations in turn. Of a hundred of each, two failed, and one each waits for its next try, is uncertain, is queued;
 * the last integration has a great many more that failed, one batch of 100 after the other.
 */
async function makeRecords(sql: ReservedSql, { records, failures }: HistorySize): Promise<void> {
  await sql`
    insert into causes (org_id, id, integration_id, code, field, template, payload_field, sample, category, first_seen_at, last_seen_at)
    overriding system value
    select b.org_id, (b.n - 1) * ${CAUSES}::int + c, b.id, 'code_' || c, 'costCenter', 'Invalid cost center code: {} (' || c || ')', 'costCenter',
      'Invalid cost center code: 9999', 'validation', now() - interval '30 days', now()
    from bench.integrations b, generate_series(1, ${CAUSES}::int) c`;
  await sql`select setval(pg_get_serial_sequence('public.causes', 'id'), (select max(id) from causes))`;
  await sql`
    with planned as (
      select r, case when r > ${records}::int then (select max(n) from bench.integrations)
                     else 1 + (r - 1) % (select count(*) from bench.integrations) end as n,
        case when r > ${records}::int then 'failed' when luck < 2 then 'failed' when luck = 2 then 'retrying' when luck = 3 then 'uncertain'
             when luck = 4 then 'queued' else 'exported' end as state,
        case when r > ${records}::int then now() - ((${records}::int + ${failures}::int - r) / 100) * interval '1 second'
             else now() - ${DAYS}::int * interval '1 day' * (1 - r::float8 / ${records}::int) end as moment
      from generate_series(1, ${records}::int + ${failures}::int) r
      cross join lateral (select (r - 1) / (select count(*) from bench.integrations) % 100 as luck) l
    )
    insert into records (org_id, id, integration_id, source_type, source_id, payload, amount, currency, occurred_on, label, state, external_id,
      run_id, attempts, next_attempt_at, queued_at, created_at, settled_at, failed_at, cause_id, error_message, error_code, error_field, error_value,
      error_category, error_status)
    overriding system value
    select b.org_id, p.r, b.id, 'claim', 'C-' || p.r, jsonb_build_object('account', '4010', 'costCenter', '9999', 'text', 'Train ticket ' || p.r),
      100 + p.r % 900, 'NOK', p.moment::date, 'Claim ' || p.r, p.state, case when p.state = 'exported' then 'X-' || p.r end,
      b.n, 1, p.moment, p.moment, p.moment, case when p.state = 'exported' then p.moment end, case when bad then p.moment end,
      case when bad then (b.n - 1) * ${CAUSES}::int + 1 + p.r % ${CAUSES}::int end, case when bad then 'Invalid cost center code: 9999' end,
      case when bad then 'invalid_cost_center' end, case when bad then 'costCenter' end, case when bad then (9000 + p.r % 7)::text end,
      case when bad then 'validation' end, case when bad then 400 end
    from planned p
    join bench.integrations b on b.n = p.n
    cross join lateral (select p.state in ('failed', 'retrying', 'uncertain') as bad) t
    order by p.r`;
  await sql`select setval(pg_get_serial_sequence('public.records', 'id'), (select max(id) from records))`;
}

/** Attempt `a` is one of record `a modulo records`, so that each record has attempts spread over the whole time. */
async function makeAttempts(sql: ReservedSql, { attempts, records }: HistorySize): Promise<void> {
  for (const days of [60, 30, 0]) await sql`select private.ensure_partitions(now() - ${days}::int * interval '1 day')`;
  await withoutIndexes(sql, () => sql`
    insert into attempts (org_id, id, integration_id, record_id, version, run_id, at, outcome, external_id, status, response)
    overriding system value
    select b.org_id, a, b.id, 1 + (a - 1) % ${records}::int, 1, b.n, now() - ${DAYS}::int * interval '1 day' * (1 - a::float8 / ${attempts}::int),
      'exported', 'X-' || a, 201, '{"number":"X-' || a || '","status":"posted"}'
    from generate_series(1, ${attempts}::int) a
    join bench.integrations b on b.n = 1 + ((a - 1) % ${records}::int) % (select count(*) from bench.integrations)`);
  await sql`select setval(pg_get_serial_sequence('public.attempts', 'id'), ${attempts}::int)`;
}

/** Drops what the attempts are indexed by and makes the same again after the work. */
async function withoutIndexes(sql: ReservedSql, work: () => Promise<unknown>): Promise<void> {
  const keys = await sql<{ name: string; definition: string }[]>`
    select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = 'attempts'::regclass and contype in ('p', 'u')`;
  for (const { name } of keys) await sql.unsafe(`alter table attempts drop constraint ${name}`);
  const indexes = await sql<{ name: string; definition: string }[]>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = 'attempts'::regclass`;
  for (const { name } of indexes) await sql.unsafe(`drop index ${name}`);
  await work();
  for (const { name, definition } of keys) await sql.unsafe(`alter table attempts add constraint ${name} ${definition}`);
  for (const { definition } of indexes) await sql.unsafe(definition.replace(' ON ONLY ', ' ON '));
}

/** One open finding for each integration and four that are closed, an incident behind each, and its notice to the admin. */
async function makeNews(sql: ReservedSql, { runs }: HistorySize): Promise<void> {
  await sql`
    update integration_status s
    set health = 'yellow', dirty = false, evaluated_at = now(), health_since = now() - interval '1 day', last_success_at = now() - interval '10 minutes',
        next_deadline = now() + interval '1 day', consecutive_successes = 5,
        last_run_id = (${runs}::int - 1) * (select count(*) from bench.integrations) + b.n
    from bench.integrations b where b.org_id = s.org_id and b.id = s.integration_id`;
  await sql`
    insert into findings (org_id, integration_id, rule, severity, since, evidence, closed_at)
    select b.org_id, b.id, 'refused_open', 'yellow', now() - k * interval '3 days', '{"records": 4}', case when k > 1 then now() - (k - 1) * interval '3 days' end
    from bench.integrations b, generate_series(1, 5) k order by k desc, b.n`;
  await sql`
    with opened as (
      insert into incidents (org_id, integration_id, alarm, subject, urgency, state, opened_at, resolved_at)
      select b.org_id, b.id, 'cause_refused', k::text, 'medium', case when k > 1 then 'resolved' else 'open' end, now() - k * interval '1 day', now()
      from bench.integrations b, generate_series(1, 40) k order by k desc, b.n
      returning org_id, id, integration_id, opened_at
    )
    insert into notifications (org_id, user_id, integration_id, incident_id, change_id, kind, urgency, notice, created_at, read_at)
    select o.org_id, m.user_id, o.integration_id, o.id, o.id, 'opened', 'medium', '{"kind": "opened", "alarm": "cause_refused"}', o.opened_at, now()
    from opened o join members m on m.org_id = o.org_id order by o.id`;
  // Ahead of time, so that the monitor is not late for one reader and in time for the next.
  for (const job of ['schedule', 'reap', 'evaluate', 'deliver']) await sql`select private.beat(${job}, now() + interval '1 day')`;
}
