import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createWorld, createFakeSystem, refusal } from '../support/world.ts';
import type { World } from '../support/world.ts';

// What a caller with every right may still not ask for, each by itself; incoming.test.ts looks for what is not listed here.

let world: World;
let before: string;

beforeAll(async () => {
  world = await createWorld();
  const system = createFakeSystem({ dedupe: 'none' });
  system.answer = () => refusal('Invalid account: 9999');
  await world.handIn(2, { payload: { account: 9999 } });
  await world.sync(system.connector);
  await world.sql`update records set state = 'uncertain', next_attempt_at = now() + interval '1 hour' where id = (select max(id) from records)`;
});

beforeEach(async () => {
  before = await rows();
});

/** Everything a refused call could have touched. */
async function rows(): Promise<string> {
  const [row] = await world.sql<{ all: string }[]>`
    select concat_ws(' ', (select md5(string_agg(r::text, '' order by r.id)) from records r), (select md5(string_agg(i::text, '')) from integrations i),
      (select count(*) from audit_log), (select count(*) from retries), (select count(*) from vault.secrets), (select count(*) from record_versions)) as all`;
  return row?.all ?? '';
}

const record = async (state: string): Promise<number> => {
  const [row] = await world.sql<{ id: number }[]>`select id::int from records where state = ${state} limit 1`;
  if (!row) throw new Error(`there is no ${state} record`);
  return row.id;
};

async function refused(call: Promise<unknown>, code: string, message?: RegExp): Promise<void> {
  const error = await call.then(() => null, (reason: unknown) => reason as { code: string; message: string; detail?: string });
  expect(error, 'it was not refused').not.toBeNull();
  expect(error).toMatchObject({ code });
  if (message) expect(error?.message).toMatch(message);
  expect(await rows(), 'a refused call wrote something').toBe(before);
}

describe('a member is refused', () => {
  test('a decision that says neither yes nor no: it would send a record again that may have landed', async () => {
    const id = await record('uncertain');
    await refused(world.as(world.arne, (db) => db`select decide_uncertain(${world.org}, ${id}, null, 'I do not know')`), 'SW422', /true or false/);
  });

  test('switching to neither on nor off, and is shown no row of the table', async () => {
    await refused(world.as(world.arne, (db) => db`select set_enabled(${world.org}, ${world.integration}, null)`), 'SW422', /true or false/);
  });

  test.each(['dismiss', 'decide', 'switch'])('a reason of a megabyte: %s', async (what) => {
    const reason = 'x'.repeat(1_000_000);
    const [failed, uncertain] = [await record('failed'), await record('uncertain')];
    await refused(world.as(world.arne, (db) => (
      what === 'dismiss' ? db`select dismiss_records(${world.org}, ${[failed]}::bigint[], ${reason})`
        : what === 'decide' ? db`select decide_uncertain(${world.org}, ${uncertain}, true, ${reason})`
          : db`select set_enabled(${world.org}, ${world.integration}, false, ${reason})`)), 'SW422', /2 000 characters/);
  });

  test.each([
    ['of a megabyte', { token: 'x'.repeat(1_000_000) }],
    ['of a thousand keys', Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, 'v']))],
    ['with a key that is a text of its own', { ['k'.repeat(500)]: 'v' }],
    ['with a key that is nothing', { '': 'v' }],
  ])('a credential %s', async (_, credential) => {
    await refused(world.as(world.arne, (db) => db`select set_credential(${world.org}, ${world.integration}, ${db.json(credential)})`), 'SW422');
  });

  test.each(['infinity', '-infinity', '0001-01-01 BC', '294276-12-31'])('a credential that expires at %s: no page could show it', async (expires) => {
    await refused(world.as(world.arne, (db) => db`select set_credential(${world.org}, ${world.integration}, '{"token": "t"}', ${expires}::text::timestamptz)`), 'SW422', /2000 and 2200/);
  });

  test.each([['field', 'f'.repeat(501), 'x'], ['value', 'account', 'v'.repeat(10_001)]])('a mapping with an endless %s', async (_, field, to) => {
    await refused(world.as(world.arne, (db) => db`select retry_failed(${world.org}, ${world.integration}, 'open', null, null, ${field}, null, ${to})`), 'SW422');
  });
});

