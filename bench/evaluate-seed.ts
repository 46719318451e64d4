import type { Sql } from 'postgres';
import { createUser } from '../scripts/stack/users.ts';

export type EvaluateSize = {
  integrations: number;
  /** Ended runs of each. */
  runs: number;
  /** How many of them something happens to. */
  changed: number;
};

const PER_ORGANIZATION = 10;

/**
 * Organizations of ten integrations with an owner each. Of each integration: its runs, an hour apart, and with every fifth of them a finding long closed
 * and two changes of health; every tenth has two records that were refused. Written in the order of time, so that an integration's rows lie scattered
 * as they do in life. Triggers are off: what they would write is written here.
 */
export async function seedEvaluate(sql: Sql, { integrations, runs, changed }: EvaluateSize): Promise<void> {
  const owner = await createUser(sql, 'owner@example.org', 'a long password');
  const organizations = Math.ceil(integrations / PER_ORGANIZATION);
  await sql.begin(async (transaction) => {
    await transaction`set local session_replication_role = replica`;
    await transaction`insert into organizations (slug, name) select 'org-' || n, 'Organization ' || n from generate_series(1, ${organizations}::int) n`;
    await transaction`insert into members (org_id, user_id, role) select id, ${owner.id}, 'owner' from organizations`;
    await transaction`
      insert into integrations (org_id, system, slug, name, next_due_at, created_at)
      select o.id, 'bench', 'bench-' || n, 'Bench ' || n, now() + interval '1 hour', now() - interval '100 days'
      from organizations o, generate_series(1, ${PER_ORGANIZATION}::int) n limit ${integrations}`;
    await transaction`create schema bench`;
    await transaction`create table bench.places as select org_id, id, row_number() over (order by md5(id::text)) as n from integrations`;
    await transaction`
      insert into runs (org_id, integration_id, status, trigger, due_at, created_at, started_at, finished_at, selected, exported)
      select p.org_id, p.id, 'succeeded', 'schedule', moment, moment, moment, moment + interval '20 seconds', 100, 100
      from generate_series(${runs}::int, 1, -1) ago cross join lateral (select now() - ago * interval '1 hour' as moment) m cross join bench.places p`;
    await transaction`
      insert into findings (org_id, integration_id, rule, severity, since, evidence, closed_at)
      select p.org_id, p.id, 'last_run_failed', 'red', now() - (ago + 1) * interval '1 hour', '{"message": "Service unavailable"}', now() - ago * interval '1 hour'
      from generate_series(${runs}::int, 1, -5) ago cross join bench.places p`;
    await transaction`
      insert into health_changes (org_id, integration_id, at, kind, before, after, alerted)
      select p.org_id, p.id, now() - ago * interval '1 hour', 'light', 'green', 'red', true
      from generate_series(${runs}::int, 1, -5) ago cross join generate_series(1, 2) cross join bench.places p`;
    await transaction`
      insert into causes (org_id, integration_id, code, template, sample, category, first_seen_at, last_seen_at)
      select org_id, id, 'invalid', 'Unknown account: {}', 'Unknown account: 9999', 'validation', now(), now() from bench.places where n % 10 = 0`;
    await transaction`
      insert into records (org_id, integration_id, source_type, source_id, payload, state, failed_at, cause_id, error_message, amount, currency)
      select c.org_id, c.integration_id, 'claim', 'C-' || n, '{"account": "9999"}', 'failed', now() - interval '30 minutes', c.id, c.sample, 10, 'NOK'
      from causes c, generate_series(1, 2) n`;
    await transaction`
      insert into integration_status (org_id, integration_id, health_since, last_run_id, last_success_at, consecutive_successes)
      select r.org_id, r.integration_id, now(), r.id, r.finished_at, 10 from runs r where r.due_at = now() - interval '1 hour'`;
    await transaction`delete from bench.places where n > ${changed}`;
  });
  await sql`vacuum analyze`;
}
