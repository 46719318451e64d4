import type { Sql } from 'postgres';
import { startStack } from '../scripts/stack/index.ts';
import { createUser } from '../scripts/stack/users.ts';
import { alternate, result, type Result, type Sample } from './measure.ts';

export type EvaluateOptions = { integrations: number; runs: number; onProgress(step: string): void };

const PER_ORGANIZATION = 10;

/** Evaluating the one percent of integrations that changed, against a plain update of the same rows. */
export async function benchEvaluate({ integrations, runs, onProgress }: EvaluateOptions): Promise<Result[]> {
  const stack = await startStack({ parts: [] });
  try {
    const { sql } = stack;
    onProgress(`Making ${integrations} integrations with a history`);
    await seed(sql, integrations);
    const whole = await timed(() => sql`select private.evaluate_health(now())`);
    onProgress(`The first evaluation, of all of them: ${Math.round(whole)} ms`);
    await sql`vacuum analyze`;
    const changed = Math.max(1, Math.round(integrations / 100));
    let at = Date.now();
    const evaluate = async (): Promise<Sample> => {
      await change(sql, changed);
      at += 1_000;
      let looked = 0;
      const wallMs = await timed(async () => {
        const [row] = await sql<{ looked: number }[]>`select private.evaluate_health(${new Date(at)}) as looked`;
        looked = row?.looked ?? 0;
      });
      if (looked !== changed) throw new Error(`It looked at ${looked} integrations, not at ${changed}.`);
      return { wallMs, cpuMs: null };
    };
    const plain = async (): Promise<Sample> => {
      await change(sql, changed);
      return { wallMs: await timed(() => sql`
        update integration_status s set health = s.health, evaluated_at = ${new Date(at)}, dirty = false, next_deadline = s.next_deadline
        from (select d.org_id, d.integration_id from integration_status d where d.dirty) c
        where s.org_id = c.org_id and s.integration_id = c.integration_id`), cpuMs: null };
    };
    const samples = await alternate(Math.max(runs, 9), evaluate, plain);
    return [result({
      bench: `evaluate ${integrations}, 1 % changed`, contender: 'evaluate_health', baseline: 'plain update', things: changed,
      note: `evaluating all ${integrations} at once: ${Math.round(whole)} ms`,
    }, samples)];
  } finally {
    await stack.stop();
  }
}

/** Ten runs each, two records that failed in every tenth, an owner in every organization. */
async function seed(sql: Sql, count: number): Promise<void> {
  await sql`
    insert into organizations (slug, name)
    select 'org-' || n, 'Organization ' || n from generate_series(1, ${Math.ceil(count / PER_ORGANIZATION)}::int) n`;
  const owner = await createUser(sql, 'owner@example.org', 'a long password');
  await sql`insert into members (org_id, user_id, role) select id, ${owner.id}, 'owner' from organizations`;
  await sql`
    insert into integrations (org_id, system, slug, name, next_due_at)
    select o.id, 'bench', 'bench-' || n, 'Bench ' || n, now() + interval '1 hour'
    from organizations o, generate_series(1, ${PER_ORGANIZATION}::int) n limit ${count}`;
  await sql`
    insert into runs (org_id, integration_id, status, trigger, due_at, created_at, started_at, finished_at, selected, exported)
    select i.org_id, i.id, 'succeeded', 'schedule', moment, moment, moment, moment + interval '20 seconds', 100, 100
    from integrations i, generate_series(now() - interval '10 hours', now() - interval '1 hour', interval '1 hour') moment`;
  await sql`
    insert into records (org_id, integration_id, source_type, source_id, payload)
    select i.org_id, i.id, 'claim', 'C-' || n, '{"account": "4010"}'
    from integrations i, generate_series(1, 2) n where right(i.slug, 1) = '0'`;
  await sql`update records set state = 'failed', failed_at = now() - interval '30 minutes', error_message = 'Unknown account'`;
  await sql`
    update integration_status s set last_run_id = r.id, last_success_at = r.finished_at, consecutive_successes = 10
    from (
      select distinct on (org_id, integration_id) org_id, integration_id, id, finished_at from runs
      order by org_id, integration_id, id desc) r
    where r.org_id = s.org_id and r.integration_id = s.integration_id`;
  await sql`vacuum analyze`;
}

/** Marks one percent, spread over all organizations, as something would that happened to them. */
async function change(sql: Sql, count: number): Promise<void> {
  await sql`
    update integration_status s set dirty = true
    from (select integration_id from integration_status order by md5(integration_id::text) limit ${count}) c
    where s.integration_id = c.integration_id`;
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
