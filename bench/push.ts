import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { startStack, type Stack } from '../scripts/stack/index.ts';
import { alternate, result, spread, type Result, type Sample } from './measure.ts';
import { handIn, ringAndWait, startRun, type Wanted } from './outbox.ts';
import { startVendor } from './push-vendor.ts';
import type { Job } from './push-worker.ts';

export type PushOptions = { records: number; runs: number; runtimes: Runtime[]; onProgress(step: string): void };

export type Runtime = 'node' | 'deno';
const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Pushing through a batch API against the bare loop through the same clients. On Node both run in a process of their own;
 * on Deno the engine runs as deployed: the Edge Function, rung by Postgres, over as many slices as it needs.
 */
export async function benchPush(options: PushOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const runtime of options.runtimes) {
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
  const { settings, credential } = vendor;
  const wanted: Wanted = { system, settings, credential, records };
  const firstSlices: number[] = [];
  const job = (kind: Job['kind'], org: string, run: number): Job =>
    ({ kind, system, url: stack.apiUrl ?? '', key: stack.secretKey, org, run, settings, credential });
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
        await stack.sql`truncate bench_outbox`;
        const place = await handIn(stack.sql, wanted);
        const run = await startRun(stack.sql, place);
        if (runtime === 'node') return worker.do(job('engine', place.org, run));
        const sample = await ringAndWait(stack, run);
        firstSlices.push(...await firstSlice(stack.sql, run));
        return sample;
      }),
      () => counted('bare loop', async () => worker.do(job('bare', await copyOut(stack.sql, wanted), 0))),
    );
    const contender = runtime === 'node' ? 'Syncward' : 'Syncward, as deployed';
    return result({ bench: `push: ${system} on ${runtime}`, contender, baseline: 'bare loop', things: records, note: told(firstSlices) }, samples);
  } finally {
    worker.stop();
    await vendor.simulator.stop();
  }
}

/** How many records the first slice of a run moved before its CPU was spent; none if one slice was enough. */
async function firstSlice(sql: Sql, run: number): Promise<number[]> {
  const rows = await sql<{ records: number }[]>`
    select count(a.id)::int as records
    from slices s join attempts a on a.org_id = s.org_id and a.run_id = s.run_id and a.at <= s.ended_at and a.outcome in ('exported', 'accepted')
    where s.run_id = ${run} and s.slice = 1 and s.ended_by = 'budget' group by s.slice`;
  return rows.map(({ records }) => records);
}

function told(firstSlices: number[]): string {
  if (firstSlices.length === 0) return '';
  const { median, low, high } = spread(firstSlices);
  return `a slice of 1.5 s of CPU moves ${median} records (${low}-${high}; a record that is judged later counts twice)`;
}

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

/** The same records in the bare loop's table, and no run. */
async function copyOut(sql: Sql, wanted: Wanted): Promise<string> {
  const { org } = await handIn(sql, wanted);
  await sql`truncate bench_outbox`;
  await sql`
    insert into bench_outbox (id, org_id, key, source_id, payload, amount, currency, occurred_on)
    select id, org_id, idempotency_key, source_id, payload, amount::text, currency, occurred_on from records`;
  await sql`truncate records, record_versions, attempts, causes`;
  await sql`vacuum analyze bench_outbox`;
  return org;
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
