import { expect, test } from 'vitest';
import { createFakeSystem, createWorld } from '../support/world.ts';

test('a tick that comes twice starts one run', async () => {
  const world = await createWorld();
  await world.schedule();
  await world.schedule();
  expect(await world.sql`select count(*)::int from runs`).toEqual([{ count: 1 }]);
});

test('slots missed while nothing ticked become one run, and the schedule keeps its phase', async () => {
  const world = await createWorld({ everyMinutes: 60 });
  world.clock.forward(5.5 * 3600);
  await world.schedule();
  const [row] = await world.sql`select (select count(*)::int from runs) as runs, next_due_at from integrations`;
  expect(row?.['runs']).toBe(1);
  expect((row?.['next_due_at'] as Date).toISOString()).toBe('2026-11-10T14:00:00.000Z');
});

test('nothing starts while a run is under way, and what was due starts when it ends', async () => {
  const world = await createWorld({ everyMinutes: 5 });
  const run = await world.schedule();
  world.clock.forward(600);
  expect(await world.schedule()).toBe(run);
  const store = world.store(run ?? 0);
  const held = await store.beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 });
  await store.endSlice(held?.token ?? '', { more: false, resumeAfterSeconds: 0, error: null, wallMs: 1, cpuMs: 1 });
  expect(await world.sql`select id::int, status from runs order by id`).toEqual([
    { id: run, status: 'succeeded' }, { id: (run ?? 0) + 1, status: 'scheduled' },
  ]);
});

test('nothing starts in a maintenance window', async () => {
  const world = await createWorld();
  await world.sql`insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, ${world.clock.iso()}, ${world.clock.iso()}::timestamptz + interval '1 hour')`;
  expect(await world.schedule()).toBeNull();
  world.clock.forward(3600);
  expect(await world.schedule()).not.toBeNull();
});

test('nothing starts for an integration that is off', async () => {
  const world = await createWorld();
  await world.sql`update integrations set enabled = false`;
  expect(await world.schedule()).toBeNull();
});

test('after three run-level errors in a row the schedule pauses, and a good run lifts the pause', async () => {
  const world = await createWorld({ everyMinutes: 1 });
  const system = createFakeSystem();
  system.connector.settings = system.connector.settings.refine(() => broken === false, 'broken');
  let broken = true;
  for (let round = 0; round < 3; round += 1) {
    expect((await world.sync(system.connector)).status).toBe('failed');
    world.clock.forward(60);
  }
  expect(await world.schedule()).toBeNull();
  world.clock.forward(300);
  broken = false;
  expect((await world.sync(system.connector)).status).toBe('succeeded');
  expect(await world.sql`select circuit_failures, circuit_open_until from integration_status`).toEqual([{ circuit_failures: 0, circuit_open_until: null }]);
});

test('a run no function takes up ends as never started, by name', async () => {
  const world = await createWorld();
  await world.schedule();
  await world.sql`select private.ring_runs(${world.clock.iso()})`;
  world.clock.forward(601);
  await world.sql`select private.reap(${world.clock.iso()})`;
  expect(await world.sql`select status, error_code, error_message from runs`).toEqual([
    { status: 'failed', error_code: 'never_started', error_message: 'No function answered for the system "fake" within 10 minutes.' },
  ]);
});

test('five slices lost in a row end the run as stuck', async () => {
  const world = await createWorld();
  const run = (await world.schedule()) ?? 0;
  for (let round = 0; round < 5; round += 1) {
    expect(await world.store(run).beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 })).not.toBeNull();
    world.clock.forward(121);
    await world.sql`select private.reap(${world.clock.iso()})`;
  }
  expect(await world.sql`select status, error_code from runs where id = ${run}`).toEqual([{ status: 'failed', error_code: 'stuck' }]);
});

test('one organization with many integrations is rung for at most four at a time, and the other is not kept waiting', async () => {
  const world = await createWorld();
  await world.sql`
    insert into integrations (org_id, system, slug, name, next_due_at) select ${world.org}, 'fake', 'more-' || n, 'More', ${world.clock.iso()} from generate_series(1, 50) n`;
  await world.sql`insert into integrations (org_id, system, slug, name, next_due_at) values (${world.otherOrg}, 'fake', 'only', 'Only', ${world.clock.iso()})`;
  await world.schedule();
  await world.sql`select private.ring_runs(${world.clock.iso()})`;
  const rung = await world.sql`select org_id, count(*)::int from runs where rung_at is not null group by org_id order by count`;
  expect(rung).toEqual([{ org_id: world.otherOrg, count: 1 }, { org_id: world.org, count: 4 }]);
});

test('a member starts a run now, and a second click meets the first', async () => {
  const world = await createWorld();
  const click = async (): Promise<unknown> => (await world.as(world.arne, (db) => db`select sync_now(${world.org}, ${world.integration}) as answer`))[0]?.['answer'];
  expect(await click()).toEqual(await click());
  expect(await world.sql`select trigger, requested_by from runs`).toEqual([{ trigger: 'manual', requested_by: world.arne.id }]);
});

test('a viewer is refused with a reason, and a stranger hears that there is nothing', async () => {
  const world = await createWorld();
  await expect(world.as(world.vera, (db) => db`select sync_now(${world.org}, ${world.integration})`)).rejects.toMatchObject({ code: 'SW403' });
  await expect(world.as(world.stine, (db) => db`select sync_now(${world.org}, ${world.integration})`)).rejects.toMatchObject({ code: 'SW404' });
});
