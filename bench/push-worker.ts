// The process that pushes, on Node or on Deno: takes one job per line, answers one line with what it took.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { createClient } from '@supabase/supabase-js';
import type { SupabaseClient } from '@supabase/supabase-js';
import { createBudget } from '../supabase/functions/_kit/budget.ts';
import type { Connector, ConnectorContext, OutgoingRecord } from '../supabase/functions/_kit/connector.ts';
import { createHttp } from '../supabase/functions/_kit/http.ts';
import { runSlice } from '../supabase/functions/_kit/slice.ts';
import { createStore } from '../supabase/functions/_kit/store.ts';
import { connector as businessCentral } from '../supabase/functions/sync-business-central/connector.ts';
import { connector as xledger } from '../supabase/functions/sync-xledger/connector.ts';
import type { Sample } from './measure.ts';

export type Job = {
  kind: 'engine' | 'bare';
  system: 'business-central' | 'xledger';
  url: string;
  key: string;
  org: string;
  /** For the engine. */
  run: number;
  /** For the bare loop. */
  settings: unknown;
  credential: unknown;
};

/** How long the engine waits before it asks about what a system judges later; the bare loop waits as long. */
const VERDICT_MS = 2_500;
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const connectors: Record<Job['system'], Connector> = { xledger, 'business-central': businessCentral };

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line) as Job;
  const db = createClient(job.url, job.key, { auth: { persistSession: false } });
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await (job.kind === 'engine' ? engine(db, job) : bare(db, job));
  const { user, system } = process.cpuUsage();
  const sample: Sample = { wallMs: performance.now() - began, cpuMs: (user + system - cpu.user - cpu.system) / 1_000 };
  console.log(JSON.stringify(sample));
}

async function engine(db: SupabaseClient, job: Job): Promise<void> {
  let ended: string = 'more';
  while (ended === 'more') {
    ended = await runSlice(connectors[job.system], {
      store: createStore(db, { org: job.org, run: job.run }),
      http: (system, secrets) => createHttp({ system, secrets, local: true, clock: () => new Date() }),
      budget: createBudget({ now: () => performance.now() }),
      delay: later,
      log: () => undefined,
    });
  }
}

/** The least that pushes: a page of rows, one request, one update. No lease, no history, no causes, no second thoughts. */
async function bare(db: SupabaseClient, job: Job): Promise<void> {
  const connector = connectors[job.system];
  const http = createHttp({ system: job.system, secrets: [], local: true, clock: () => new Date() });
  const ctx: ConnectorContext = { http, settings: connector.settings.parse(job.settings), credential: connector.credential.parse(job.credential) };
  const after = connector.confirm ? 'accepted' : 'exported';
  await eachPage(db, job.org, 'queued', connector.batchSize, async (records, ids) => {
    const outcomes = await connector.push(ctx, records);
    if (outcomes.some((outcome) => outcome.state === 'refused')) throw new Error('The vendor refuses what it must take here.');
    await mark(db, ids, after, outcomes[0]?.state === 'accepted' ? outcomes[0].externalId : null);
  });
  if (!connector.confirm) return;
  await later(VERDICT_MS);
  await eachPage(db, job.org, 'accepted', connector.batchSize, async (records, ids) => {
    await connector.confirm?.(ctx, records);
    await mark(db, ids, 'exported', null);
  });
}

type Row = { id: number; key: string; source_id: string; payload: Record<string, unknown>; amount: string; currency: string; occurred_on: string; external_id: string | null };

async function eachPage(db: SupabaseClient, org: string, state: string, size: number, work: (records: OutgoingRecord[], ids: number[]) => Promise<void>): Promise<void> {
  for (;;) {
    const { data, error } = await db.from('bench_outbox').select('id, key, source_id, payload, amount, currency, occurred_on, external_id')
      .eq('org_id', org).eq('state', state).order('id').limit(size).returns<Row[]>();
    if (error) throw new Error(error.message);
    if (data.length === 0) return;
    const records = data.map((row): OutgoingRecord => ({
      id: row.id, key: row.key, sourceType: 'claim', sourceId: row.source_id, version: 1, payload: row.payload, amount: row.amount,
      currency: row.currency, occurredOn: row.occurred_on, externalId: row.external_id,
    }));
    await work(records, data.map((row) => row.id));
  }
}

/** One update per batch, so one external id for all of it: enough for a count, and the least a loop can do. */
async function mark(db: SupabaseClient, ids: number[], state: string, externalId: string | null): Promise<void> {
  const { error } = await db.from('bench_outbox').update({ state, ...(externalId === null ? {} : { external_id: externalId }) }).in('id', ids);
  if (error) throw new Error(error.message);
}
