import type { Sql } from 'postgres';
import { startStack, type Stack } from '../scripts/stack/index.ts';
import { result, spread, type Result, type Sample } from './measure.ts';

export type TicksOptions = { integrations: number; runs: number; onProgress(step: string): void };

const DUE = 100;
const WAITING = 2_000;
const PER_ORGANIZATION = 5;

/** What each tick does of itself; evaluating has a bench of its own. */
const TICKS = {
  schedule: `${DUE} due`, 'schedule again': 'nothing due', ring: `${DUE} runs wait`, reap: 'nothing dead', deliver: 'nothing due', retention: 'nothing old',
  'ring again': `${WAITING} runs wait, no place is free`,
} as const;
type Tick = keyof typeof TICKS;

/** The ticks of the clock over many integrations of which a hundred are due, against the same over a tenth of them. */
export async function benchTicks({ integrations, runs, onProgress }: TicksOptions): Promise<Result[]> {
  const many = await startStack({ parts: [] });
  const few = await startStack({ parts: [] });
  try {
    for (const [stack, count] of [[many, integrations], [few, Math.ceil(integrations / 10)]] as const) {
      onProgress(`Making ${count} integrations with a history`);
      await seed(stack.sql, count);
    }
    const samples = { many: [] as Record<Tick, number>[], few: [] as Record<Tick, number>[] };
    for (let round = -1; round < Math.max(runs, 9); round += 1) {
      const taken = { many: await tickAll(many), few: await tickAll(few) };
      if (round >= 0) for (const who of ['many', 'few'] as const) samples[who].push(taken[who]);
    }
    return (Object.keys(TICKS) as Tick[]).map((tick) => {
      const of = (who: 'many' | 'few'): Sample[] => samples[who].map((taken) => ({ wallMs: taken[tick], cpuMs: null }));
      onProgress(`${tick} (${TICKS[tick]}): ${spread(of('many').map(({ wallMs }) => wallMs)).median.toFixed(1)} ms`);
      return result({
        bench: `${tick} (${TICKS[tick]})`, contender: `of ${integrations} integrations`, baseline: `of ${Math.ceil(integrations / 10)}`,
        things: tick === 'schedule' ? DUE : 1, note: '',
      }, [of('many'), of('few')]);
    });
  } finally {
    await many.stop();
    await few.stop();
  }
}

async function tickAll({ sql }: Stack): Promise<Record<Tick, number>> {
  const at = new Date();
  await makeDue(sql, DUE, at);
  const [scheduled, schedule] = await timed(sql, 'schedule_runs', at);
  if (scheduled !== DUE) throw new Error(`${scheduled} runs were started, not ${DUE}.`);
  const [, again] = await timed(sql, 'schedule_runs', at);
  const [rung, ring] = await timed(sql, 'ring_runs', at);
  if (rung === 0) throw new Error('Nothing was rung.');
  const [, reap] = await timed(sql, 'reap', at);
  const [, deliver] = await timed(sql, 'ring_deliver', at);
  const [, retention] = await timed(sql, 'tick_retention', at);
  await makeDue(sql, WAITING, at);
  await sql`select private.schedule_runs(${at})`;
  await sql`select private.ring_runs(${at})`;
  const [, full] = await timed(sql, 'ring_runs', at);
  await sql`delete from runs where status = 'scheduled'`;
  await sql`update integrations set next_due_at = ${at}::timestamptz + interval '1 day' where next_due_at <= ${at}`;
  await sql`vacuum analyze runs, integrations`;
  return { schedule, 'schedule again': again, ring, reap, deliver, retention, 'ring again': full };
}

async function makeDue(sql: Sql, count: number, at: Date): Promise<void> {
  await sql`
    update integrations i set next_due_at = ${at}
    from (select n.id from integrations n where n.next_due_at > ${at} order by md5(n.id::text || ${at.getTime()}::text) limit ${count}) c where i.id = c.id`;
}

async function timed(sql: Sql, name: string, at: Date): Promise<[number, number]> {
  const began = performance.now();
  const [row] = await sql.unsafe<{ answer: number }[]>(`select private.${name}($1::timestamptz) as answer`, [at]);
  return [row?.answer ?? 0, performance.now() - began];
}

/** Three ended runs and two notices each, long sent. Triggers are off: what they would write is written here. */
async function seed(sql: Sql, count: number): Promise<void> {
  for (const [name, value] of [['syncward_functions_url', 'http://127.0.0.1:1'], ['syncward_secret_key', 'none']] as const) {
    await sql`select vault.create_secret(${value}, ${name}) where not exists (select from vault.secrets where name = ${name})`;
  }
  await sql`
    insert into organizations (slug, name) select 'org-' || n, 'Organization ' || n from generate_series(1, ${Math.ceil(count / PER_ORGANIZATION)}::int) n`;
  await sql.begin(async (transaction) => {
    await transaction`set local session_replication_role = replica`;
    await transaction`
      insert into integrations (org_id, system, slug, name, next_due_at, every_minutes)
      select o.id, 'bench', 'bench-' || n, 'Bench ' || n, now() + make_interval(hours => 1 + n), 1440
      from organizations o, generate_series(1, ${PER_ORGANIZATION}::int) n limit ${count}`;
    await transaction`
      insert into integration_status (org_id, integration_id, health, health_since, dirty, next_deadline)
      select org_id, id, 'green', now(), false, now() + interval '1 day' from integrations`;
    await transaction`
      insert into runs (org_id, integration_id, status, trigger, due_at, created_at, started_at, finished_at, selected, exported)
      select i.org_id, i.id, 'succeeded', 'schedule', moment, moment, moment, moment + interval '20 seconds', 100, 100
      from integrations i, generate_series(now() - interval '3 days', now() - interval '1 day', interval '1 day') moment`;
    await transaction`
      insert into health_changes (org_id, integration_id, at, kind, alerted)
      select i.org_id, i.id, now() - make_interval(days => day), 'light', true from integrations i, generate_series(1, 10) day`;
    await transaction`
      insert into deliveries (org_id, notification_id, channel, address, locale, notice, state, next_attempt_at, created_at, sent_at)
      select i.org_id, n * 10000000 + row_number() over (), 'email', 'ida@example.org', 'nb', '{}', 'sent', now() - interval '1 day', now() - interval '1 day', now()
      from integrations i, generate_series(1, 2) n`;
  });
  await sql`vacuum analyze`;
}
