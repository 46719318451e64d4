import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startStack, type Stack } from '../scripts/stack/index.ts';
import { byTurns, result, spread, type Result, type Sample } from './measure.ts';
import { handIn, ringAndWait, startRun } from './outbox.ts';
import { startPlainVendor, type PlainVendor } from './plain-vendor.ts';
import type { Queue, QueueJob } from './queues-worker.ts';

export type QueuesOptions = { records: number; runs: number; onProgress(step: string): void };

/**
 * Syncward as deployed against two job queues, used as their users do: a job per record, a post per job to the same simulated
 * system, a result row each. With as many records per request as Xledger takes, as Business Central takes, and with one. Handing in and enqueuing are not timed.
 */
export async function benchQueues({ records, runs, onProgress }: QueuesOptions): Promise<Result[]> {
  const stack = await startStack({
    parts: ['api', 'functions', 'doorbell'], functionsFolder: fileURLToPath(new URL('./functions', import.meta.url)),
  });
  const vendor = await startPlainVendor();
  const queues: Worker[] = [];
  try {
    await stack.sql`create table public.bench_results (id bigint generated always as identity primary key, key text not null, external_id text not null, sent_at timestamptz not null)`;
    await stack.sql`alter table public.bench_results enable row level security`;
    const names: Queue[] = ['graphile-worker', 'pg-boss'];
    for (const name of names) queues.push(startQueue(name, stack.databaseUrl, vendor.url));
    const counted = async (who: string, work: () => Promise<Sample>): Promise<Sample> => {
      vendor.forget();
      const sample = await work();
      if (vendor.taken() !== records) throw new Error(`${who} moved ${vendor.taken()} of ${records} records.`);
      onProgress(`${who}: ${Math.round(sample.wallMs)} ms, ${Math.round(sample.cpuMs ?? 0)} ms of CPU, ${vendor.requests()} requests`);
      return sample;
    };
    const [large = [], batch = [], single = [], graphile = [], boss = []] = await byTurns(runs, [
      () => counted('Syncward, 500 per request', () => pushed(stack, vendor, 'bench-large', records)),
      () => counted('Syncward, 100 per request', () => pushed(stack, vendor, 'bench-batch', records)),
      () => counted('Syncward, 1 per request', () => pushed(stack, vendor, 'bench-single', records)),
      ...queues.map((queue, index) => () => counted(names[index] ?? '', () => worked(stack, queue, records))),
    ]);
    const median = (samples: Sample[]): number => spread(samples.map(({ wallMs }) => wallMs)).median;
    const [faster, base] = median(graphile) < median(boss) ? ['graphile-worker', graphile] as const : ['pg-boss', boss] as const;
    const rate = (samples: Sample[]): string => `${Math.round((records / median(samples)) * 1_000)}/s`;
    const note = `graphile-worker ${rate(graphile)}, concurrency 10; pg-boss ${rate(boss)}, batchSize 10, 2 workers, burstWhenBatchFull`;
    return [
      result({ bench: 'queues: 500 per request', contender: 'Syncward, as deployed', baseline: faster, things: records, note: '' }, [large, base]),
      result({ bench: 'queues: 100 per request', contender: 'Syncward, as deployed', baseline: faster, things: records, note }, [batch, base]),
      result({ bench: 'queues: 1 per request', contender: 'Syncward, as deployed', baseline: faster, things: records, note: 'Syncward with 10 requests at a time' }, [single, base]),
    ];
  } finally {
    for (const queue of queues) queue.stop();
    await vendor.stop();
    await stack.stop();
  }
}

async function pushed(stack: Stack, { url }: PlainVendor, system: string, records: number): Promise<Sample> {
  const place = await handIn(stack.sql, { system, settings: { url }, credential: {}, records });
  return ringAndWait(stack, await startRun(stack.sql, place));
}

async function worked({ sql }: Stack, queue: Worker, records: number): Promise<Sample> {
  await sql`truncate bench_results`;
  await queue.do({ do: 'seed', records });
  // Both find a table with statistics, as Syncward's outbox does.
  await sql`vacuum analyze`;
  return queue.do({ do: 'work', records });
}

type Worker = { do(job: QueueJob): Promise<Sample>; stop(): void };

function startQueue(queue: Queue, databaseUrl: string, vendorUrl: string): Worker {
  const script = fileURLToPath(new URL('./queues-worker.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, queue, databaseUrl, vendorUrl], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async do(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`The process of ${queue} ended.`);
      return JSON.parse(value) as Sample;
    },
    stop: () => void child.stdin.end(),
  };
}
