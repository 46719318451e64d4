import { expect, test } from 'vitest';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

type Answer = { retry_id: number; run_id: number | null; records: number; mapped: number };

async function retry(world: World, ask: { scope?: string; to?: string } = {}): Promise<Answer> {
  const rows = await world.as(world.arne, (db) => db`
    select private.retry_failed(${world.org}, ${world.integration}, ${ask.scope ?? 'open'}, null, null, ${ask.to === undefined ? null : 'account'},
      null, ${ask.to ?? null}, false, ${world.clock.iso()}) as answer`);
  return rows[0]?.['answer'] as Answer;
}

/** 25 records refused for their account, and a system that takes them from now on. */
async function refused(payload: Record<string, unknown> = { account: '9999' }): Promise<{ world: World; system: FakeSystem }> {
  const world = await createWorld();
  const system = createFakeSystem();
  system.answer = () => refusal('Invalid account: 9999');
  await world.handIn(25, { payload });
  await world.sync(system.connector);
  world.clock.forward(60);
  system.answer = () => ({ state: 'exported' });
  return { world, system };
}

function goDown(system: FakeSystem): void {
  system.before = () => {
    throw new HttpFailure({
      diagnosis: { message: 'Wrong password', code: null, field: null, category: 'auth', retryable: false },
      delivered: 'refused', status: 401, response: null, requestId: null, retryAfterSeconds: null,
    });
  };
}

const retries = (world: World): Promise<unknown> => world.sql`select state, taken from retries`.then((rows) => rows.map((row) => ({ ...row })));

test('asking for a retry writes to no record: each is taken, and corrected, when its turn comes', async () => {
  const { world } = await refused();
  const before = await world.sql`select xmin::text from records order by id`;
  expect(await retry(world, { to: '4010' })).toMatchObject({ records: 25, mapped: 25 });
  expect(await world.sql`select xmin::text from records order by id`).toEqual(before);
});

test('a retry whose run could not go on goes on by itself, with the same correction, once it may', async () => {
  const { world, system } = await refused();
  await retry(world, { to: '4010' });
  goDown(system);
  await world.sync(system.connector);
  expect(await retries(world)).toEqual([{ state: 'waiting', taken: 10 }]);
  expect(await world.states()).toEqual({ failed: 15, queued: 10 });
  system.before = () => undefined;
  world.clock.forward(299);
  expect(await world.schedule()).toBeNull();
  world.clock.forward(1);
  expect(await world.sync(system.connector)).toMatchObject({ trigger: 'retry', selected: 15, exported: 15 });
  expect(await retries(world)).toEqual([{ state: 'done', taken: 0 }]);
  expect(await world.sql`select count(*)::int from records where state = 'exported' and payload ->> 'account' = '4010'`).toEqual([{ count: 15 }]);
});

test('whoever asks again while a retry waits for the system starts it at once', async () => {
  const { world, system } = await refused();
  const first = await retry(world);
  goDown(system);
  await world.sync(system.connector);
  system.before = () => undefined;
  world.clock.forward(1);
  const second = await retry(world);
  expect(second).toMatchObject({ retry_id: first.retry_id, records: 0 });
  expect(second.run_id).not.toBe(first.run_id);
  expect(await world.sync(system.connector)).toMatchObject({ id: second.run_id, selected: 15, exported: 15 });
});

test('what was dismissed, or handed in anew, since the retry was asked for is passed over', async () => {
  const { world, system } = await refused();
  await retry(world);
  const [one, other] = await world.sql<{ id: string; source_id: string }[]>`select id, source_id from records order by id limit 2`;
  await world.as(world.olga, (db) => db`select dismiss_records(${world.org}, ${[one?.id ?? '']}, 'booked by hand')`);
  await world.handIn(1, { source_id: other?.source_id, payload: { account: '4011' } });
  expect(await world.sync(system.connector)).toMatchObject({ selected: 23, exported: 23 });
  expect(await world.states()).toEqual({ dismissed: 1, exported: 23, queued: 1 });
});

test('what fails while a retry waits is not the waiting retry\'s, and can be retried beside it', async () => {
  const { world, system } = await refused();
  world.clock.forward(3_600);
  await world.handIn(2, { payload: { account: '7777' } });
  await world.schedule();
  await retry(world);
  system.answer = () => refusal('Invalid account: 7777');
  await world.sync(system.connector);
  expect(await retry(world)).toMatchObject({ records: 2 });
  system.answer = () => ({ state: 'exported' });
  expect(await world.sync(system.connector)).toMatchObject({ trigger: 'retry', selected: 25 });
  expect(await world.sync(system.connector)).toMatchObject({ trigger: 'retry', selected: 2 });
  expect(new Set(system.ledger).size).toBe(27);
});

test('a number that is corrected stays a number where it can, and a code with a leading zero becomes text', async () => {
  for (const [to, becomes] of [['4010', 4010], ['0401', '0401']] as const) {
    const { world, system } = await refused({ account: 9999 });
    await retry(world, { to });
    await world.sync(system.connector);
    expect(await world.sql`select distinct payload -> 'account' as account from records`).toEqual([{ account: becomes }]);
  }
});
