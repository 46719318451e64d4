import type { Sql } from 'postgres';
import type { Stack } from '../scripts/stack/index.ts';
import type { Sample } from './measure.ts';

export type Wanted = { system: string; settings: unknown; credential: unknown; records: number; account?: string };
export type Place = { org: string; integration: string };

/** An organization of its own per run, so that keys never meet; what earlier runs left is swept out first. */
export async function handIn(sql: Sql, { system, settings, credential, records, account = '4010' }: Wanted): Promise<Place> {
  await sql`truncate records, record_versions, attempts, causes`;
  const [made] = await sql<Place[]>`
    with o as (insert into organizations (slug, name, approve_changes) select 'bench-' || count(*), 'Bench', false from organizations returning id)
    insert into integrations (org_id, system, slug, name, settings, next_due_at)
    select o.id, ${system}, 'bench', 'Bench', ${sql.json(settings as never)}, now() + interval '1 hour' from o
    returning org_id as org, id as integration`;
  if (!made) throw new Error('The integration was not made.');
  const { org, integration } = made;
  await sql`select private.set_credential(${org}, ${integration}, ${sql.json(credential as never)}, null, now())`;
  for (let first = 1; first <= records; first += 5_000) {
    await sql`
      select hand_in(${org}, ${integration}, (
        select jsonb_agg(jsonb_build_object('source_type', 'claim', 'source_id', 'C-' || n, 'amount', '1250.50', 'currency', 'NOK',
          'occurred_on', '2026-11-10', 'payload', jsonb_build_object('account', ${account}::text, 'postingDate', '2026-11-10',
            'documentNumber', 'C-' || n, 'description', 'Train ticket ' || n)))
        from generate_series(${first}::int, ${Math.min(first + 4_999, records)}::int) n))`;
  }
  await sql`vacuum analyze records`;
  return made;
}

/** Makes the integration due now and answers the run that follows. */
export async function startRun(sql: Sql, { org, integration }: Place): Promise<number> {
  await sql`update integrations set next_due_at = now() where id = ${integration}`;
  await sql`select private.schedule_runs(now(), ${integration})`;
  const [run] = await sql<{ id: number }[]>`select id::int from runs where org_id = ${org} order by id desc limit 1`;
  if (!run) throw new Error('The run did not start.');
  return run.id;
}

/** From the doorbell to the end of the run; what each slice cost is what it wrote down itself. */
export async function ringAndWait(stack: Stack, run: number): Promise<Sample> {
  const [rung] = await stack.sql<{ at: Date }[]>`select clock_timestamp() as at from (select private.ring_runs()) rung`;
  const { at, cpuMs } = await ended(stack, run);
  return { wallMs: at.getTime() - (rung?.at.getTime() ?? Number.NaN), cpuMs };
}

/** The end of a run that was rung. */
export async function ended({ sql, settled }: Stack, run: number): Promise<{ at: Date; cpuMs: number; exported: number }> {
  for (let looks = 0; looks < 1_000; looks += 1) {
    await settled();
    const [row] = await sql<{ at: Date; cpuMs: number; exported: number }[]>`
      select r.finished_at as at, r.exported, (select sum(s.cpu_ms)::float8 from slices s where s.org_id = r.org_id and s.run_id = r.id) as "cpuMs"
      from runs r where r.id = ${run} and r.finished_at is not null`;
    if (row) return row;
  }
  throw new Error('The run does not end.');
}
