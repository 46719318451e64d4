import { createClient } from '@supabase/supabase-js';
import type { Sql } from 'postgres';
import { createBudget } from '../../supabase/functions/_kit/budget.ts';
import type { AnyConnector } from '../../supabase/functions/_kit/connector.ts';
import { createHttp } from '../../supabase/functions/_kit/http.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { runSlice } from '../../supabase/functions/_kit/slice.ts';
import { createStore } from '../../supabase/functions/_kit/store.ts';
import { connector as businessCentral } from '../../supabase/functions/sync-business-central/connector.ts';
import { connector as twilio } from '../../supabase/functions/sync-twilio/connector.ts';
import { connector as xledger } from '../../supabase/functions/sync-xledger/connector.ts';
import { zoom } from '../../supabase/functions/sync-zoom/connector.ts';
import type { Stack } from '../stack/index.ts';
import { activitiesUntil, UNBOOKED } from './activities.ts';
import { createSpending, type HandedIn } from './spending.ts';
import type { Vendors } from './vendors.ts';
import { changeMeetings, MEETING_HOST } from './watched.ts';

export const PASSWORD = 'try-syncward';

/** The cast: two organizations, each with an owner, an admin and a viewer. */
export const PEOPLE = [
  { org: 'nordlys', email: 'olga@nordlys.example.org', name: 'Olga Owner', role: 'owner', locale: 'nb' },
  { org: 'nordlys', email: 'arne@nordlys.example.org', name: 'Arne Admin', role: 'admin', locale: 'nb' },
  { org: 'nordlys', email: 'vera@nordlys.example.org', name: 'Vera Viewer', role: 'viewer', locale: 'nb' },
  { org: 'harbour', email: 'olive@harbour.example.org', name: 'Olive Owner', role: 'owner', locale: 'en' },
  { org: 'harbour', email: 'adam@harbour.example.org', name: 'Adam Admin', role: 'admin', locale: 'en' },
  { org: 'harbour', email: 'vic@harbour.example.org', name: 'Vic Viewer', role: 'viewer', locale: 'en' },
] as const;

const EVERY_HOURS = 6;
const HISTORY_DAYS = 7;
/** Two account codes nobody has opened in Xledger. */
const UNKNOWN_ACCOUNTS = ['7790', '7795'];

type Spending = (count: number, on: Date, accounts?: string[]) => HandedIn[];
/** What is handed in at each slot; nothing where an integration only reads. */
type Integration = { org: string; id: string; slug: string; connector: AnyConnector; spending: Spending | null; usual: number };

/**
 * Fills an empty stack: two organizations, a week of real history made by running the pipeline with past times, and a
 * present in which one integration is yellow, one red, and the mailbox holds the mails about them.
 */
export async function seedDemo(stack: Stack, vendors: Vendors, onProgress: (step: string) => void): Promise<void> {
  const { sql } = stack;
  await sql`update cron.job set active = false`;
  try {
    onProgress('Making two organizations and their people');
    const integrations = await createOrganizations(stack, vendors);
    onProgress('Running the past week');
    await runHistory(stack, vendors, integrations);
  } finally {
    vendors.timeline.live();
    await sql`update cron.job set active = true`;
  }
  onProgress('Syncing with Xledger and Business Central');
  await runPresent(stack, vendors);
}