describe('an app is refused', () => {
  const insert = (column: string, value: string) => world.as('service_role', (db) => db.unsafe(
    `insert into records (org_id, integration_id, source_type, source_id, payload, currency, ${column}) values ($1, $2, 'expense', 'odd', '{}', 'NOK', $3::text::${column === 'occurred_on' ? 'date' : column === 'amount' ? 'numeric' : 'text'})`,
    [world.org, world.integration, value]));

  test.each([
    ['amount', 'NaN'], ['amount', 'Infinity'], ['amount', '-Infinity'], ['amount', '1e18'], ['amount', '0.0000000001'],
    ['occurred_on', 'infinity'], ['occurred_on', '0044-03-15 BC'], ['occurred_on', '10000-01-01'], ['label', 'x'.repeat(501)],
  ])('a record whose %s is %s', async (column, value) => {
    await refused(insert(column, value), '23514');
  });

  test.each(['infinity', '-infinity', '1999-12-31', '2200-01-02'])('records handed in at %s, which would never be due or never end', async (at) => {
    await refused(world.as('service_role', (db) => db`select hand_in(${world.org}, ${world.integration}, '[]', ${at}::text::timestamptz)`), 'SW422', /2000 and 2200/);
  });

  test('records handed in at no time at all', async () => {
    await refused(world.as('service_role', (db) => db`select hand_in(${world.org}, ${world.integration}, '[]', null)`), 'SW422');
  });

  test.each(['4714-11-24 00:00:00+00 BC', 'infinity', '-infinity'])('an integration that is due at %s: the clock could not count its slots, nor anybody else’s', async (due) => {
    await refused(world.as('service_role', (db) => db`
      insert into integrations (org_id, system, slug, name, every_minutes, next_due_at) values (${world.org}, 'fake', 'odd', 'Odd', 1, ${due}::text::timestamptz)`), '23514');
  });

  test('a threshold that is whole but cannot be read as an integer', async () => {
    await refused(world.as('service_role', (db) => db`
      insert into integrations (org_id, system, slug, name, thresholds) values (${world.org}, 'fake', 'odd', 'Odd', '{"max_attempts": 3.0}')`), '23514');
  });

  test('settings of a megabyte', async () => {
    await refused(world.as('service_role', (db) => db`
      insert into integrations (org_id, system, slug, name, settings) values (${world.org}, 'fake', 'odd', 'Odd', ${db.json({ note: 'x'.repeat(1_000_000) })})`), '23514');
  });

  test('a name that is a structure, with the other records taken', async () => {
    const [row] = await world.sql`select hand_in(${world.org}, ${world.integration}, '[{"source_type": "expense", "source_id": {"a": 1}, "payload": {}}]') as report`;
    expect(row?.['report']).toMatchObject({ added: 0, refused: [{ index: 0, reason: 'source_type and source_id are text.' }] });
  });
});

test('a number corrected to one with a leading zero is corrected to that text', async () => {
  await world.as(world.arne, (db) => db`select retry_failed(${world.org}, ${world.integration}, 'open', null, null, 'account', '9999', '0400')`);
  const sent: unknown[] = [];
  const system = createFakeSystem({ dedupe: 'none' });
  system.before = (records) => void sent.push(...records.map(({ payload }) => payload));
  await world.sync(system.connector);
  expect(sent).toEqual([{ account: '0400' }]);
});

test('nobody may write through a view, and that is what everybody hears', async () => {
  const views = await world.sql<{ name: string }[]>`select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'`;
  expect(views.length).toBeGreaterThan(5);
  for (const { name } of views) {
    for (const caller of [world.olga, 'service_role', 'anon'] as const) {
      await refused(world.as(caller, (db) => db.unsafe(`delete from public.${name}`)), '42501');
      await refused(world.as(caller, (db) => db.unsafe(`insert into public.${name} default values`)), '42501');
    }
  }
});
