import { expect, test } from 'vitest';
import type { OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { createFakeSystem, createWorld, refusal, slice } from '../support/world.ts';

const failure = (delivered: 'no' | 'refused' | 'unknown', category: 'timeout' | 'auth' | 'rate_limit' | 'validation' | 'server', retryAfterSeconds: number | null = null): HttpFailure =>
  new HttpFailure({
    diagnosis: { message: `the request failed (${category})`, code: category, field: null, category, retryable: category !== 'auth' && category !== 'validation' },
    delivered, status: null, response: null, requestId: null, retryAfterSeconds,
  });

test('everything due is across after one run, and the run balances', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(25);
  const run = await world.sync(system.connector);
  expect(run).toMatchObject({ status: 'succeeded', selected: 25, exported: 25, failed: 0 });
  expect(await world.states()).toEqual({ exported: 25 });
  expect(new Set(system.ledger).size).toBe(25);
  expect(system.requests).toBe(3);
});

test('refused records are failed with the message, the field and the value, and the rest is across', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(30);
  await world.handIn(1, { payload: { account: '9999' } });
  system.answer = (record) =>
    record.payload['account'] === '9999' ? refusal('Invalid account: 9999', { field: 'Account No.' }) : { state: 'exported' };
  const run = await world.sync(system.connector);
  expect(run).toMatchObject({ status: 'warning', selected: 31, exported: 30, failed: 1 });
  const [record] = await world.sql`select error_message, error_field, error_value, payload_field from failed_records`;
  expect(record).toEqual({ error_message: 'Invalid account: 9999', error_field: 'Account No.', error_value: '9999', payload_field: 'account' });
});

test('a batch rejected whole is split until the bad record stands alone', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(9);
  await world.handIn(1, { payload: { account: 'bad' } });
  system.before = (records) => {
    if (records.some((record) => record.payload['account'] === 'bad')) throw failure('refused', 'validation');
  };
  const run = await world.sync(system.connector);
  expect(run).toMatchObject({ status: 'failed', selected: 10, exported: 9, failed: 1 });
  expect(await world.states()).toEqual({ exported: 9, failed: 1 });
});

test('an answer lost after accepting makes the records uncertain, and asking settles them without a resend', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(5);
  let lost = true;
  system.after = () => {
    if (lost) throw failure('unknown', 'timeout');
  };
  const first = await world.sync(system.connector);
  expect(first).toMatchObject({ selected: 5, uncertain: 5, status: 'failed' });
  lost = false;
  world.clock.forward(120);
  const second = await world.sync(system.connector);
  expect(second).toMatchObject({ trigger: 'follow_up', selected: 5, exported: 5, status: 'succeeded' });
  expect(system.ledger).toHaveLength(5);
  expect(system.requests).toBe(1);
});

test('records the system has never seen are sent again after the doubt is settled', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(3);
  let down = true;
  system.before = () => {
    if (down) throw failure('unknown', 'server');
  };
  await world.sync(system.connector);
  down = false;
  world.clock.forward(120);
  expect(await world.sync(system.connector)).toMatchObject({ exported: 3, uncertain: 0, skipped: 0, selected: 3 });
  expect(new Set(system.ledger).size).toBe(3);
  expect(system.ledger).toHaveLength(3);
});

test('with a system that cannot be asked, an uncertain record waits for a person', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ dedupe: 'none' });
  await world.handIn(2);
  system.after = () => {
    throw failure('unknown', 'timeout');
  };
  await world.sync(system.connector);
  world.clock.forward(3600);
  system.after = () => undefined;
  expect(await world.sync(system.connector)).toMatchObject({ selected: 0, status: 'succeeded' });
  expect(await world.states()).toEqual({ uncertain: 2 });
  expect(system.requests).toBe(1);
});

test('a refused credential ends the run and puts the records back unsent', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(15);
  system.before = () => {
    throw failure('refused', 'auth');
  };
  const run = await world.sync(system.connector);
  expect(run).toMatchObject({ status: 'failed', selected: 10, skipped: 10, error_category: 'auth' });
  expect(await world.states()).toEqual({ queued: 15 });
  expect((await world.health()).rules).toContain('credential_refused');
});

test('a system that asks for time gets it, and the run goes on afterwards', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(20);
  let throttled = true;
  system.before = () => {
    if (throttled) throw failure('refused', 'rate_limit', 300);
  };
  const run = await world.schedule();
  expect(await slice(world, system.connector, run ?? 0)).toBe('more');
  throttled = false;
  const [waiting] = await world.sql<{ seconds: number }[]>`select extract(epoch from resume_at - ${world.clock.iso()}::timestamptz)::int as seconds from runs`;
  expect(waiting?.seconds).toBe(300);
  world.clock.forward(301);
  expect(await slice(world, system.connector, run ?? 0)).toBe('done');
  expect(await world.states()).toEqual({ exported: 20 });
});

