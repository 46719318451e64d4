import { access, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { createBudget } from '../../supabase/functions/_kit/budget.ts';
import { createHttp } from '../../supabase/functions/_kit/http.ts';
import { runSlice } from '../../supabase/functions/_kit/slice.ts';
import { createStore } from '../../supabase/functions/_kit/store.ts';
import { connector as businessCentral } from '../../supabase/functions/sync-business-central/connector.ts';
import { connector as xledger } from '../../supabase/functions/sync-xledger/connector.ts';
import { loadAccounts } from '../../tests/simulators/books.ts';
import { startBusinessCentral } from '../../tests/simulators/business-central.ts';
import type { Fault } from '../../tests/simulators/faults.ts';
import type { Simulator } from '../../tests/simulators/server.ts';
import { startXledger } from '../../tests/simulators/xledger.ts';
import { createTimeline } from '../demo/vendors.ts';
import type { Timeline } from '../demo/vendors.ts';
import { importFile } from '../import/import-file.ts';
import { loadMapping } from '../import/mapping.ts';
import { openOutbox } from '../import/outbox.ts';
import { startStack, type Stack } from '../stack/index.ts';

export type System = 'xledger' | 'business-central';

export type MainJobOptions = {
  system: System;
  /** Folder with `*-2016.csv` (the vendor's chart of accounts) and `*-2017.csv` (the records). */
  data: string;
  /** Only the records of files whose names begin with this; left out: all. */
  only?: string;
  mapping: string;
  /** Chance of each kind of fault at each request; 0: none. */
  faults: number;
  seed: number;
  onProgress: (step: string) => void;
};

export type Tally = { exported: number; failed: number; ledger: number; twice: number; causes: number; values: number; runs: number; slices: number; requests: number };

export type MainJobReport = {
  accounts: number;
  records: number;
  first: Tally;
  retried: { sent: number } & Tally;
  unbalanced: number;
  faults: Partial<Record<Fault, number>>;
  seconds: number;
};

/** All faults there are: taken but never told, told but never taken, and everything in between. */
const ALL: Fault[] = ['lost_answer', 'half_body', 'gateway_timeout', 'error_before', 'too_many', 'unavailable', 'gateway_html', 'hang', 'reset', 'expired_token'];

/** The files of a year, or null where the data is not there. */
export async function spendingFiles(data: string, year: string): Promise<string[] | null> {
  if (!(await access(data).then(() => true, () => false))) return null;
  const names = (await readdir(data)).filter((name) => name.endsWith(`-${year}.csv`)).sort();
  return names.length === 0 ? null : names.map((name) => join(data, name));
}

/**
 * The main job on real spending records: the vendor knows the codes of 2016, the records are those of 2017. Everything goes
 * across but what the vendor refuses; the codes it lacks are added there; Retry sends exactly those. Time is made, so that
 * backoffs and pauses cost none.
 */
export async function mainJob(options: MainJobOptions): Promise<MainJobReport> {
  const began = performance.now();
  const [charts, all] = [await spendingFiles(options.data, '2016'), await spendingFiles(options.data, '2017')];
  const spending = all?.filter((file) => basename(file).startsWith(options.only ?? ''));
  if (!charts || !spending) throw new Error(`There are no spending records in ${options.data}.`);
  const accounts = await loadAccounts(charts, 'Expenditure Code');
  const timeline = createTimeline();
  timeline.set(new Date('2026-11-10T08:00:00Z'));
  const vendor = await startVendor(options.system, accounts, timeline);
  const stack = await startStack({ parts: ['api'], onProgress: options.onProgress });
  try {
    const job = await prepare(stack, vendor, options, timeline);
    options.onProgress('Handing in the records of 2017');
    const records = await handIn(stack, job, spending, options.mapping);
    vendor.simulator.faults.rate(Object.fromEntries(ALL.map((fault) => [fault, options.faults])), options.seed);
    options.onProgress(`Sending ${records} records to ${options.system}`);
    await syncUntilDone(stack, job);
    const first = await tally(stack, vendor.simulator);
    options.onProgress('Adding the missing codes over there, and retrying');
    const codes = await stack.sql<{ code: string }[]>`select distinct payload ->> 'account' as code from records where state in ('failed', 'dead')`;
    vendor.simulator.addAccounts(...codes.map((row) => row.code));
    const sent = await retry(stack, job);
    const retried = { sent, ...(await tally(stack, vendor.simulator)) };
    const [balance] = await stack.sql<{ count: number }[]>`
      select count(*)::int from runs where status not in ('scheduled', 'running') and selected <> exported + accepted + failed + retrying + skipped + uncertain`;
    return {
      accounts: accounts.length, records, first, retried, unbalanced: balance?.count ?? -1, faults: vendor.simulator.faults.happened(),
      seconds: Math.round((performance.now() - began) / 100) / 10,
    };
  } finally {
    await stack.stop();
    await vendor.simulator.stop();
  }
}

type Vendor = { simulator: Simulator; connector: typeof xledger | typeof businessCentral; settings: object; credential: object };

async function startVendor(system: System, accounts: string[], timeline: Timeline): Promise<Vendor> {
  if (system === 'xledger') {
    const simulator = await startXledger({ accounts, clock: timeline.now, importDelayMs: 1_000, limits: { burst: null } });
    return { simulator, connector: xledger, settings: { baseUrl: simulator.url, currency: 'GBP' }, credential: { token: simulator.token() } };
  }
  const simulator = await startBusinessCentral({ accounts, clock: timeline.now, limits: { rate: null } });
  const { url, tenantId, environment, companyId, journalId } = simulator;
  return {
    simulator, connector: businessCentral,
    settings: { baseUrl: url, loginUrl: url, tenantId, environment, companyId, journalId, currency: 'GBP' },
    credential: { clientId: simulator.clientId, clientSecret: simulator.secret() },
  };
}

type Job = { org: string; integration: string; admin: string; connector: Vendor['connector']; timeline: Timeline };

async function prepare(stack: Stack, vendor: Vendor, { system }: MainJobOptions, timeline: Timeline): Promise<Job> {
  const { sql } = stack;
  const at = timeline.now();
  const admin = await stack.createUser('admin@example.org', 'a long password');
  const [row] = await sql<{ org: string; id: string }[]>`
    with o as (insert into organizations (slug, name, time_zone, currency) values ('city', 'City', 'Europe/London', 'GBP') returning id)
    insert into integrations (org_id, system, slug, name, settings, next_due_at, created_at)
    select o.id, ${system}, 'spending', 'Spending', ${sql.json(vendor.settings as never)}, ${at}, ${at} from o returning org_id as org, id`;
  if (!row) throw new Error('the integration was not made');
  await sql`insert into members (org_id, user_id, role, name) values (${row.org}, ${admin.id}, 'admin', 'Admin')`;
  await sql`select private.set_credential(${row.org}, ${row.id}, ${sql.json(vendor.credential as never)}, null, ${at})`;
  return { org: row.org, integration: row.id, admin: admin.id, connector: vendor.connector, timeline };
}

async function handIn(stack: Stack, job: Job, files: string[], mappingFile: string): Promise<number> {
  const mapping = await loadMapping(mappingFile);
  const outbox = openOutbox({ url: stack.apiUrl ?? '', secretKey: stack.secretKey });
  const integration = await outbox.findIntegration('spending');
  for (const file of files) {
    await importFile({
      file, mapping, encoding: 'utf-8', handIn: outbox.handInTo(integration),
      onRefused: (line) => { throw new Error(`${file}:${line.line} was refused: ${line.problems.map((problem) => problem.reason).join(' ')}`); },
    });
  }
  await stack.sql`update records set next_attempt_at = ${job.timeline.now()}, created_at = ${job.timeline.now()}`;
  const [row] = await stack.sql<{ count: number }[]>`select count(*)::int from records`;
  return row?.count ?? 0;
}

/** Runs whatever is due, moving time on between runs, until nothing is on its way any more. */
async function syncUntilDone(stack: Stack, job: Job): Promise<void> {
  const { sql } = stack;
  for (let rounds = 0; rounds < 2_000; rounds += 1) {
    const [left] = await sql<{ moving: number; active: string | null; closed: Date | null }[]>`
      select (select circuit_open_until from integration_status) as closed,
             (select count(*)::int from records where state in ('queued', 'sending', 'retrying', 'uncertain', 'accepted')) as moving,
             (select id from runs where status in ('scheduled', 'running')) as active`;
    if (!left || (left.moving === 0 && left.active === null)) return;
    // A breaker that opened and a pause that was asked for are waited out on the made clock.
    if (left.active === null) job.timeline.set(new Date(Math.max(job.timeline.now().getTime() + 120_000, left.closed?.getTime() ?? 0)));
    await sql`select private.schedule_runs(${job.timeline.now()})`;
    await sql`select private.reap(${job.timeline.now()})`;
    const [run] = await sql<{ id: string; resume: Date | null }[]>`select id, resume_at as resume from runs where status in ('scheduled', 'running')`;
    if (!run) continue;
    if (run.resume && run.resume > job.timeline.now()) job.timeline.set(run.resume);
    await runOnce(stack, job, Number(run.id));
  }
  throw new Error('The records did not come to rest.');
}

async function runOnce(stack: Stack, job: Job, run: number): Promise<void> {
  const db = createClient(stack.apiUrl ?? '', stack.secretKey, { auth: { persistSession: false } });
  await runSlice(job.connector, {
    store: createStore(db, { org: job.org, run }, job.timeline.now),
    http: (system, secrets) => createHttp({ system, secrets, local: true, clock: job.timeline.now, timeoutMs: 400 }),
    budget: createBudget({ now: () => performance.now() }),
    delay: (ms) => Promise.resolve(job.timeline.forward(ms)),
    log: () => undefined,
  });
}

/** What the page's Retry button does, as the admin; answers how many records were sent. */
async function retry(stack: Stack, job: Job): Promise<number> {
  const before = await stack.sql<{ id: string }[]>`select coalesce(max(id), 0) as id from runs`;
  await stack.sql.begin(async (sql) => {
    await sql`select set_config('request.jwt.claims', ${JSON.stringify({ role: 'authenticated', sub: job.admin })}, true)`;
    await sql`select private.retry_failed(${job.org}, ${job.integration}, 'open', null, null, null, null, null, false, ${job.timeline.now()})`;
  });
  await syncUntilDone(stack, job);
  const [row] = await stack.sql<{ sent: number }[]>`select coalesce(sum(selected), 0)::int as sent from runs where id > ${before[0]?.id ?? 0} and trigger = 'retry'`;
  return row?.sent ?? 0;
}

async function tally(stack: Stack, simulator: Simulator): Promise<Tally> {
  const [row] = await stack.sql<Omit<Tally, 'ledger' | 'twice' | 'requests'>[]>`
    select (select count(*)::int from records where state = 'exported') as exported,
           (select count(*)::int from records where state in ('failed', 'dead')) as failed,
           (select count(distinct cause_id)::int from records where state in ('failed', 'dead')) as causes,
           (select count(distinct error_value)::int from records where state in ('failed', 'dead')) as values,
           (select count(*)::int from runs) as runs, (select count(*)::int from slices) as slices`;
  if (!row) throw new Error('no tally');
  return { ...row, ledger: simulator.ledger().length, twice: simulator.duplicates().length, requests: simulator.requests() };
}
