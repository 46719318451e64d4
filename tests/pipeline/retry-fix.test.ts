import { expect, test } from 'vitest';
import type { Connector } from '../../supabase/functions/_kit/connector.ts';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

type Correction = { field: string; from?: string | null; to: string };
type Ask = { corrections?: Correction[]; scope?: string; cause?: number; state?: string; canary?: boolean; by?: World['olga'] };
type Answer = { retry_id: number; run_id: number | null; records: number; mapped: number; state: string };

async function retry(world: World, { corrections, scope = 'open', cause, state, canary = false, by = world.arne }: Ask = {}): Promise<Answer> {
  const [row] = await world.as(by, (db) => db<{ answer: Answer }[]>`
    select private.retry_failed(${world.org}, ${world.integration}, ${scope}, ${cause ?? null}, null, null, null, null, ${canary},
      ${world.clock.iso()}, ${corrections ? db.json(corrections) : null}, ${state ?? null}) as answer`);
  if (!row) throw new Error('no answer');
  return row.answer;
}

type Preview = { records: number; corrected: number; needs_approval: boolean; sample: { id: number; before: Record<string, unknown>; after: Record<string, unknown> }[] };

async function preview(world: World, corrections: Correction[], most = 3): Promise<Preview> {
  const [row] = await world.as(world.arne, (db) => db<{ answer: Preview }[]>`
    select preview_retry(${world.org}, ${world.integration}, corrections => ${db.json(corrections)}, most => ${most}) as answer`);
  if (!row) throw new Error('no answer');
  return row.answer;
}

/** Six records refused for their accounts (three values), one refused for its cost center; the rest is across. */
async function failing(): Promise<{ world: World; system: FakeSystem }> {
  const world = await createWorld();
  const system = createFakeSystem({ batchSize: 100 });
  system.answer = ({ payload }) => {
    if (payload['account'] !== '4010' && payload['account'] !== '4020') return refusal(`Invalid account: ${String(payload['account'])}`, { field: 'Account No.' });
    return payload['costCenter'] === '77' ? refusal('Unknown cost center: 77', { code: 'dimension', field: 'costCenter' }) : { state: 'exported' };
  };
  await world.handIn(3, { payload: { account: '9999', text: 'Taxi' } });
  await world.handIn(2, { payload: { account: '9998', text: 'Train' } });
  await world.handIn(1, { payload: { account: '9997', text: 'Ferry' } });
  await world.handIn(1, { payload: { account: '4010', costCenter: '77' } });
  await world.sync(system.connector);
  world.clock.forward(60);
  return { world, system };
}

const three: Correction[] = [{ field: 'account', from: '9999', to: '4010' }, { field: 'account', from: '9998', to: '4020' }, { field: 'account', from: '9997', to: '9999' }];

test('several values of a cause are mapped in one retry, each by what the record holds now', async () => {
  const { world, system } = await failing();
  expect(await retry(world, { corrections: three })).toMatchObject({ records: 7, mapped: 6, state: 'waiting' });
  expect(await world.sync(system.connector)).toMatchObject({ selected: 7, exported: 5, failed: 2 });
  expect(await world.sql`select payload ->> 'account' as account, count(*)::int from records group by 1 order by 1`)
    .toEqual([{ account: '4010', count: 4 }, { account: '4020', count: 2 }, { account: '9999', count: 1 }]);
  expect(await world.sql`select before, after from audit_log where action = 'record.corrected' order by id desc limit 1`)
    .toEqual([{ before: { account: '9997' }, after: { account: '9999' } }]);
});

test('a preview shows each content before and after, one of each value first, and stores nothing', async () => {
  const { world } = await failing();
  const whole = (): Promise<unknown> => world.sql`select md5(string_agg(r::text, '' order by r.id)) as all, (select count(*)::int from retries) as retries, (select count(*)::int from audit_log) as told from records r`;
  const before = await whole();
  const shown = await preview(world, three);
  expect(shown).toMatchObject({ records: 7, corrected: 6, needs_approval: false });
  expect(shown.sample.map(({ before: was, after }) => [was['account'], after['account'], after['text'], after['record.amount']])).toEqual([
    ['9999', '4010', 'Taxi', '100.5'], ['9998', '4020', 'Train', '100.5'], ['9997', '9999', 'Ferry', '100.5'],
  ]);
  expect(await whole()).toEqual(before);
});

test('what the preview shows is what is sent', async () => {
  const { world, system } = await failing();
  const { sample } = await preview(world, three, 20);
  const sent: Record<number, unknown> = {};
  system.before = (records) => records.forEach(({ id, payload }) => { sent[id] = payload; });
  await retry(world, { corrections: three });
  await world.sync(system.connector);
  const shown = sample.map(({ id, after }) => [id, Object.fromEntries(Object.entries(after).filter(([field]) => !field.startsWith('record.')))]);
  expect(sent).toEqual(Object.fromEntries(shown));
});

test.each([
  ['no list', '{"field": "account"}'], ['an empty list', '[]'], ['a mapping without a value', '[{"field": "account", "from": "9999"}]'],
  ['a value twice', '[{"field": "account", "from": "9999", "to": "1"}, {"field": "account", "from": "9999", "to": "2"}]'],
  ['a value to itself', '[{"field": "account", "from": "9999", "to": "9999"}]'], ['a number', '[{"field": "account", "from": "9999", "to": 4010}]'],
])('corrections that are %s are refused', async (_, corrections) => {
  const world = await createWorld();
  await expect(world.as(world.arne, (db) => db`select retry_failed(${world.org}, ${world.integration}, corrections => ${corrections}::text::jsonb)`))
    .rejects.toMatchObject({ code: 'SW422' });
});