test('a system that stays down is left alone after three requests, and the rest is not even tried', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(60);
  system.before = () => {
    throw failure('no', 'timeout');
  };
  const run = await world.sync(system.connector);
  expect(run).toMatchObject({ status: 'failed', selected: 30, retrying: 30 });
  expect(await world.states()).toEqual({ queued: 30, retrying: 30 });
});

test('a connector that throws after it may have sent something leaves its records uncertain, and says so', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  const { push } = system.connector;
  system.connector.push = async (ctx, records) => {
    await ctx.http.send({ url: 'http://127.0.0.1:9' }).catch(() => undefined);
    await push(ctx, records);
    throw new TypeError('x is not a function');
  };
  await world.handIn(4);
  const run = await world.sync(system.connector);
  expect(run).toMatchObject({ status: 'failed', error_code: 'connector_error', error_message: 'The connector failed: x is not a function' });
  expect(await world.states()).toEqual({ uncertain: 4 });
});

test('a connector that throws before it sends anything ends the run after three records, and nothing is in doubt', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(9);
  system.before = () => {
    throw new TypeError('x is not a function');
  };
  const run = await world.sync(system.connector);
  expect(run).toMatchObject({ status: 'failed', error_code: 'connector_error', error_message: 'The connector failed: x is not a function' });
  expect(await world.states()).toEqual({ queued: 6, retrying: 3 });
});

test('the one record on which a connector trips is failed with the reason, and the others are across', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(6);
  await world.handIn(1, { payload: { account: 'poison' } });
  await world.handIn(2);
  system.before = (records) => {
    if (records.some((record) => record.payload['account'] === 'poison')) throw new RangeError('Invalid time value');
  };
  expect(await world.sync(system.connector)).toMatchObject({ selected: 9, exported: 8, failed: 1 });
  expect(await world.sql`select state, error_message from records where state <> 'exported'`).toEqual([
    { state: 'failed', error_message: 'The connector failed: Invalid time value' }]);
});

test('accepted records are asked about until the system has judged', async () => {
  const world = await createWorld();
  const judged = new Set<string>();
  const system = createFakeSystem({
    confirm: (_ctx, records: OutgoingRecord[]) =>
      Promise.resolve(records.map((record) => (!judged.has(record.key) ? null : record.payload['account'] === '9999' ? refusal('Unknown account 9999') : { state: 'exported', externalId: 'T-1' }))),
  });
  system.answer = (record) => ({ state: 'accepted', externalId: `I-${record.id}` });
  await world.handIn(3);
  await world.handIn(1, { payload: { account: '9999' } });
  expect(await world.sync(system.connector)).toMatchObject({ status: 'succeeded', accepted: 4, exported: 0 });
  for (const key of system.ledger) judged.add(key);
  world.clock.forward(90);
  expect(await world.sync(system.connector)).toMatchObject({ selected: 4, exported: 3, failed: 1, accepted: 0 });
  expect(await world.states()).toEqual({ exported: 3, failed: 1 });
});

test('a changed version of a booked record is never booked again by itself', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(1, { source_id: 'A', amount: '10' });
  await world.sync(system.connector);
  await world.handIn(1, { source_id: 'A', amount: '12' });
  world.clock.forward(3600);
  await world.sync(system.connector);
  expect(system.ledger).toHaveLength(1);
  const [record] = await world.sql`select state, version, error_code from records`;
  expect(record).toEqual({ state: 'failed', version: 2, error_code: 'changed_after_export' });
});

test('a system that says "exists already" about our own record has it: the record is across', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(1);
  const found = { state: 'exported' as const, externalId: 'X-9' };
  system.answer = () => refusal('The record already exists', { category: 'conflict' });
  system.connector.find = (_ctx, records) => Promise.resolve(records.map(() => found));
  expect(await world.sync(system.connector)).toMatchObject({ exported: 1, failed: 0 });
});

test('a credential that a system or a broken connector repeats is never written down', async () => {
  const world = await createWorld();
  const secret = 'marked-credential-4711';
  await world.sql`select private.set_credential(${world.org}, ${world.integration}, ${world.sql.json({ token: secret })}, null, ${world.clock.iso()})`;
  const system = createFakeSystem();
  await world.handIn(2);
  let first = true;
  system.answer = () => (first ? ((first = false), refusal(`Token ${secret} may not post`)) : { state: 'exported' });
  await world.sync(system.connector);
  system.before = () => {
    throw new Error(`cannot read ${secret}`);
  };
  await world.handIn(1);
  world.clock.forward(3600);
  await world.sync(system.connector);
  const tables = await world.sql<{ name: string }[]>`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('public', 'private', 'vault') and c.relkind in ('r', 'p')`;
  for (const { name } of tables) {
    const [row] = await world.sql.unsafe(`select count(*)::int as found from ${name} t where t::text like '%${secret}%'`);
    expect(row?.['found'], name).toBe(0);
  }
});
