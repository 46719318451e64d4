import { startStack, type Stack } from '../scripts/stack/index.ts';
import { createUser } from '../scripts/stack/users.ts';
import { startMailbox, type Mailbox } from '../tests/simulators/resend.ts';
import { startListener, type Listener } from './latency-listener.ts';
import { startTap, type Tap } from './latency-tap.ts';
import { spread, type Result } from './measure.ts';
import { startVendor, type Vendor } from './push-vendor.ts';

export type LatencyOptions = { integrations: number; runs: number; onProgress(step: string): void };

/** Milliseconds from the moment a function told Postgres that its run had failed. */
type Latencies = { red: number[]; notice: number[]; mail: number[] };
type Round = Latencies & { poll: number[]; mails: number };
type Place = { stack: Stack; vendor: Vendor; mailbox: Mailbox; tap: Tap; listener: Listener };

const KINDS = { red: 'red row', notice: 'notification row', mail: 'e-mail accepted' } as const;
const SYSTEM = 'business-central';

/** Many integrations whose credential is refused at once: how long until the light, the notice and the e-mail. */
export async function benchLatency({ integrations, runs, onProgress }: LatencyOptions): Promise<Result[]> {
  const mailbox = await startMailbox({ clock: () => new Date(), apiKey: 're_local' });
  const tap = await startTap();
  const stack = await startStack({
    parts: ['api', 'functions', 'doorbell'],
    functionsEnv: { RESEND_BASE_URL: mailbox.url, SUPABASE_URL: tap.url, PAGE_URL: 'http://127.0.0.1' },
  });
  tap.forwardTo(stack.apiUrl ?? '');
  const vendor = await startVendor(SYSTEM);
  const listener = await startListener(stack.sql);
  const place = { stack, vendor, mailbox, tap, listener };
  try {
    const results: Result[] = [];
    for (const organizations of [integrations, 1]) {
      const where = `${integrations} failing at once, in ${organizations === 1 ? 'one organization' : `${organizations} organizations`}`;
      const rounds: Round[] = [];
      for (let round = -1; round < runs; round += 1) {
        const measured = await fail(place, integrations, organizations, `${organizations}-${round + 1}`);
        onProgress(`${where}: ${measured.mails} e-mails, the last after ${(Math.max(...measured.mail) / 1_000).toFixed(1)} s`);
        if (round >= 0) rounds.push(measured);
      }
      results.push(...resultsOf(where, rounds));
    }
    return results;
  } finally {
    await listener.stop();
    await stack.stop();
    await tap.stop();
    await vendor.simulator.stop();
    await mailbox.stop();
  }
}

/** Makes the integrations, lets the functions find out that the credential is refused, and waits for the last e-mail. */
async function fail(place: Place, integrations: number, organizations: number, name: string): Promise<Round> {
  const { stack: { sql, settled }, mailbox, tap, listener } = place;
  await prepare(place, integrations, organizations, name);
  mailbox.clear();
  tap.ended.clear();
  listener.seen.red.clear();
  listener.seen.notice.clear();
  await sql`select private.tick_schedule()`;
  for (let looks = 0; looks < 200; looks += 1) {
    await settled();
    const [left] = await sql<{ runs: number; mails: number }[]>`
      select (select count(*)::int from runs where status in ('scheduled', 'running')) as runs,
             (select count(*)::int from deliveries where state in ('pending', 'sending')) as mails`;
    if (left?.runs === 0 && left.mails === 0) break;
    await sql`select private.tick_schedule(), private.tick_deliver()`;
  }
  const told = await sql<{ integration: string; run: string; mail: string | null }[]>`
    select n.integration_id as integration, r.id as run, d.provider_id as mail
    from notifications n
    join runs r on r.org_id = n.org_id and r.integration_id = n.integration_id
    join integrations i on i.org_id = n.org_id and i.id = n.integration_id
    join deliveries d on d.org_id = n.org_id and d.notification_id = n.id
    where i.slug like ${`${name}-%`}`;
  const accepted = new Map(mailbox.messages().map(({ id, at }) => [id, Date.parse(at)]));
  const round: Round = { red: [], notice: [], mail: [], poll: [], mails: accepted.size };
  for (const { integration, run, mail } of told) {
    const ended = tap.ended.get(Number(run));
    const moments = { red: listener.seen.red.get(integration), notice: listener.seen.notice.get(integration), mail: accepted.get(mail ?? '') };
    if (ended === undefined) throw new Error(`Nobody saw run ${run} end.`);
    for (const kind of ['red', 'notice', 'mail'] as const) {
      const at = moments[kind];
      if (at === undefined) throw new Error(`Nobody saw the ${KINDS[kind]} of run ${run}.`);
      round[kind].push(Math.max(0, at - ended));
    }
    // Who looks once a minute finds it at the next look: at every second of the minute a look might have been.
    for (let second = 0; second < 60; second += 1) round.poll.push(60_000 - ((ended + second * 1_000) % 60_000));
  }
  if (told.length !== integrations) throw new Error(`${told.length} of ${integrations} integrations were told of.`);
  return round;
}

async function prepare({ stack: { sql }, vendor }: Place, integrations: number, organizations: number, name: string): Promise<void> {
  await sql`update integrations set enabled = false where enabled`;
  await sql`select private.evaluate_health(), private.alert()`;
  const orgs = await sql<{ id: string; slug: string }[]>`
    insert into organizations (slug, name) select ${`${name}-`} || n, 'Organization ' || n from generate_series(1, ${organizations}::int) n
    returning id, slug`;
  for (const { id, slug } of orgs) {
    const admin = await createUser(sql, `${slug}@example.org`, 'a long password');
    await sql`insert into members (org_id, user_id, role, locale) values (${id}, ${admin.id}, 'admin', 'en')`;
  }
  await sql`
    insert into integrations (org_id, system, slug, name, settings, next_due_at)
    select o.id, ${SYSTEM}, ${`${name}-`} || n, 'Integration ' || n, ${sql.json(vendor.settings as never)}, now()
    from generate_series(1, ${integrations}::int) n
    join organizations o on o.slug = ${`${name}-`} || (1 + (n - 1) % ${organizations}::int)`;
  const wrong = sql.json({ ...vendor.credential, clientSecret: 'not this one' });
  await sql`select private.set_credential(i.org_id, i.id, ${wrong}, null, now()) from integrations i where i.slug like ${`${name}-%`}`;
  await sql`
    insert into records (org_id, integration_id, source_type, source_id, payload)
    select i.org_id, i.id, 'claim', 'C-1', '{"account": "4010", "postingDate": "2026-11-10", "documentNumber": "C-1"}'
    from integrations i where i.slug like ${`${name}-%`}`;
  await sql`analyze`;
}

function resultsOf(where: string, rounds: Round[]): Result[] {
  return (['red', 'notice', 'mail'] as const).flatMap((kind) => [50, 99].map((percent): Result => ({
    bench: `${where}: ${KINDS[kind]}, p${percent}`, contender: 'Syncward', baseline: 'a look once a minute', things: 1, runs: rounds.length,
    wallMs: spread(rounds.map((round) => percentile(round[kind], percent))),
    baseWallMs: spread(rounds.map((round) => percentile(round.poll, percent))),
    cpuMs: null, baseCpuMs: null, note: '',
  })));
}

/** The smallest value that so many per cent of all do not exceed. */
export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