test('only those given up, or of one run, are retried when asked so', async () => {
  const { world } = await failing();
  await world.sql`update records set state = 'dead' where payload ->> 'account' = '9998'`;
  expect(await retry(world, { state: 'dead' })).toMatchObject({ records: 2 });
});

test('a stopped retry sends no more, the rest stays failed and can be asked for again, and it proves nothing', async () => {
  const { world, system } = await failing();
  const { retry_id: id } = await retry(world, { corrections: three });
  let stopped: unknown;
  // Somebody presses Stop while the first two are on their way.
  const push: Connector['push'] = async (...args) => {
    stopped ??= await world.as(world.olga, (db) => db`select private.stop_retry(${world.org}, ${id}, ${world.clock.iso()}) as answer`);
    return await system.connector.push?.(...args) ?? [];
  };
  await world.sync({ ...system.connector, batchSize: 2, push });
  expect(stopped).toMatchObject([{ answer: { not_sent: 5 } }]);
  expect(await world.states()).toEqual({ exported: 2, failed: 5 });
  expect(await world.sql`select state, ended_by_name, remaining::int from retry_progress`).toEqual([{ state: 'stopped', ended_by_name: 'Olga', remaining: 5 }]);
  expect(await retry(world)).toMatchObject({ records: 5 });
});

test('a retry stopped before it began leaves no run that looks like a success', async () => {
  const { world, system } = await failing();
  const { retry_id: id } = await retry(world);
  const before = await world.sql`select last_run_id, last_success_at, consecutive_failures from integration_status`;
  await world.as(world.arne, (db) => db`select stop_retry(${world.org}, ${id})`);
  await world.sync(system.connector);
  expect(await world.sql`select last_run_id, last_success_at, consecutive_failures from integration_status`).toEqual(before);
  expect(await world.health()).toMatchObject({ health: 'red' });
  await expect(world.as(world.arne, (db) => db`select stop_retry(${world.org}, ${id})`)).rejects.toMatchObject({ code: 'SW409' });
});

test('a refused canary says why in the progress', async () => {
  const { world, system } = await failing();
  await retry(world, { corrections: [{ field: 'account', from: '9999', to: '8888' }], canary: true });
  await world.sync(system.connector);
  const [row] = await world.sql`select state, refused from retry_progress`;
  expect(row).toMatchObject({ state: 'stopped', refused: { message: 'Invalid account: 8888' } });
});

test('a dismissal is listed with who and why, and can be taken back', async () => {
  const { world, system } = await failing();
  const ids = (await world.sql`select id::int from records where state = 'failed' order by id limit 2`).map((row) => row['id'] as number);
  await world.as(world.olga, (db) => db`select dismiss_records(${world.org}, ${ids}, 'booked by hand')`);
  expect(await world.sql`select distinct state, closed_by_name, closed_reason from closed_records`).toEqual([{ state: 'dismissed', closed_by_name: 'Olga', closed_reason: 'booked by hand' }]);
  expect(await world.as(world.arne, (db) => db`select restore_records(${world.org}, ${ids}) as n`)).toMatchObject([{ n: 2 }]);
  expect(await world.states()).toEqual({ failed: 7 });
  expect(await world.sql`select count(*)::int from closed_records`).toEqual([{ count: 0 }]);
  system.answer = () => ({ state: 'exported' });
  await retry(world);
  await world.sync(system.connector);
  expect(await world.sql`select distinct state, closed_by_name, closed_reason from closed_records`).toEqual([{ state: 'exported', closed_by_name: 'Arne', closed_reason: null }]);
});

test('what was never refused goes back into the queue when its dismissal is taken back', async () => {
  const world = await createWorld();
  await world.handIn(1);
  const [one] = await world.sql<{ id: number }[]>`select id::int from records`;
  const answered = await world.as(world.arne, (db) => db`select private.dismiss_records(${world.org}, ${[one?.id ?? 0]}, 'not needed', ${world.clock.iso()}) as n`);
  expect(answered[0]).toEqual({ n: 1 });
  await world.as(world.arne, (db) => db`select private.restore_records(${world.org}, ${[one?.id ?? 0]}, ${world.clock.iso()})`);
  expect(await world.sync(createFakeSystem().connector)).toMatchObject({ exported: 1 });
});

test('a record that was across at the first try is in no list of what is resolved', async () => {
  const { world, system } = await failing();
  await world.handIn(2, { payload: { account: '4010' } });
  world.clock.forward(3600);
  await world.sync(system.connector);
  expect(await world.sql`select count(*)::int from closed_records`).toEqual([{ count: 0 }]);
});

test('all that match are dismissed with one reason, those of a state only if asked so', async () => {
  const { world } = await failing();
  await world.sql`update records set state = 'dead' where payload ->> 'account' = '9999'`;
  const [row] = await world.as(world.arne, (db) => db`select dismiss_matching(${world.org}, ${world.integration}, 'moved to next year', state => 'dead') as answer`);
  expect(row?.['answer']).toEqual({ dismissed: 3, left: 0 });
  expect(await world.states()).toEqual({ dismissed: 3, failed: 4 });
});
