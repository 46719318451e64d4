import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { startStack, type Stack } from '../scripts/stack/index.ts';
import { alternate, result, type Result, type Sample } from './measure.ts';
import { startVendor, type Vendor } from './push-vendor.ts';
import type { Job } from './push-worker.ts';

export type PushOptions = { records: number; runs: number; onProgress(step: string): void };

type Runtime = 'node' | 'deno';
const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Pushing through a batch API against the bare loop through the same clients. On Node both run in a process of their own;
 * on Deno the engine runs as deployed: the Edge Function, rung by Postgres, over as many slices as it needs.
 */
export async function benchPush(options: PushOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const runtime of ['node', 'deno'] as const) {
    const stack = await startStack({ parts: runtime === 'node' ? ['api'] : ['api', 'functions', 'doorbell'] });
    try {
      await prepare(stack.sql);
      for (const system of ['business-central', 'xledger'] as const) results.push(await benchOne(stack, runtime, system, options));
    } finally {
      await stack.stop();
    }
  }
  return results;
}

async function benchOne(stack: Stack, runtime: Runtime, system: Job['system'], options: PushOptions): Promise<Result> {
  const { records, runs, onProgress } = options;
  const vendor = await startVendor(system);
  const worker = startWorker(runtime);
  const place = { vendor, system, records, stack };
  const job = (kind: Job['kind'], org: string, run: number): Job =>
    ({ kind, system, url: stack.apiUrl ?? '', key: stack.secretKey, org, run, settings: vendor.settings, credential: vendor.credential });
  const counted = async (who: string, work: () => Promise<Sample>): Promise<Sample> => {
    const before = vendor.simulator.ledger().length;
    const sample = await work();
    const taken = vendor.simulator.ledger().length - before;
    if (taken !== records || vendor.simulator.duplicates().length > 0) throw new Error(`${who} moved ${taken} of ${records} records.`);
    onProgress(`${system} on ${runtime}, ${who}: ${Math.round(sample.wallMs)} ms, ${Math.round(sample.cpuMs ?? 0)} ms of CPU`);
    return sample;
  };
  try {
    const samples = await alternate(
      runs,
      () => counted('Syncward', async () => {
        const { org, run } = await handIn(place);
        return runtime === 'node' ? worker.do(job('engine', org, run)) : deployed(stack, run);
      }),
      () => counted('bare loop', async () => worker.do(job('bare', await copyOut(place), 0))),
    );
    const contender = runtime === 'node' ? 'Syncward' : 'Syncward, as deployed';
    return result({ bench: `push: ${system} on ${runtime}`, contender, baseline: 'bare loop', things: records, note: '' }, samples);
  } finally {
    worker.stop();
    await vendor.simulator.stop();
  }
}

type Place = { stack: Stack; vendor: Vendor; system: Job['system']; records: number };

/** The bare loop's table, with the one index it wants. */
async function prepare(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create table public.bench_outbox (
      id bigint primary key, org_id uuid not null, key text not null, source_id text not null, payload jsonb not null,
      amount text, currency text, occurred_on date, state text not null default 'queued');
    create index on public.bench_outbox (org_id, state, id);
    alter table public.bench_outbox enable row level security;
    grant select, update on public.bench_outbox to service_role;
  `).simple();
}

/** An organization of its own per run, so that keys never meet; what earlier runs left is swept out first. */
async function handIn({ stack: { sql }, vendor, system, records }: Place): Promise<{ org: string; run: number }> {
  await sql`truncate records, record_versions, attempts, causes, bench_outbox`;
  const [made] = await sql<{ org: string; id: string }[]>`
    with o as (insert into organizations (slug, name) select 'bench-' || count(*), 'Bench' from organizations returning id)
    insert into integrations (org_id, system, slug, name, settings)
    select o.id, ${system}, 'bench', 'Bench', ${sql.json(vendor.settings as never)} from o
    returning org_id as org, id`;
  if (!made) throw new Error('the integration was not made');
  const { org, id } = made;
  await sql`select private.set_credential(${org}, ${id}, ${sql.json(vendor.credential as never)}, null, now())`;
  for (let first = 1; first <= records; first += 5_000) {
    await sql`
      select hand_in(${org}, ${id}, (
        select jsonb_agg(jsonb_build_object('source_type', 'claim', 'source_id', 'C-' || n, 'amount', '1250.50', 'currency', 'NOK',
          'occurred_on', '2026-11-10', 'payload', jsonb_build_object('account', '4010', 'postingDate', '2026-11-10',
            'documentNumber', 'C-' || n, 'description', 'Train ticket ' || n)))
        from generate_series(${first}::int, ${Math.min(first + 4_999, records)}::int) n))`;
  }
  await sql`analyze records`;
  await sql`select private.schedule_runs(now(), ${id})`;
  const [run] = await sql<{ id: number }[]>`select id::int from runs where org_id = ${org}`;
  if (!run) throw new Error('the run did not start');
  return { org, run: run.id };
}

/** The same records in the bare loop's table, and no run. */
async function copyOut(place: Place): Promise<string> {
  const { org, run } = await handIn(place);
  const { sql } = place.stack;
  await sql`delete from runs where org_id = ${org} and id = ${run}`;
  await sql`
    insert into bench_outbox (id, org_id, key, source_id, payload, amount, currency, occurred_on)
    select id, org_id, idempotency_key, source_id, payload, amount::text, currency, occurred_on from records`;
  await sql`truncate records, record_versions, attempts, causes`;
  await sql`analyze bench_outbox`;
  return org;
}

/** From the doorbell to the end of the run; what each slice cost is what it wrote down itself. */
async function deployed({ sql, settled }: Stack, run: number): Promise<Sample> {
  const [rung] = await sql<{ at: Date }[]>`select clock_timestamp() as at from (select private.ring_runs()) rung`;
  for (let looks = 0; looks < 1_000; looks += 1) {
    await settled();
    const [ended] = await sql<{ at: Date; cpu: number }[]>`
      select r.finished_at as at, (select sum(s.cpu_ms)::float8 from slices s where s.run_id = r.id) as cpu
      from runs r where r.id = ${run} and r.finished_at is not null`;
    if (ended && rung) return { wallMs: ended.at.getTime() - rung.at.getTime(), cpuMs: ended.cpu };
  }
  throw new Error('The run does not end.');
}

function startWorker(runtime: Runtime): { do(job: Job): Promise<Sample>; stop(): void } {
  const script = fileURLToPath(new URL('./push-worker.ts', import.meta.url));
  const flags = ['-A', '--no-config', '--no-lock', '--no-remote', '--node-modules-dir=manual'];
  const [program, args] = runtime === 'node'
    ? [process.execPath, [script]]
    : [join(root, 'node_modules', 'deno', 'deno'), ['run', ...flags, script]];
  const child = spawn(program, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async do(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The pushing process ended.');
      return JSON.parse(value) as Sample;
    },
    stop: () => void child.stdin.end(),
  };
}
