import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';

const partitions = async (world: Awaited<ReturnType<typeof createWorld>>): Promise<string[]> =>
  (await world.sql<{ name: string }[]>`select c.relname as name from pg_inherits h join pg_class c on c.oid = h.inhrelid where h.inhparent = 'public.attempts'::regclass order by 1`).map((row) => row.name);

test('the months around now have partitions of their own, each with row-level security', async () => {
  const world = await createWorld();
  await world.sql`select private.ensure_partitions('2027-03-15')`;
  expect(await partitions(world)).toEqual(expect.arrayContaining(['attempts_2027_02', 'attempts_2027_03', 'attempts_2027_04', 'attempts_2027_05', 'attempts_rest']));
  expect(await world.sql`select relname from pg_class where relname like 'attempts_2%' and relkind = 'r' and not relrowsecurity`).toHaveLength(0);
});

test('attempts older than 400 days go with their month, and a record still open stays with all that is known of it', async () => {
  const world = await createWorld({ start: '2026-11-10T08:00:00.000Z' });
  const system = createFakeSystem();
  await world.handIn(9);
  await world.handIn(1, { payload: { account: '9999' } });
  system.answer = (record) => (record.payload['account'] === '9999' ? refusal('Invalid account: 9999') : { state: 'exported' });
  await world.sync(system.connector);
  world.clock.set('2028-02-01T03:17:00.000Z');
  await world.sql`select private.tick_retention(${world.clock.iso()})`;
  expect(await partitions(world)).not.toContain('attempts_2026_11');
  expect(await world.states()).toEqual({ exported: 9, failed: 1 });
  expect(await world.sql`select error_message, error_value from failed_records`).toEqual([{ error_message: 'Invalid account: 9999', error_value: '9999' }]);
});

test('a month whose job was missed is caught in the rest, and nothing is lost', async () => {
  const world = await createWorld({ start: '2030-05-01T08:00:00.000Z' });
  await world.handIn(3);
  await world.sync(createFakeSystem().connector);
  expect(await world.sql`select count(*)::int from private.attempts_rest`).toEqual([{ count: 3 }]);
  await world.sql`select private.tick_retention(${world.clock.iso()})`;
  expect(await world.sql`select count(*)::int from attempts`).toEqual([{ count: 3 }]);
});
