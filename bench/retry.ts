import { fileURLToPath } from 'node:url';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { startStack, type Stack } from '../scripts/stack/index.ts';
import { byTurns, result, spread, type Result, type Sample } from './measure.ts';
import { ended, handIn, ringAndWait, startRun, type Place } from './outbox.ts';
import { startPlainVendor, type PlainVendor } from './plain-vendor.ts';

export type RetryOptions = {
  /** Records pushed, and retried, from the first to the last. */
  records: number;
  /** Failed records there are at each click. */
  failed: number;
  runs: number;
  onProgress(step: string): void;
};

type Mapping = { field: string; to_value: string } | null;
const MAPPING: Mapping = { field: 'account', to_value: '4011' };
type Bench = { stack: Stack; vendor: PlainVendor; admin: SupabaseClient; user: string };

/** Retry as an admin presses it, over the Data API: how soon the first record is sent, and how fast all of them are. */
export async function benchRetry({ records, failed, runs, onProgress }: RetryOptions): Promise<Result[]> {
  const stack = await startStack({
    parts: ['api', 'functions', 'doorbell'], functionsFolder: fileURLToPath(new URL('./functions', import.meta.url)),
  });
  const vendor = await startPlainVendor();
  try {
    const [email, password] = ['admin@example.org', 'a long password'];
    const { id: user } = await stack.createUser(email, password);
    const admin = createClient(stack.apiUrl ?? '', stack.publishableKey, { auth: { persistSession: false } });
    const { error } = await admin.auth.signInWithPassword({ email, password });
    if (error) throw new Error(`The admin cannot sign in: ${error.message}`);
    const bench: Bench = { stack, vendor, admin, user };
    const told = (what: string) => (sample: Sample): Sample => {
      onProgress(`${what}: ${Math.round(sample.wallMs)} ms`);
      return sample;
    };
    return [
      ...await rates(bench, records, runs, told),
      ...await clicks(bench, failed, runs, told),
    ];
  } finally {
    await vendor.stop();
    await stack.stop();
  }
}

type Told = (what: string) => (sample: Sample) => Sample;

async function rates(bench: Bench, records: number, runs: number, told: Told): Promise<Result[]> {
  const [first = [], plain = [], mapped = []] = await byTurns(runs, [
    () => push(bench, records).then(told(`first push of ${records}`)),
    () => retryAll(bench, records, null).then(told(`retry of ${records}`)),
    () => retryAll(bench, records, MAPPING).then(told(`retry of ${records}, corrected`)),
  ]);
  const about = { baseline: 'first push', things: records, note: 'from the click to the end of the run' };
  return [
    result({ bench: `retry ${records}`, contender: 'retry', ...about }, [plain, first]),
    result({ bench: `retry ${records}, corrected`, contender: 'retry with a mapping', ...about, note: '' }, [mapped, first]),
  ];
}

async function clicks(bench: Bench, failed: number, runs: number, told: Told): Promise<Result[]> {
  const many = await make(bench, failed);
  const answers: number[] = [];
  const [plain = [], mapped = []] = await byTurns(runs, [
    () => firstSend(bench, many, null, answers).then(told(`click to first send, ${failed} failed`)),
    () => firstSend(bench, many, MAPPING, answers).then(told(`click to first send, ${failed} failed, corrected`)),
  ]);
  const few = await make(bench, 1);
  const [one = []] = await byTurns(runs, [() => firstSend(bench, few, null, []).then(told('click to first send, 1 failed'))]);
  const about = { contender: `${failed} failed records`, baseline: 'one failed record', things: 1 };
  const { median, low, high } = spread(answers);
  const note = `the click itself is answered after ${Math.round(median)} ms (${Math.round(low)}-${Math.round(high)})`;
  return [
    result({ bench: 'click to first send', ...about, note }, [plain, one]),
    result({ bench: 'click to first send, corrected', ...about, note: '' }, [mapped, one]),
  ];
}

async function make({ stack: { sql }, vendor, user }: Bench, records: number): Promise<Place> {
  const place = await handIn(sql, { system: 'bench-batch', settings: { url: vendor.url }, credential: {}, records });
  await sql`insert into members (org_id, user_id, role, name) values (${place.org}, ${user}, 'admin', 'Admin')`;
  vendor.forget();
  return place;
}

async function push(bench: Bench, records: number): Promise<Sample> {
  const place = await make(bench, records);
  const sample = await ringAndWait(bench.stack, await startRun(bench.stack.sql, place));
  return checked(bench, records, sample);
}

/** As if a run had refused all that is not refused yet, in one statement: the refusing is not what is measured. */
async function refuseAll({ sql }: Stack, { org, integration }: Place): Promise<void> {
  await sql`
    insert into causes (org_id, integration_id, code, field, template, sample, category, first_seen_at, last_seen_at)
    values (${org}, ${integration}, 'invalid', 'account', 'Invalid account: {}', 'Invalid account: 4010', 'validation', now(), now())
    on conflict do nothing`;
  await sql`
    update records r
    set state = 'failed', cause_id = c.id, failed_at = now(), attempts = 1, error_message = c.sample, error_code = c.code, error_field = c.field,
        error_value = '4010', error_category = c.category, settled_at = null, exported_version = null, retry_id = null
    from causes c where c.org_id = ${org} and r.org_id = ${org} and r.state in ('queued', 'exported')`;
  await sql`update retries set state = 'done', held = '{}', taken = 0 where org_id = ${org} and state <> 'done'`;
  await sql`vacuum analyze records`;
}

async function click({ admin }: Bench, { org, integration }: Place, mapping: Mapping): Promise<{ run_id: number; records: number }> {
  const { data, error } = await admin.rpc('retry_failed', { org, integration, ...mapping }).returns<{ run_id: number; records: number }>();
  if (error) throw new Error(`The retry was refused: ${error.message}`);
  return data as { run_id: number; records: number };
}

async function retryAll(bench: Bench, records: number, mapping: Mapping): Promise<Sample> {
  const place = await make(bench, records);
  await refuseAll(bench.stack, place);
  const [began] = await bench.stack.sql<{ at: Date }[]>`select clock_timestamp() as at`;
  const { run_id: run } = await click(bench, place, mapping);
  const { at, cpuMs } = await ended(bench.stack, run);
  return checked(bench, records, { wallMs: at.getTime() - (began?.at.getTime() ?? Number.NaN), cpuMs });
}

async function firstSend(bench: Bench, place: Place, mapping: Mapping, answers: number[]): Promise<Sample> {
  const { stack, vendor } = bench;
  await stack.sql`update integrations set enabled = true where id = ${place.integration}`;
  await refuseAll(stack, place);
  const sent = vendor.next();
  const clicked = performance.now();
  const { run_id: run } = await click(bench, place, mapping);
  answers.push(performance.now() - clicked);
  const wallMs = await sent - clicked;
  // The rest need not be sent: without its integration a run ends.
  await stack.sql`update integrations set enabled = false where id = ${place.integration}`;
  await ended(stack, run);
  return { wallMs, cpuMs: null };
}

function checked({ vendor }: Bench, records: number, sample: Sample): Sample {
  if (vendor.taken() !== records) throw new Error(`${vendor.taken()} of ${records} records were sent.`);
  return sample;
}