async function createOrganizations(stack: Stack, vendors: Vendors): Promise<Integration[]> {
  const { sql } = stack;
  const began = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - HISTORY_DAYS * 86_400_000);
  await sql`
    insert into organizations (slug, name, time_zone, currency, cutoff_time, created_at) values
      ('nordlys', 'Nordlys likepersonforbund', 'Europe/Oslo', 'NOK', '16:00', ${began}),
      ('harbour', 'Harbour Peer Support', 'Europe/London', 'GBP', '17:00', ${began})`;
  for (const person of PEOPLE) {
    const user = await stack.createUser(person.email, PASSWORD);
    await sql`
      insert into members (org_id, user_id, role, name, locale)
      select id, ${user.id}, ${person.role}, ${person.name}, ${person.locale} from organizations where slug = ${person.org}`;
  }
  const central = vendors.businessCentral;
  const settings = {
    xledger: { baseUrl: vendors.xledger.url },
    central: {
      baseUrl: central.url, loginUrl: central.url, tenantId: central.tenantId, environment: central.environment,
      companyId: central.companyId, journalId: central.journalId, currency: 'GBP',
    },
  };
  const add = async (slug: string, connector: AnyConnector, org: string, name: string, own: object, credential: object, every = EVERY_HOURS, since = began): Promise<{ org: string; id: string }> => {
    const direction = 'push' in connector ? 'push' : 'pull';
    const [row] = await sql<{ org: string; id: string }[]>`
      insert into integrations (org_id, system, slug, name, direction, every_minutes, settings, next_due_at, created_at)
      select id, ${connector.system}, ${slug}, ${name}, ${direction}, ${every * 60}, ${sql.json(own as never)}, ${since}, ${since} from organizations where slug = ${org}
      returning org_id as org, id`;
    if (!row) throw new Error(`The organization ${org} is missing.`);
    await sql`select private.set_credential(${row.org}, ${row.id}, ${sql.json(credential as never)}, null, ${since})`;
    return row;
  };
  const token = { token: vendors.xledger.token() };
  const secret = { clientId: central.clientId, clientSecret: central.secret() };
  const { zoom: meetings, twilio: texts } = vendors;
  const meetingSettings = { baseUrl: meetings.url, loginUrl: meetings.url, hosts: [MEETING_HOST] };
  const meetingKey = { accountId: meetings.accountId, clientId: meetings.clientId, clientSecret: meetings.secret(), webhookSecrets: [meetings.webhookSecret] };
  const textSettings = { baseUrl: texts.url, accountSid: texts.accountSid, categories: ['sms-outbound'] };
  const textKey = { sid: texts.keySid, secret: texts.secret() };
  const daysAgo = (days: number): Date => new Date(began.getTime() + (HISTORY_DAYS - days) * 86_400_000);
  // By past time, so that a past token is good for a past call.
  const zoomThen = zoom(createTokenCache(vendors.timeline.now));
  return [
    { ...(await add('expenses', xledger, 'nordlys', 'Utlegg til Xledger', { ...settings.xledger, map: UNBOOKED }, token)), slug: 'expenses', connector: xledger, spending: createSpending('U', 'NOK', 11), usual: 12 },
    { ...(await add('mileage', xledger, 'nordlys', 'Kjøregodtgjørelse til Xledger', settings.xledger, token)), slug: 'mileage', connector: xledger, spending: createSpending('K', 'NOK', 12), usual: 20 },
    { ...(await add('claims', businessCentral, 'harbour', 'Expense claims to Business Central', settings.central, secret)), slug: 'claims', connector: businessCentral, spending: createSpending('C', 'GBP', 13), usual: 16 },
    { ...(await add('meetings', zoomThen, 'nordlys', 'Møter fra Zoom', meetingSettings, meetingKey, 24, daysAgo(2))), slug: 'meetings', connector: zoomThen, spending: null, usual: 0 },
    { ...(await add('texts', twilio, 'harbour', 'Text messages with Twilio', textSettings, textKey, 24, daysAgo(3))), slug: 'texts', connector: twilio, spending: null, usual: 0 },
  ];
}

/** Every slot of the week, one integration at a time, through the same engine, functions and simulated systems as today's. */
async function runHistory(stack: Stack, vendors: Vendors, integrations: Integration[]): Promise<void> {
  const { sql } = stack;
  const { timeline } = vendors;
  await sql`select private.ensure_partitions(now() - interval '1 month')`;
  // What a year of activities cost goes across with the first run; a grant report is made of them.
  const [expenses] = integrations;
  if (expenses) await handIn(stack, expenses, activitiesUntil(new Date()), new Date(Date.now() - HISTORY_DAYS * 86_400_000 - 3_600_000));
  for (let slots = 0; slots < (HISTORY_DAYS * 24) / EVERY_HOURS; slots += 1) {
    for (const integration of integrations) {
      const [row] = await sql<{ due: Date }[]>`select next_due_at as due from integrations where id = ${integration.id}`;
      const due = row?.due ?? new Date();
      if (due.getTime() > Date.now()) continue;
      // Few and many by turns, as a week has.
      timeline.set(new Date(due.getTime() - 60_000));
      if (integration.spending) await handIn(stack, integration, integration.spending(integration.usual + ((slots * 7) % 5), due), timeline.now());
      if (integration.slug === 'meetings' && Date.now() - due.getTime() < 12 * 3_600_000) changeMeetings(vendors.zoom);
      timeline.set(due);
      await sql`select private.schedule_runs(${due}, ${integration.id})`;
      const [run] = await sql<{ id: string }[]>`select id from runs where integration_id = ${integration.id} and status = 'scheduled'`;
      if (run) await runToItsEnd(stack, vendors, integration, Number(run.id));
    }
  }
}

