import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

type Ask = { scope?: string; cause?: number; records?: number[]; field?: string; from?: string; to?: string; canary?: boolean; by?: World['olga'] };
type Answer = { retry_id: number; run_id: number; records: number; mapped: number };

/** What the page's Retry button calls, at the test's own time. */
async function retry(world: World, ask: Ask = {}): Promise<Answer> {
  const rows = await world.as(ask.by ?? world.arne, (db) => db`
    select private.retry_failed(${world.org}, ${world.integration}, ${ask.scope ?? 'open'}, ${ask.cause ?? null}, ${ask.records ?? null},
      ${ask.field ?? null}, ${ask.from ?? null}, ${ask.to ?? null}, ${ask.canary ?? false}, ${world.clock.iso()}) as answer`);
  return rows[0]?.['answer'] as Answer;
}

/** 40 records, 4 of them with accounts the system does not know (two values, one cause). */
async function failing(): Promise<{ world: World; system: FakeSystem; known: Set<string> }> {
  const world = await createWorld();
  const known = new Set(['4010']);
  const system = createFakeSystem({ batchSize: 100 });
  system.answer = (record) => {
    const account = String(record.payload['account']);
    return known.has(account) ? { state: 'exported' } : refusal(`Invalid account: ${account}`, { field: 'Account No.' });
  };
  await world.handIn(96);
  await world.handIn(3, { payload: { account: '9999' } });
  await world.handIn(1, { payload: { account: '9998' } });
  await world.sync(system.connector);
  world.clock.forward(60);
  return { world, system, known };
}

const finish = (world: World, system: FakeSystem): Promise<unknown> => world.sync(system.connector);

test('retrying sends exactly what failed and nothing that is across', async () => {
  const { world, system, known } = await failing();
  known.add('9999').add('9998');
  const sent: number[] = [];
  system.before = (records) => void sent.push(...records.map((record) => record.id));
  expect(await retry(world)).toMatchObject({ records: 4 });
  expect(await finish(world, system)).toMatchObject({ trigger: 'retry', selected: 4, exported: 4, status: 'succeeded' });
  expect(sent).toHaveLength(4);
  expect(new Set(system.ledger).size).toBe(100);
  expect(await world.health()).toMatchObject({ health: 'green' });
});

test('a retry leaves records handed in meanwhile to the schedule', async () => {
  const { world, system, known } = await failing();
  known.add('9999').add('9998');
  await world.handIn(5);
  await retry(world);
  expect(await finish(world, system)).toMatchObject({ selected: 4 });
  expect(await world.states()).toEqual({ exported: 100, queued: 5 });
});

test('records of one cause in different values are one cause, and retried together', async () => {
  const { world } = await failing();
  const causes = await world.sql<{ id: number; open_records: number; offending: unknown }[]>`select id::int, open_records::int, offending from cause_overview`;
  expect(causes).toHaveLength(1);
  expect(causes[0]).toMatchObject({ open_records: 4, offending: [{ value: '9999', records: 3 }, { value: '9998', records: 1 }] });
  expect(await retry(world, { scope: 'cause', cause: causes[0]?.id ?? 0 })).toMatchObject({ records: 4 });
});

test('one record, or a selection, is retried alone', async () => {
  const { world, system, known } = await failing();
  known.add('9999');
  const [one] = await world.sql<{ id: number }[]>`select id::int from records where state = 'failed' order by id limit 1`;
  await retry(world, { scope: 'records', records: [one?.id ?? 0] });
  expect(await finish(world, system)).toMatchObject({ selected: 1, exported: 1 });
  expect(await world.states()).toEqual({ exported: 97, failed: 3 });
});

test('the failed of the last run are not those of the runs before it', async () => {
  const { world, system, known } = await failing();
  await world.handIn(2, { payload: { account: '7777' } });
  world.clock.forward(3600);
  await world.sync(system.connector);
  known.add('7777');
  expect(await retry(world, { scope: 'last_run' })).toMatchObject({ records: 2 });
});

test('a mapping fixes the whole cause on the way, keeps the payload it replaced and is audited with before and after', async () => {
  const { world, system } = await failing();
  expect(await retry(world, { field: 'account', from: '9999', to: '4010' })).toMatchObject({ records: 4, mapped: 3 });
  expect(await finish(world, system)).toMatchObject({ exported: 3, failed: 1 });
  const audit = await world.sql`select actor, before, after from audit_log where action = 'record.corrected'`;
  expect(audit).toHaveLength(3);
  expect(audit[0]).toEqual({ actor: 'Arne', before: { account: '9999' }, after: { account: '4010' } });
  expect(await world.sql`select count(*)::int from record_versions where payload ->> 'account' = '9999'`).toEqual([{ count: 3 }]);
});

