import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { ReservedSql, Sql } from 'postgres';
import { startStack } from '../scripts/stack/index.ts';
import { seedEvaluate, type EvaluateSize } from './evaluate-seed.ts';
import { byTurns, result, type Measure, type Result, type Sample } from './measure.ts';
import { cpuOf } from './postgres-cpu.ts';

export type EvaluateOptions = { integrations: number; runs: number; onProgress(step: string): void };

const RUNS = 5;
/** A loop over all of them would take minutes: this many are timed, and the time is multiplied. */
const LOOPED = 1_000;

type Database = { sql: ReservedSql; pid: number; client: SupabaseClient | null; changed: number; stop(): Promise<void> };

/**
 * Evaluating the one percent of integrations that something happened to: against a plain update of the same rows, with ten times the
 * history, and the same ones among ten times as many. And all of them at once against a query per integration.
 */
export async function benchEvaluate({ integrations, runs, onProgress }: EvaluateOptions): Promise<Result[]> {
  const changed = Math.ceil(integrations / 100);
  const databases: Database[] = [];
  const open = async (what: string, size: EvaluateSize, api = false): Promise<Database> => {
    const began = performance.now();
    const database = await openDatabase(size, api);
    databases.push(database);
    onProgress(`${what}: ${size.integrations} integrations, ${size.integrations * size.runs} runs, made in ${Math.round((performance.now() - began) / 1_000)} s`);
    return database;
  };
  try {
    const usual = await open('as it is', { integrations, runs: RUNS, changed }, true);
    const older = await open('with ten times the history', { integrations, runs: RUNS * 10, changed });
    const larger = await open('with ten times the integrations', { integrations: integrations * 10, runs: RUNS, changed });
    const [own = [], plain = [], history = [], size = []] = await byTurns(Math.max(runs, 9), [
      evaluation(usual), update(usual), evaluation(older), evaluation(larger),
    ]);
    const [whole = [], calls = [], looks = [], reads = []] = await byTurns(runs, [
      all(usual, integrations, onProgress), ...[evaluateOne, lookAtOne, readOne].map((work) => loop(usual, integrations, work)),
    ]);
    const bench = `evaluate: ${integrations} integrations, 1 % changed`;
    const note = `a loop is timed over ${Math.min(LOOPED, integrations)} integrations and its time multiplied`;
    const full = { bench: `evaluate: all of ${integrations} at once`, contender: 'evaluate_health', things: integrations };
    return [
      result({ bench, contender: 'evaluate_health', baseline: 'plain update', things: changed, note: '' }, [own, plain]),
      result({ bench, contender: '10 x the history', baseline: 'evaluate_health', things: changed, note: '' }, [history, own]),
      result({ bench, contender: '10 x the integrations', baseline: 'evaluate_health', things: changed, note: '' }, [size, own]),
      result({ ...full, baseline: 'evaluate_health, one by one', note }, [whole, calls]),
      result({ ...full, baseline: 'only two of the rules, one by one', note: '' }, [whole, looks]),
      result({ ...full, baseline: 'read by supabase-js, one by one', note: '' }, [whole, reads]),
    ];
  } finally {
    for (const database of databases) await database.stop();
  }
}

async function openDatabase(size: EvaluateSize, api: boolean): Promise<Database> {
  const stack = await startStack({ parts: api ? ['api'] : [] });
  try {
    await seedEvaluate(stack.sql, size);
    const sql = await stack.sql.reserve();
    await sql`select private.evaluate_health(now())`;
    await sql`vacuum analyze`;
    const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const stop = async (): Promise<void> => {
      sql.release();
      await stack.stop();
    };
    const client = stack.apiUrl ? createClient(stack.apiUrl, stack.secretKey, { auth: { persistSession: false } }) : null;
    return { sql, pid: row?.pid ?? 0, client, changed: size.changed, stop };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

function evaluation(database: Database): Measure {
  const { sql, changed } = database;
  return async () => {
    await touch(sql);
    return timed(database, async () => expectLooked(changed, await evaluate(sql)));
  };
}

function update(database: Database): Measure {
  const { sql } = database;
  return async () => {
    await touch(sql);
    return timed(database, () => sql`
      update integration_status s set health = s.health, evaluated_at = now(), dirty = false, next_deadline = s.next_deadline
      from (select d.org_id, d.integration_id from integration_status d where d.dirty) c
      where s.org_id = c.org_id and s.integration_id = c.integration_id`);
  };
}

function all(database: Database, integrations: number, onProgress: EvaluateOptions['onProgress']): Measure {
  const { sql } = database;
  return async () => {
    await sql`vacuum integration_status`;
    await sql`update integration_status set dirty = true`;
    const sample = await timed(database, async () => expectLooked(integrations, await evaluate(sql)));
    await sql`vacuum integration_status`;
    onProgress(`all ${integrations} at once: ${Math.round(sample.wallMs)} ms`);
    return sample;
  };
}

type One = { org: string; id: string };

/** As monitors of heartbeats do it: one after the other, a query each. */
function loop(database: Database, integrations: number, work: (database: Database, one: One) => Promise<unknown>): Measure {
  const { sql } = database;
  return async () => {
    const some = await sql<One[]>`select org_id as org, id from integrations order by md5(id::text) limit ${LOOPED}`;
    const { wallMs, cpuMs } = await timed(database, async () => {
      for (const one of some) await work(database, one);
    });
    const times = integrations / some.length;
    return { wallMs: wallMs * times, cpuMs: cpuMs === null || work === readOne ? null : cpuMs * times };
  };
}

/** The same judgement. */
const evaluateOne = ({ sql }: Database, { id }: One): Promise<unknown> => sql`select private.evaluate_health(now(), array[${id}::uuid])`;

/** The least there is to judge: did the last run fail, and is it too long ago? */
const lookAtOne = ({ sql }: Database, { org, id }: One): Promise<unknown> => sql`
  update integration_status s
  set health = case when r.status = 'failed' or s.last_success_at < now() - interval '48 hours' then 'red' else s.health end, evaluated_at = now()
  from runs r
  where s.org_id = ${org} and s.integration_id = ${id} and r.org_id = s.org_id and r.id = s.last_run_id`;

/** As a function of a monitor would, through the Data API; it only reads. */
async function readOne({ client }: Database, { org, id }: One): Promise<void> {
  const { error } = await client?.from('integration_status').select('last_run_id, last_success_at, consecutive_failures').eq('org_id', org)
    .eq('integration_id', id).single() ?? { error: new Error('There is no API.') };
  if (error) throw new Error(error.message);
}

async function evaluate(sql: Sql): Promise<number> {
  const [row] = await sql<{ looked: number }[]>`select private.evaluate_health(now()) as looked`;
  return row?.looked ?? 0;
}

function expectLooked(wanted: number, looked: number): void {
  if (looked !== wanted) throw new Error(`It looked at ${looked} integrations, not at ${wanted}.`);
}

/** Marks the chosen ones, as something would that happened to them. */
async function touch(sql: Sql): Promise<void> {
  await sql`update integration_status s set dirty = true from bench.places p where s.org_id = p.org_id and s.integration_id = p.id`;
}

async function timed({ pid }: Database, work: () => PromiseLike<unknown>): Promise<Sample> {
  const [began, before] = [performance.now(), cpuOf([pid])];
  await work();
  const after = cpuOf([pid]);
  return { wallMs: performance.now() - began, cpuMs: before === null || after === null ? null : after - before };
}
