import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

type Known = { id: number; version: number; key: string; source: string };
type Edit = { payload: Record<string, unknown>; version?: number; amount?: string | null; occurredOn?: string | null; by?: World['olga'] };
type Answer = { retry_id: number; records: number; state: string };

/** One record refused for its text, of an organization in which nobody else has to approve. */
async function refused(): Promise<{ world: World; system: FakeSystem; record: Known }> {
  const world = await createWorld();
  const system = createFakeSystem();
  system.answer = ({ payload }) => (payload['text'] === '' ? refusal('Text is required', { field: 'text' }) : { state: 'exported' });
  await world.handIn(1, { payload: { account: '4010', text: '', lines: [{ account: '1', note: 'a' }] }, occurred_on: '2026-11-02' });
  await world.sync(system.connector);
  world.clock.forward(60);
  const [record] = await world.sql<Known[]>`select id::int, version, idempotency_key as key, source_id as source from records`;
  if (!record) throw new Error('no record');
  return { world, system, record };
}

async function edit(world: World, record: Known, { payload, version = record.version, amount = '100.50', occurredOn = '2026-11-02', by = world.arne }: Edit): Promise<Answer> {
  const [row] = await world.as(by, (db) => db<{ answer: Answer }[]>`
    select private.edit_record(${world.org}, ${record.id}, ${version}, ${db.json(payload as never)}, ${amount}, 'NOK', ${occurredOn}, ${world.clock.iso()}) as answer`);
  if (!row) throw new Error('no answer');
  return row.answer;
}

const content = { account: '4010', text: 'Taxi', lines: [{ account: '1', note: 'a' }] };

test('an edited record is sent as edited under a key of its own, told with before and after, and the old content is kept', async () => {
  const { world, system, record } = await refused();
  await edit(world, record, { payload: content, amount: '99.00' });
  expect(await world.sync(system.connector)).toMatchObject({ trigger: 'retry', selected: 1, exported: 1 });
  const [after] = await world.sql`select state, version, idempotency_key, payload, amount::text from records`;
  expect(after).toMatchObject({ state: 'exported', version: 2, payload: content, amount: '99.00' });
  expect(after?.['idempotency_key']).not.toBe(record.key);
  expect(await world.sql`select actor, before, after from audit_log where action = 'record.corrected'`).toEqual([
    { actor: 'Arne', before: { text: '', 'record.amount': '100.5' }, after: { text: 'Taxi', 'record.amount': '99' } },
  ]);
  expect(await world.sql`select version, payload ->> 'text' as text, amount::text from record_versions`).toEqual([{ version: 1, text: '', amount: '100.50' }]);
});

test('the unedited file handed in again changes nothing', async () => {
  const { world, system, record } = await refused();
  await edit(world, record, { payload: content });
  await world.sync(system.connector);
  await world.handIn(1, { source_id: record.source, payload: { account: '4010', text: '', lines: [{ account: '1', note: 'a' }] }, occurred_on: '2026-11-02' });
  expect(await world.states()).toEqual({ exported: 1 });
});

test('an edit of a version that is not there any more is found and overwrites nothing', async () => {
  const { world, system, record } = await refused();
  await edit(world, record, { payload: { ...content, text: 'Tram' } });
  await expect(edit(world, record, { payload: content, by: world.olga })).rejects.toMatchObject({ code: 'SW409', message: expect.stringContaining('on its way') as string });
  system.answer = () => refusal('Text is unknown', { field: 'text' });
  await world.sync(system.connector);
  await expect(edit(world, record, { payload: content, by: world.olga })).rejects.toMatchObject({ code: 'SW409', message: 'Somebody has changed this record since you opened it.' });
  expect(await world.sql`select payload ->> 'text' as text, version from records`).toEqual([{ text: 'Tram', version: 2 }]);
});

test('what is handed in anew, and refused, before an edit has its turn is not overwritten by it', async () => {
  const { world, system, record } = await refused();
  await world.handIn(1);
  world.clock.forward(3_600);
  await world.schedule();
  await edit(world, record, { payload: content });
  await world.handIn(1, { source_id: record.source, payload: { account: '4010', text: '', newer: true }, occurred_on: '2026-11-02' });
  await world.sync(system.connector);
  expect(await world.sync(system.connector)).toMatchObject({ trigger: 'retry', selected: 0 });
  expect(await world.sql`select payload, version, state from records where id = ${record.id}`).toEqual([{ payload: { account: '4010', text: '', newer: true }, version: 2, state: 'failed' }]);
});

test.each([
  ['nothing changed', { payload: { account: '4010', text: '', lines: [{ account: '1', note: 'a' }] } }, 'Nothing is changed.'],
  ['an amount that is none', { payload: content, amount: 'ten' }, 'amount is not a decimal number such as "1250.00".'],
  ['a day that is none', { payload: content, occurredOn: '2026-02-30' }, 'occurred_on is not a day that exists.'],
] as const)('an edit with %s is refused in words', async (_, wrong, message) => {
  const { world, record } = await refused();
  await expect(edit(world, record, wrong)).rejects.toMatchObject({ code: 'SW422', message });
});

test('a viewer edits nothing, and what is across is not edited', async () => {
  const { world, system, record } = await refused();
  await expect(edit(world, record, { payload: content, by: world.vera })).rejects.toMatchObject({ code: 'SW403' });
  await edit(world, record, { payload: content });
  await world.sync(system.connector);
  await expect(edit(world, { ...record, version: 2 }, { payload: { text: 'again' } })).rejects.toMatchObject({ code: 'SW409' });
});
