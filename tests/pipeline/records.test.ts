import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, slice } from '../support/world.ts';

const record = (overrides: Record<string, unknown> = {}): Record<string, unknown> => ({
  source_type: 'expense', source_id: 'A', payload: { account: '4010' }, amount: '10.00', currency: 'NOK', ...overrides,
});

test('the same content again adds nothing, and 10.00 is the same amount as 10', async () => {
  const { sql, org, integration } = await createWorld();
  const handIn = async (rows: object[]): Promise<unknown> => (await sql`select hand_in(${org}, ${integration}, ${sql.json(rows as never)}) as report`)[0]?.['report'];
  expect(await handIn([record()])).toEqual({ added: 1, changed: 0, unchanged: 0, refused: [] });
  expect(await handIn([record({ amount: '10' })])).toEqual({ added: 0, changed: 0, unchanged: 1, refused: [] });
  expect(await sql`select version from records`).toEqual([{ version: 1 }]);
});

test('a changed content is a new version with a new key, and the old one is kept', async () => {
  const { sql, org, integration } = await createWorld();
  await sql`select hand_in(${org}, ${integration}, ${sql.json([record()] as never)})`;
  const [before] = await sql`select idempotency_key from records`;
  await sql`select hand_in(${org}, ${integration}, ${sql.json([record({ amount: '12.5' })] as never)})`;
  const [after] = await sql`select version, state, amount::text, idempotency_key from records`;
  expect(after).toMatchObject({ version: 2, state: 'queued', amount: '12.5' });
  expect(after?.['idempotency_key']).not.toBe(before?.['idempotency_key']);
  expect(await sql`select version, amount::text from record_versions`).toEqual([{ version: 1, amount: '10.00' }]);
});

test('a bad record is refused with its place and the reason, and the others go in', async () => {
  const { sql, org, integration } = await createWorld();
  const rows = [record(), record({ source_id: 'B', amount: '1,5' }), record({ source_id: 'C', occurred_on: '2026-02-31' }), 'no', record({ source_id: 'D' })];
  const [row] = await sql`select hand_in(${org}, ${integration}, ${sql.json(rows as never)}) as report`;
  expect(row?.['report']).toEqual({
    added: 2, changed: 0, unchanged: 0,
    refused: [
      { index: 1, reason: 'amount is not a decimal number such as "1250.00".' },
      { index: 2, reason: 'occurred_on is not a day that exists.' },
      { index: 3, reason: 'A record is a JSON object.' },
    ],
  });
});

test('an app may insert with the secret key by plain insert, and the same row twice is one record', async () => {
  const { as, sql, org, integration } = await createWorld();
  for (const amount of ['10', '10', '11']) {
    await as('service_role', (db) => db`
      insert into records (org_id, integration_id, source_type, source_id, payload, amount, currency)
      values (${org}, ${integration}, 'expense', 'A', '{"account": "4010"}', ${amount}, 'NOK')`);
  }
  expect(await sql`select version, amount::text from records`).toEqual([{ version: 2, amount: '11' }]);
});

test('an app may not set a state or a result', async () => {
  const { as, org, integration } = await createWorld();
  const forge = as('service_role', (db) => db`
    insert into records (org_id, integration_id, source_type, source_id, payload, state)
    values (${org}, ${integration}, 'expense', 'A', '{}', 'exported')`);
  await expect(forge).rejects.toMatchObject({ code: '42501' });
});

test('a payload over 1 MB is refused in words', async () => {
  const { as, org, integration } = await createWorld();
  const big = { text: 'x'.repeat(1_000_001) };
  const insert = as('service_role', (db) => db`
    insert into records (org_id, integration_id, source_type, source_id, payload) values (${org}, ${integration}, 'expense', 'A', ${db.json(big)})`);
  await expect(insert).rejects.toMatchObject({ code: 'SW422', message: 'The payload of expense A is larger than 1 MB.' });
});

test('a change that comes while the record is being sent waits for the answer', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ replaces: true });
  await world.handIn(1, { source_id: 'A', amount: '10' });
  const run = (await world.schedule()) ?? 0;
  const store = world.store(run);
  const held = await store.beginSlice({ dedupe: 'lookup', settlesWithinSeconds: 60 });
  const [claimed] = await store.claim(held?.token ?? '', ['queued'], 10);
  await world.handIn(1, { source_id: 'A', amount: '12' });
  expect(await world.sql`select version, latest_version, state from records`).toEqual([{ version: 1, latest_version: 2, state: 'sending' }]);
  await store.settle(held?.token ?? '', [{ id: claimed?.id ?? 0, state: 'exported', external_id: 'X-1' }]);
  expect(await world.sql`select version, state, amount::text, external_id from records`).toEqual([{ version: 2, state: 'queued', amount: '12', external_id: 'X-1' }]);
  await store.endSlice(held?.token ?? '', { more: true, resumeAfterSeconds: 0, error: null, wallMs: 0, cpuMs: 0 });
  expect(await slice(world, system.connector, run)).toBe('done');
  expect(await world.states()).toEqual({ exported: 1 });
});

test('a change that waited for a person\'s decision is applied with it', async () => {
  const world = await createWorld();
  await world.handIn(1, { source_id: 'A', amount: '10' });
  await world.sql`update records set state = 'uncertain'`;
  await world.handIn(1, { source_id: 'A', amount: '12' });
  const [record] = await world.sql<{ id: number }[]>`select id::int from records`;
  await world.as(world.olga, (db) => db`select decide_uncertain(${world.org}, ${record?.id ?? 0}, true, 'found it over there')`);
  expect(await world.sql`select state, version, exported_version, amount::text from records`).toEqual([{ state: 'queued', version: 2, exported_version: 1, amount: '12' }]);
});

test('a changed content makes the light look again', async () => {
  const world = await createWorld();
  await world.handIn(1, { source_id: 'A', amount: '10' });
  await world.sql`update integration_status set dirty = false`;
  await world.handIn(1, { source_id: 'A', amount: '12' });
  expect(await world.sql`select dirty from integration_status`).toEqual([{ dirty: true }]);
});