async function runToItsEnd(stack: Stack, { timeline }: Vendors, integration: Integration, run: number): Promise<void> {
  const db = createClient(stack.apiUrl ?? '', stack.secretKey, { auth: { persistSession: false } });
  // Each step of a past run takes a moment of past time, so that durations are those of a run and not of this loop.
  let steps = run;
  const clock = (): Date => {
    steps += 1;
    timeline.forward(140 + ((steps * 53 + run * 29) % 160));
    return timeline.now();
  };
  let result: Awaited<ReturnType<typeof runSlice>> = 'more';
  while (result === 'more') {
    result = await runSlice(integration.connector, {
      store: createStore(db, { org: integration.org, run }, clock),
      http: (system, secrets) => createHttp({ system, secrets, local: true, clock: timeline.now }),
      budget: createBudget({ now: () => timeline.now().getTime(), cpuMs: Number.POSITIVE_INFINITY }),
      delay: (ms) => Promise.resolve(timeline.forward(ms)),
      clock: timeline.now,
      log: () => undefined,
    });
  }
}

async function handIn(stack: Stack, { org, id }: Pick<Integration, 'org' | 'id'>, records: HandedIn[], at: Date): Promise<void> {
  await stack.sql`select hand_in(${org}, ${id}, ${stack.sql.json(records)}, ${at})`;
}

/** The accountant at Harbour has closed the books up to and including `today`. */
function closePeriod(vendors: Vendors, today: Date): void {
  vendors.businessCentral.setOpenPeriods({ from: '2000-01-01', to: new Date(today.getTime() - 86_400_000).toISOString().slice(0, 10) });
}

/**
 * After a restart: the simulated systems begin with empty books; the period is closed still if nobody has put that right.
 * They may listen elsewhere than before. The clock's jobs run once at once, or the monitor would rightly call itself late until the next minute.
 */
export async function resumeDemo(stack: Stack, vendors: Vendors): Promise<void> {
  const addresses = {
    xledger: { baseUrl: vendors.xledger.url }, 'business-central': { baseUrl: vendors.businessCentral.url, loginUrl: vendors.businessCentral.url },
    zoom: { baseUrl: vendors.zoom.url, loginUrl: vendors.zoom.url }, twilio: { baseUrl: vendors.twilio.url },
  };
  for (const [system, moved] of Object.entries(addresses)) {
    await stack.sql`update integrations set settings = settings || ${stack.sql.json(moved)} where system = ${system} and not settings @> ${stack.sql.json(moved)}`;
  }
  await tickAll(stack);
  const [refused] = await stack.sql<{ since: Date }[]>`
    select min(r.occurred_on)::timestamptz as since from records r join integrations i on i.org_id = r.org_id and i.id = r.integration_id
    where i.slug = 'claims' and r.state = 'failed' having count(*) > 0`;
  if (refused) closePeriod(vendors, refused.since);
}

async function tickAll(stack: Stack): Promise<void> {
  for (const job of ['syncward-schedule', 'syncward-reap', 'syncward-evaluate', 'syncward-deliver']) await stack.clock.tick(job);
}

/** Whether this stack holds the demo already. */
export async function hasDemo(stack: Stack): Promise<boolean> {
  return (await stack.sql`select from organizations limit 1`).length > 0;
}

/** The present, by the real functions on the real clock: some accounts unknown to Xledger, a closed period at Business Central. */
async function runPresent(stack: Stack, vendors: Vendors): Promise<void> {
  const { sql } = stack;
  const now = new Date();
  const nordlys = createSpending('U26', 'NOK', 21);
  const harbour = createSpending('C26', 'GBP', 22);
  closePeriod(vendors, now);
  const bySlug = async (slug: string): Promise<{ org: string; id: string }> => {
    const [row] = await sql<{ org: string; id: string }[]>`select org_id as org, id from integrations where slug = ${slug}`;
    if (!row) throw new Error(`The integration ${slug} is missing.`);
    return row;
  };
  const expenses = await bySlug('expenses');
  const claims = await bySlug('claims');
  await handIn(stack, expenses, [...nordlys(136, now), ...nordlys(5, now, UNKNOWN_ACCOUNTS)], now);
  for (const [due, count] of [[[expenses.id, claims.id], 14], [[claims.id], 9]] as const) {
    await handIn(stack, claims, harbour(count, now), now);
    await sql`update integrations set next_due_at = now() where id = any (${due})`;
    await sql`select private.tick_schedule()`;
    await untilNothingRuns(sql);
    await stack.settled();
  }
  await tickAll(stack);
  await untilSent(sql);
}

async function untilNothingRuns(sql: Sql): Promise<void> {
  await until(sql, async () => (await sql`select from runs where status in ('scheduled', 'running') limit 1`).length === 0);
}

async function untilSent(sql: Sql): Promise<void> {
  await until(sql, async () => (await sql`select from deliveries where state in ('pending', 'sending') limit 1`).length === 0);
}

/** Looks every 100 ms, for at most a minute: what is not done by then goes on by itself after the start. */
async function until(sql: Sql, holds: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 600 && !(await holds()); looks += 1) await sql`select pg_sleep(0.1)`;
}
