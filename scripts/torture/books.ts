import type { ISql, Sql } from 'postgres';
import type { Mailbox } from '../../tests/simulators/resend.ts';
import { keyOverThere, type Front } from './fronts.ts';

/** A record as our books have it; `key` as it stands in the vendor's ledger. */
export type OurRecord = { source: string; key: string; state: string; cause: string | null };
/** A run: `sum` is what its counters add up to. */
export type OurRun = { id: number; over: boolean; selected: number; sum: number };
export type OurFinding = { rule: string; subject: string; severity: string; urgency: string | null };
export type OurIncident = { id: number; alarm: string; subject: string; state: string };
export type OurNotification = { id: number; incident: number; kind: string; user: string };
/** `mail`: what the mail service called it when it took it. */
export type OurDelivery = { id: string; notification: number; state: string; address: string; mail: string | null };

/** What the light of an integration has to follow from, and the light itself. */
export type OurLight = {
  health: string;
  busy: boolean;
  lastStatus: string | null;
  refused: number;
  uncertain: number;
  unfinished: number;
};

/** Both sides' books about one front. */
export type Books = {
  front: string;
  /** `source_id` of all that was handed in. */
  handed: string[];
  records: OurRecord[];
  /** Keys in the vendor's ledger, one per entry, before and after ours were read. */
  ledger: { before: string[]; after: string[] };
  /** Landings by record and version that stand in the history more than once. */
  landedTwice: string[];
  runs: OurRun[];
  light: OurLight;
  findings: OurFinding[];
  /** Owners and admins. */
  audience: string[];
  /** Changes of health that nobody was told of yet, though they are of a kind one is told of. */
  untold: number;
  incidents: OurIncident[];
  notifications: OurNotification[];
  deliveries: OurDelivery[];
  /** The mails that went out to anyone a delivery is addressed to. */
  mails: { id: string; to: string }[];
};

/** Evaluates what changed, and reads both sides at one moment. */
export async function readBooks(sql: Sql, front: Front, mailbox: Mailbox): Promise<Books> {
  const keys = (): string[] => front.vendor.ledger().map((entry) => entry.key ?? '');
  const before = keys();
  const handed = [...front.handed];
  await sql.begin(async (transaction) => {
    await transaction`select private.evaluate_health(now())`;
    await transaction`select private.alert(now())`;
  });
  const ours = await sql.begin('isolation level repeatable read', (transaction) => readOurs(transaction, front));
  const addresses = new Set(ours.deliveries.map((delivery) => delivery.address));
  const mails = mailbox.messages().flatMap(({ id, to }) => to.filter((address) => addresses.has(address)).map((address) => ({ id, to: address })));
  const records = ours.records.map((record) => ({ ...record, key: keyOverThere(front.system, record) }));
  return { front: front.system, handed, ...ours, records, ledger: { before, after: keys() }, mails };
}

async function readOurs(sql: ISql, { org, integration }: Front): Promise<Omit<Books, 'front' | 'handed' | 'ledger' | 'mails'>> {
  const [light] = await sql<OurLight[]>`
    select s.health, exists (select from runs a where a.org_id = s.org_id and a.integration_id = s.integration_id and a.finished_at is null) as busy,
      (select l.status from runs l where l.org_id = s.org_id and l.id = s.last_run_id) as "lastStatus",
      (select count(*)::int from records r where r.org_id = s.org_id and r.state in ('failed', 'dead')) as refused,
      (select count(*)::int from records r where r.org_id = s.org_id and r.state = 'uncertain') as uncertain,
      (select count(*)::int from records r where r.org_id = s.org_id and r.state not in ('exported', 'dismissed')) as unfinished
    from integration_status s where s.org_id = ${org} and s.integration_id = ${integration}`;
  if (!light) throw new Error('The integration has no status.');
  return {
    records: await sql<OurRecord[]>`
      select source_id as source, idempotency_key as key, state, cause_id::text as cause from records where org_id = ${org} order by id`,
    landedTwice: (await sql<{ what: string }[]>`
      select record_id || ' version ' || version as what from attempts where org_id = ${org} and outcome = 'exported'
      group by record_id, version having count(*) > 1`).map((row) => row.what),
    runs: await sql<OurRun[]>`
      select id::int, finished_at is not null as over, selected, exported + accepted + failed + retrying + skipped + uncertain as sum
      from runs where org_id = ${org} order by id`,
    light,
    findings: await sql<OurFinding[]>`
      select rule, subject, severity, urgency from findings where org_id = ${org} and closed_at is null order by id`,
    audience: (await sql<{ id: string }[]>`
      select user_id as id from members where org_id = ${org} and role in ('owner', 'admin')`).map((row) => row.id),
    untold: (await sql<{ count: number }[]>`
      select count(*)::int from health_changes where org_id = ${org} and not alerted and (urgency is not null or kind = 'closed')`)[0]?.count ?? 0,
    incidents: await sql<OurIncident[]>`select id::int, alarm, subject, state from incidents where org_id = ${org} order by id`,
    notifications: await sql<OurNotification[]>`
      select id::int, incident_id::int as incident, kind, user_id as user from notifications where org_id = ${org} order by id`,
    deliveries: await sql<OurDelivery[]>`
      select id, notification_id::int as notification, state, address, provider_id as mail from deliveries where org_id = ${org} and channel = 'email' order by created_at, id`,
  };
}
