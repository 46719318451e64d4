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

/** The least that pushes: a page of rows, one request, one update. No lease, no history, no causes; the vendor's numbers only in memory. */
async function bare(db: SupabaseClient, job: Job): Promise<void> {
  const connector = connectors[job.system];
  const http = createHttp({ system: job.system, secrets: [], local: true, clock: () => new Date() });
  const [settings, credential] = [connector.settings.parse(job.settings), connector.credential.parse(job.credential)];
  const ctx: ConnectorContext = { http, settings, credential };
  const after = connector.confirm ? 'accepted' : 'exported';
  const numbers = new Map<number, string>();
  await eachPage(db, { org: job.org, state: 'queued', size: connector.batchSize }, async (records, ids) => {
    const outcomes = await connector.push(ctx, records);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.state !== after) throw new Error('The vendor refuses what it must take here.');
      if (outcome.state === 'accepted') numbers.set(ids[index] ?? 0, outcome.externalId);
    }
    await mark(db, ids, after);
  });
  if (!connector.confirm) return;
  await later(VERDICT_MS);
  await eachPage(db, { org: job.org, state: 'accepted', size: connector.batchSize }, async (records, ids) => {
    const verdicts = await connector.confirm?.(ctx, records.map((record) => ({ ...record, externalId: numbers.get(record.id) ?? null })));
    if (!verdicts?.every((verdict) => verdict?.state === 'exported')) throw new Error('The vendor has not judged what it must judge here.');
    await mark(db, ids, 'exported');
  });
}

type Row = {
  id: number;
  key: string;
  source_id: string;
  payload: Record<string, unknown>;
  amount: string;
  currency: string;
  occurred_on: string;
};
type Page = { org: string; state: string; size: number };
type Work = (records: OutgoingRecord[], ids: number[]) => Promise<void>;

async function eachPage(db: SupabaseClient, { org, state, size }: Page, work: Work): Promise<void> {
  for (let last = 0; ;) {
    const { data, error } = await db.from('bench_outbox').select('id, key, source_id, payload, amount, currency, occurred_on')
      .eq('org_id', org).eq('state', state).gt('id', last).order('id').limit(size).returns<Row[]>();
    if (error) throw new Error(error.message);
    if (data.length === 0) return;
    last = data.at(-1)?.id ?? last;
    const records = data.map((row): OutgoingRecord => ({
      id: row.id, key: row.key, sourceType: 'claim', sourceId: row.source_id, version: 1, payload: row.payload, amount: row.amount,
      currency: row.currency, occurredOn: row.occurred_on, externalId: null,
    }));
    await work(records, data.map((row) => row.id));
  }
}

async function mark(db: SupabaseClient, ids: number[], state: string): Promise<void> {
  const { error } = await db.from('bench_outbox').update({ state }).in('id', ids);
  if (error) throw new Error(error.message);
}
