// A process that works off a job queue as its users do: a job per record, a post per job, a result row each.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { makeWorkerUtils, run } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import postgres from 'postgres';
import type { Sample } from './measure.ts';

export type QueueJob = { do: 'seed' | 'work'; records: number };
export type Queue = 'graphile-worker' | 'pg-boss';

/** What a job carries. */
type Row = { key: string; sourceId: string; account: string; description: string; amount: string; currency: string };

/** Jobs in hand at once, for both queues. */
const AT_ONCE = 10;
const [queue = '', databaseUrl = '', vendorUrl = ''] = process.argv.slice(2);
const sql = postgres(databaseUrl, { max: AT_ONCE, onnotice: () => undefined });

const rowOf = (number: number): Row => ({
  key: `key-${number}`, sourceId: `C-${number}`, account: '4010', description: `Train ticket ${number}`, amount: '1250.50', currency: 'NOK',
});

async function post(row: Row): Promise<void> {
  const response = await fetch(vendorUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([row]) });
  if (!response.ok) throw new Error(`The vendor answered ${response.status}.`);
  const { ids } = await response.json() as { ids: string[] };
  await sql`insert into bench_results (key, external_id, sent_at) values (${row.key}, ${ids[0] ?? ''}, now())`;
}

type Contender = { seed(records: number): Promise<void>; work(records: number): Promise<void>; stop(): Promise<void> };

async function graphile(): Promise<Contender> {
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, preset: { worker: { maxPoolSize: AT_ONCE } } });
  await utils.migrate();
  return {
    async seed(records) {
      for (let first = 1; first <= records; first += 1_000) {
        await utils.addJobs(numbers(first, Math.min(first + 999, records)).map((number) => ({ identifier: 'post', payload: rowOf(number) })));
      }
    },
    async work(records) {
      const quiet = (): undefined => undefined;
      const runner = await run({
        connectionString: databaseUrl, concurrency: AT_ONCE, maxPoolSize: AT_ONCE, noHandleSignals: true,
        logger: new (await import('graphile-worker')).Logger(() => quiet), taskList: { post: (payload) => post(payload as Row) },
      });
      await new Promise<void>((resolve) => {
        let left = records;
        runner.events.on('job:complete', () => { if ((left -= 1) === 0) resolve(); });
      });
      // The clock stops here; what follows is the runner's own good-bye.
      void runner.stop();
    },
    stop: async () => utils.release(),
  };
}

async function boss(): Promise<Contender> {
  const pgBoss = new PgBoss({ connectionString: databaseUrl, max: AT_ONCE, supervise: false, schedule: false });
  pgBoss.on('error', (error) => console.error(error));
  await pgBoss.start();
  await pgBoss.createQueue('post');
  return {
    async seed(records) {
      await sql`delete from pgboss.job`;
      for (let first = 1; first <= records; first += 1_000) {
        await pgBoss.insert('post', numbers(first, Math.min(first + 999, records)).map((number) => ({ data: rowOf(number) })));
      }
    },
    async work(records) {
      let left = records;
      const done = Promise.withResolvers<void>();
      await pgBoss.work<Row>('post', { batchSize: AT_ONCE, localConcurrency: 2, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }, async (jobs) => {
        await Promise.all(jobs.map(({ data }) => post(data)));
        left -= jobs.length;
        if (left === 0) done.resolve();
      });
      await done.promise;
      void pgBoss.offWork('post');
    },
    stop: () => pgBoss.stop({ graceful: false }),
  };
}

const numbers = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

const contender = await (queue === 'pg-boss' ? boss() : graphile());
for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, records } = JSON.parse(line) as QueueJob;
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await contender[what === 'seed' ? 'seed' : 'work'](records);
  const { user, system } = process.cpuUsage();
  const sample: Sample = { wallMs: performance.now() - began, cpuMs: (user + system - cpu.user - cpu.system) / 1_000 };
  console.log(JSON.stringify(sample));
}
await contender.stop();
await sql.end();
process.exit(0);
