import type { Sql } from 'postgres';
import { startBusinessCentral } from '../../tests/simulators/business-central.ts';
import type { Simulator } from '../../tests/simulators/server.ts';
import { setUps, type SetUp } from '../../tests/simulators/set-up.ts';
import { startXledger } from '../../tests/simulators/xledger.ts';
import { createUser } from '../stack/users.ts';
import { stableKey } from '../../supabase/functions/_kit/mapped.ts';
import { shortKey } from '../../supabase/functions/_kit/payload.ts';
import { startBareVendor } from './bare-vendor.ts';

/** The systems under attack: the two real connectors look up, the bare ones stand for the other classes. */
export const SYSTEMS = ['business-central', 'xledger', 'upsert', 'key', 'none'] as const;
/** Real connectors beside these, with simulated systems that have a state: documents, jobs, import sets, alternate keys. */
export const OTHERS = Object.keys(setUps) as (keyof typeof setUps)[];
export type System = (typeof SYSTEMS)[number] | keyof typeof setUps;

/** One organization that owes records to one simulated system. */
export type Front = {
  system: System;
  org: string;
  integration: string;
  /** Who decides, and retries. */
  admin: string;
  vendor: Simulator;
  /** Ends what the system does by itself. */
  rest: () => void;
  /** What was handed in so far, by `source_id`. */
  handed: string[];
};

type Reached = Omit<SetUp, 'work'> & Partial<Pick<SetUp, 'work'>>;

const KNOWN = '4010';
const UNKNOWN = '9999';
const SOURCE_TYPE = 'claim';
/** One in so many records names an account the vendor does not know, where it knows any. */
const REFUSED_EVERY = 40;
const KNOWS_NO_ACCOUNTS: readonly System[] = ['zendesk'];
/** How often a system goes on with what it took. */
const WORK_MS = 50;

/** Opens the fronts of one scenario; `name` keeps them apart from those of others on the same stack. */
export async function openFronts(sql: Sql, name: string, systems: readonly System[]): Promise<Front[]> {
  const fronts: Front[] = [];
  for (const system of systems) fronts.push(await openFront(sql, `${name}-${system}`, system));
  return fronts;
}

async function openFront(sql: Sql, slug: string, system: System): Promise<Front> {
  const { vendor, settings, credential, work } = await startVendor(system);
  const [row] = await sql<{ org: string; id: string }[]>`
    with o as (insert into organizations (slug, name) values (${slug}, ${slug}) returning id)
    insert into integrations (org_id, system, slug, name, every_minutes, settings)
    select o.id, ${system}, 'claims', 'Claims', 2, ${sql.json(settings as never)} from o returning org_id as org, id`;
  if (!row) throw new Error('The integration was not made.');
  const [owner, admin] = [await createUser(sql, `owner@${slug}.example.org`, 'a long password'), await createUser(sql, `admin@${slug}.example.org`, 'a long password')];
  await sql`
    insert into members (org_id, user_id, role, name, locale)
    values (${row.org}, ${owner.id}, 'owner', 'Olga', 'nb'), (${row.org}, ${admin.id}, 'admin', 'Arne', 'en')`;
  await sql`select private.set_credential(${row.org}, ${row.id}, ${sql.json(credential as never)}, null, now())`;
  const working = work && setInterval(work, WORK_MS);
  return { system, org: row.org, integration: row.id, admin: admin.id, vendor, rest: () => clearInterval(working), handed: [] };
}

async function startVendor(system: System): Promise<Reached> {
  // The second is where amounts are balanced.
  const common = { accounts: [KNOWN, '1920'], clock: () => new Date(), slowMs: 2_500 };
  if (system === 'xledger') {
    const vendor = await startXledger({ ...common, importDelayMs: 100, limits: { burst: null, concurrency: null, credits: null } });
    return { vendor, settings: { baseUrl: vendor.url, currency: 'NOK' }, credential: { token: vendor.token() } };
  }
  if (system === 'business-central') {
    const vendor = await startBusinessCentral({ ...common, limits: { rate: null, connections: null } });
    const { url, tenantId, environment, companyId, journalId } = vendor;
    return {
      vendor, settings: { baseUrl: url, loginUrl: url, tenantId, environment, companyId, journalId },
      credential: { clientId: vendor.clientId, clientSecret: vendor.secret() },
    };
  }
  if (isOther(system)) return setUps[system](common);
  const vendor = await startBareVendor(system, common);
  return { vendor, settings: { baseUrl: vendor.url }, credential: { token: vendor.token() } };
}

const isOther = (system: System): system is keyof typeof setUps => system in setUps;
/** These hold a record under a key that is the same for all its versions. */
const KEPT_BY_RECORD: readonly System[] = ['salesforce', 'hubspot', 'servicenow', 'dataverse'];
/** These have twenty characters for our key. */
const SHORT: readonly System[] = ['business-central', 'dynamics-365-fo'];

/** What the vendor calls our idempotency key in its ledger. */
export function keyOverThere(system: System, { key, source }: { key: string; source: string }): string {
  if (KEPT_BY_RECORD.includes(system)) return stableKey({ sourceType: SOURCE_TYPE, sourceId: source });
  return SHORT.includes(system) ? shortKey(key, 20) : key;
}

/** Hands in the next `count` records. The same call again, after one whose answer was lost, adds nothing. */
export async function handIn(sql: Sql, front: Front, count: number): Promise<string[]> {
  const first = front.handed.length + 1;
  const records = Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const account = number % REFUSED_EVERY === 0 && !KNOWS_NO_ACCOUNTS.includes(front.system) ? UNKNOWN : KNOWN;
    return {
      source_type: SOURCE_TYPE, source_id: `C-${number}`, amount: '12.50', currency: 'NOK', occurred_on: '2026-11-10',
      payload: { account, description: `Claim ${number}` },
    };
  });
  await sql`select hand_in(${front.org}, ${front.integration}, ${sql.json(records)})`;
  return records.map((record) => record.source_id);
}

/** The vendor learns the account it did not know, and the admin presses Retry. */
export async function mend(sql: Sql, front: Front): Promise<void> {
  front.vendor.addAccounts(UNKNOWN);
  await asAdmin(sql, front, (transaction) => transaction`
    select private.retry_failed(${front.org}, ${front.integration}, 'open', null, null, null, null, null, false, now())`);
}

/** A person looks into the vendor's books and settles what nobody could be asked about. Answers how many. */
export async function decide(sql: Sql, front: Front): Promise<number> {
  const doubts = await sql<{ id: string; key: string }[]>`
    select id, idempotency_key as key from records
    where org_id = ${front.org} and integration_id = ${front.integration} and state = 'uncertain' and next_attempt_at <= now() order by id`;
  const booked = new Set(front.vendor.ledger().map((entry) => entry.key));
  for (const { id, key } of doubts) {
    await asAdmin(sql, front, (transaction) => transaction`
      select private.decide_uncertain(${front.org}, ${id}, ${booked.has(key)}, 'looked into the books', now())`);
  }
  return doubts.length;
}

async function asAdmin(sql: Sql, front: Front, act: (sql: Sql) => Promise<unknown>): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`select set_config('request.jwt.claims', ${JSON.stringify({ role: 'authenticated', sub: front.admin })}, true)`;
    await act(transaction as unknown as Sql);
  });
}
