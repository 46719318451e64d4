import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { User } from '../../scripts/stack/users.ts';
import { startLedger, type Ledger } from './ledger.ts';
import { testStack, type TestStack } from './stack.ts';

/** One integration with a credential that can be recognized anywhere, and the ledger behind it. */
export type Place = { org: string; id: string; token: string; ledger: Ledger; sources: string[] };

/** A stack whose functions are those of tests/support/bad-connectors, and somebody who may press Retry in every organization. */
export type BadHouse = { stack: TestStack; arne: User; places: Place[] };

const functionsFolder = join(import.meta.dirname, 'bad-connectors');

export async function openBadHouse(functionsEnv: Record<string, string> = {}): Promise<BadHouse> {
  const stack = await testStack({ functionsFolder, functionsEnv });
  return { stack, arne: await stack.createUser('arne@example.org'), places: [] };
}

export async function organization({ stack: { sql }, arne }: BadHouse): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    with o as (insert into organizations (slug, name) select 'org-' || count(*), 'Org ' || count(*) from organizations returning id)
    insert into members (org_id, user_id, role, name) select o.id, ${arne.id}, 'admin', 'Arne' from o returning org_id as id`;
  if (!row) throw new Error('the organization was not made');
  return row.id;
}

/** An integration with records waiting: one for each account. */
export async function place(house: BadHouse, org: string, misbehaves: string | null, accounts = ['a', 'b', 'c', 'd', 'e', 'f']): Promise<Place> {
  const { sql } = house.stack;
  const ledger = await startLedger();
  const system = misbehaves === null ? 'good' : 'bad';
  const [row] = await sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, settings, next_due_at, every_minutes)
    values (${org}, ${system}, ${system}, ${system}, ${sql.json({ url: ledger.url, misbehaves })}, now() + interval '1 day', 1440)
    returning id`;
  const made: Place = { org, id: row?.id ?? '', token: randomBytes(20).toString('hex'), ledger, sources: [] };
  await sql`select private.set_credential(${org}, ${made.id}, ${sql.json({ token: made.token })}, null, now())`;
  await handIn(house, made, accounts);
  house.places.push(made);
  return made;
}

export async function handIn({ stack: { sql } }: BadHouse, { org, id, sources }: Place, accounts: string[]): Promise<void> {
  const records = accounts.map((account) => ({ source_type: 'line', source_id: `L-${sources.push(account)}`, payload: { account } }));
  await sql`select hand_in(${org}, ${id}, ${sql.json(records)})`;
}

/** Makes it due, as if the time all waiting asks for had passed. */
async function makeDue({ stack: { sql } }: BadHouse, { org, id }: Place): Promise<void> {
  await sql`update records set next_attempt_at = now() where org_id = ${org} and integration_id = ${id} and state in ('retrying', 'uncertain', 'accepted')`;
  await sql`update integration_status set circuit_open_until = null, asks_again_at = null where org_id = ${org} and integration_id = ${id}`;
  await sql`update integrations set next_due_at = now() where id = ${id}`;
}

/** Starts what these places have due. */
export async function begin(house: BadHouse, ...places: Place[]): Promise<void> {
  for (const one of places) await makeDue(house, one);
  await house.stack.sql`select private.tick_schedule()`;
}

/** Runs what these places have due until it is over. */
export async function go(house: BadHouse, ...places: Place[]): Promise<void> {
  await begin(house, ...places);
  await until(house, places, 'over');
}

/** Waits until the runs of these places are over, or have come to this slice, or the functions have been started again so often. */
export async function until(house: BadHouse, places: readonly Place[], wanted: 'over' | { slice: number } | { restarts: number }): Promise<void> {
  const { sql } = house.stack;
  const missing = async (): Promise<unknown> => {
    if (wanted !== 'over' && 'restarts' in wanted) {
      const restarts = house.stack.logs.filter((line) => line.includes('They are started again.')).length;
      return restarts >= wanted.restarts && house.stack.functions.port() !== null ? [] : [`${restarts} restarts`];
    }
    const ids = places.map(({ id }) => id);
    const slice = wanted === 'over' ? null : wanted.slice;
    return [...await sql`
      select i.settings ->> 'misbehaves' as misbehaves, r.status, r.slice, count(p.id) as sending
      from runs r join integrations i on i.id = r.integration_id
      left join records p on p.org_id = r.org_id and p.run_id = r.id and p.state = 'sending'
      where r.finished_at is null and r.integration_id = any (${ids})
      group by i.org_id, i.id, r.org_id, r.id having ${slice}::int is null or r.slice <> ${slice} or count(p.id) = 0`];
  };
  await vi.waitFor(async () => expect(await missing(), 'what is waited for').toEqual([]), { timeout: 25_000, interval: 50 });
}

/** As if the two minutes of a dead slice's lease had passed, and the clock had seen it. */
export async function leaseEnds({ stack: { sql } }: BadHouse, ...places: Place[]): Promise<void> {
  await sql`
    update runs set lease_expires_at = now() - interval '1 second', rung_at = null
    where finished_at is null and slice_token is not null and integration_id = any (${places.map(({ id }) => id)})`;
  await sql`update records set next_attempt_at = now() - interval '1 hour' where integration_id = any (${places.map(({ id }) => id)}) and state = 'uncertain'`;
  await sql`select private.tick_reap()`;
  await sql`update records set next_attempt_at = now() - interval '1 hour' where integration_id = any (${places.map(({ id }) => id)}) and state = 'uncertain'`;
}

/** Somebody mends the connector and presses Retry; then all the places' records find their way. */
export async function mend(house: BadHouse, ...places: Place[]): Promise<void> {
  const { stack, arne } = house;
  for (const { org, id } of places) {
    await stack.sql`update integrations set settings = jsonb_set(settings, '{misbehaves}', 'null') where id = ${id}`;
    await stack.as(arne, (sql) => sql`select retry_failed(${org}, ${id}, 'open')`);
  }
  // A retry has a run of its own; what was in doubt or put off is taken up by the next.
  await until(house, places, 'over');
  await go(house, ...places);
}

export type Seen = { health: string; says: string; states: Record<string, number>; run: string | null; attempts: number };

/** What the page shows of a place. */
export async function look({ stack, arne }: BadHouse, { org, id }: Place): Promise<Seen> {
  const [seen] = await stack.as(arne, (sql) => sql<Seen[]>`
    select o.health, o.last_run ->> 'status' as run,
      concat_ws(' | ', o.last_run ->> 'error_message',
        (select string_agg(distinct f.error_message, ' | ') from failed_records f where f.org_id = o.org_id and f.integration_id = o.integration_id)) as says,
      (select jsonb_object_agg(s.state, s.records) from (
        select r.state, count(*) as records from records r where r.org_id = o.org_id and r.integration_id = o.integration_id group by r.state) s) as states,
      (select count(*)::int from attempts a where a.org_id = o.org_id and a.integration_id = o.integration_id) as attempts
    from overview o where o.org_id = ${org} and o.integration_id = ${id}`);
  if (!seen) throw new Error('the page shows nothing');
  return seen;
}

/** Everything handed in has arrived, and nothing of it twice. */
export async function expectAllAcross(house: BadHouse, where: Place, what: string): Promise<void> {
  const { states } = await look(house, where);
  expect(states, what).toEqual({ exported: where.sources.length });
  expect(new Set(where.ledger.booked).size, `${what}: booked once each`).toBe(where.ledger.booked.length);
  expect(where.ledger.booked, `${what}: booked`).toHaveLength(where.sources.length);
}