test('a corrected record gets a key of its own, and the uncorrected file handed in again changes nothing', async () => {
  const { world, system } = await failing();
  const [before] = await world.sql<{ id: number; source_id: string; idempotency_key: string }[]>`select id::int, source_id, idempotency_key from records where payload ->> 'account' = '9998'`;
  await retry(world, { field: 'account', from: '9998', to: '4010' });
  await finish(world, system);
  await world.handIn(1, { source_id: before?.source_id, payload: { account: '9998' } });
  const [after] = await world.sql`select state, version, idempotency_key from records where id = ${before?.id ?? 0}`;
  expect(after).toMatchObject({ state: 'exported', version: 2 });
  expect(after?.['idempotency_key']).not.toBe(before?.idempotency_key);
});

test('one record is tried first; when it lands the rest follow, corrected alike', async () => {
  const { world, system } = await failing();
  expect(await retry(world, { field: 'account', to: '4010', canary: true })).toMatchObject({ records: 4, mapped: 1 });
  expect(await finish(world, system)).toMatchObject({ selected: 1, exported: 1 });
  expect(await finish(world, system)).toMatchObject({ trigger: 'retry', selected: 3, exported: 3 });
  expect(await world.sql`select state, exported::int, remaining::int from retry_progress`).toEqual([{ state: 'done', exported: 4, remaining: 0 }]);
});

test('the one tried first is one the correction is for', async () => {
  const { world, system } = await failing();
  await retry(world, { field: 'account', from: '9998', to: '4010', canary: true });
  expect(await finish(world, system)).toMatchObject({ selected: 1, exported: 1 });
});

test('a retry that fails adds to no streak: the person who asked is watching', async () => {
  const { world, system } = await failing();
  await retry(world);
  expect(await finish(world, system)).toMatchObject({ trigger: 'retry', status: 'failed' });
  expect(await world.sql`select consecutive_failures from integration_status`).toEqual([{ consecutive_failures: 0 }]);
});

test('when the one tried first is refused, the rest stays where it was', async () => {
  const { world, system } = await failing();
  await retry(world, { field: 'account', to: '8888', canary: true });
  await finish(world, system);
  expect(await world.sql`select state from retries`).toEqual([{ state: 'stopped' }]);
  expect(await world.states()).toEqual({ exported: 96, failed: 4 });
  expect(await world.sql`select count(*)::int from records where payload ->> 'account' = '8888'`).toEqual([{ count: 1 }]);
});

test('a double click is one retry', async () => {
  const { world } = await failing();
  const first = await retry(world);
  const second = await retry(world, { by: world.olga });
  expect(second).toMatchObject({ retry_id: first.retry_id, run_id: first.run_id, records: 0 });
  expect(await world.sql`select count(*)::int from retries`).toEqual([{ count: 1 }]);
});

test('a retry asked for while a run is under way starts when that ends', async () => {
  const { world, system } = await failing();
  world.clock.forward(3600);
  await world.schedule();
  const answer = await retry(world);
  expect(answer.run_id).toBeNull();
  expect(await finish(world, system)).toMatchObject({ trigger: 'schedule' });
  expect(await finish(world, system)).toMatchObject({ trigger: 'retry', selected: 4 });
});

test('what may have landed is never retried', async () => {
  const { world } = await failing();
  await world.sql`update records set state = 'uncertain' where state = 'failed'`;
  expect(await retry(world)).toMatchObject({ records: 0 });
});

test('a viewer is refused in words, and nothing changes', async () => {
  const { world } = await failing();
  await expect(retry(world, { by: world.vera })).rejects.toMatchObject({ code: 'SW403', message: 'Your role (viewer) may look but not do this.' });
  await expect(retry(world, { by: world.stine })).rejects.toMatchObject({ code: 'SW404' });
  expect(await world.states()).toEqual({ exported: 96, failed: 4 });
});

test('dismissing needs a reason and is audited for each record', async () => {
  const { world } = await failing();
  const ids = (await world.sql`select id::int from records where state = 'failed'`).map((row) => row['id'] as number);
  await expect(world.as(world.olga, (db) => db`select dismiss_records(${world.org}, ${ids}, ' ')`)).rejects.toMatchObject({ code: 'SW422' });
  await world.as(world.olga, (db) => db`select dismiss_records(${world.org}, ${ids}, 'booked by hand in voucher 812')`);
  expect(await world.states()).toEqual({ dismissed: 4, exported: 96 });
  expect(await world.sql`select distinct actor, reason from audit_log where action = 'record.dismissed'`).toEqual([{ actor: 'Olga', reason: 'booked by hand in voucher 812' }]);
});

test('a person settles an uncertain record: found over there, or to be sent again', async () => {
  const { world } = await failing();
  const ids = (await world.sql`update records set state = 'uncertain' where state = 'failed' returning id::int`).map((row) => row['id'] as number);
  const decide = (id: number, landed: boolean): Promise<unknown> => world.as(world.olga, (db) => db`select decide_uncertain(${world.org}, ${id}, ${landed}, 'looked it up')`);
  await decide(ids[0] ?? 0, true);
  await decide(ids[1] ?? 0, false);
  expect(await world.states()).toEqual({ exported: 97, queued: 1, uncertain: 2 });
  await expect(decide(ids[0] ?? 0, false)).rejects.toMatchObject({ code: 'SW409' });
});
