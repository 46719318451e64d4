import { expect, test } from 'vitest';
import { LeaseLost } from '../../supabase/functions/_kit/store.ts';
import { createFakeSystem, createWorld, slice } from '../support/world.ts';

const begin = { dedupe: 'lookup', settlesWithinSeconds: 60 };

test('a doubled doorbell finds nothing to take while a slice is alive', async () => {
  const world = await createWorld();
  await world.handIn(1);
  const store = world.store((await world.schedule()) ?? 0);
  expect(await store.beginSlice(begin)).not.toBeNull();
  expect(await store.beginSlice(begin)).toBeNull();
});

test('a late doorbell for a run that is over finds nothing to take', async () => {
  const world = await createWorld();
  await world.handIn(1);
  const run = await world.sync(createFakeSystem().connector);
  expect(await world.store(run.id).beginSlice(begin)).toBeNull();
});

test('a slice that outlives its lease and comes back cannot write, and its records are asked about first', async () => {
  const world = await createWorld();
  await world.handIn(3);
  const run = (await world.schedule()) ?? 0;
  const store = world.store(run);
  const zombie = await store.beginSlice(begin);
  const claimed = await store.claim(zombie?.token ?? '', ['queued'], 10);
  expect(claimed).toHaveLength(3);
  world.clock.forward(121);
  expect(await world.store(run).beginSlice(begin)).not.toBeNull();
  const write = store.settle(zombie?.token ?? '', claimed.map(({ id }) => ({ id, state: 'exported' as const })));
  await expect(write).rejects.toBeInstanceOf(LeaseLost);
  expect(await world.states()).toEqual({ uncertain: 3 });
});

test('a batch takes no more than asked for, oldest first', async () => {
  const world = await createWorld();
  await world.handIn(5);
  world.clock.forward(1);
  await world.handIn(5);
  const store = world.store((await world.schedule()) ?? 0);
  const held = await store.beginSlice(begin);
  const ids = async (): Promise<string[]> => (await store.claim(held?.token ?? '', ['queued'], 4)).map((record) => record.source_id);
  expect(await ids()).toEqual(['E-1', 'E-2', 'E-3', 'E-4']);
  expect(await ids()).toEqual(['E-5', 'E-6', 'E-7', 'E-8']);
  expect(await ids()).toEqual(['E-9', 'E-10']);
});

test('an integration that is switched off in the middle of a run gets nothing more', async () => {
  const world = await createWorld();
  await world.handIn(30);
  const run = (await world.schedule()) ?? 0;
  const store = world.store(run);
  const held = await store.beginSlice(begin);
  expect(await store.claim(held?.token ?? '', ['queued'], 10)).toHaveLength(10);
  await world.sql`update integrations set enabled = false where id = ${world.integration}`;
  expect(await store.claim(held?.token ?? '', ['queued'], 10)).toHaveLength(0);
});

test('a slice killed in the middle loses nothing: the next one settles the doubt and goes on', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(25);
  const run = (await world.schedule()) ?? 0;
  const killed = world.store(run);
  const held = await killed.beginSlice(begin);
  const claimed = await killed.claim(held?.token ?? '', ['queued'], 10);
  await system.connector.push({ settings: {}, credential: {}, http: {} as never }, claimed.map((record) => ({ ...record, sourceType: '', sourceId: '', occurredOn: null, externalId: null })));
  world.clock.forward(130);
  await world.sql`select private.reap(${world.clock.iso()})`;
  expect(await world.states()).toEqual({ queued: 15, uncertain: 10 });
  world.clock.forward(61);
  expect(await slice(world, system.connector, run)).toBe('done');
  expect(await world.states()).toEqual({ exported: 25 });
  expect(system.ledger).toHaveLength(25);
  expect(new Set(system.ledger).size).toBe(25);
});
