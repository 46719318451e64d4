import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

const evaluate = async (world: World): Promise<void> => void (await world.sql`select private.evaluate_health(${world.clock.iso()})`);

/** One run an hour that ends as told. */
async function runs(world: World, system: FakeSystem, ...endings: ('good' | 'bad' | 'partly')[]): Promise<void> {
  for (const ending of endings) {
    await world.handIn(40);
    let left = ending === 'bad' ? 40 : ending === 'partly' ? 1 : 0;
    system.answer = () => (left-- > 0 ? refusal('Invalid account: 9999') : { state: 'exported' });
    await world.sync(system.connector);
    world.clock.forward(3600);
  }
}

test('an integration that has not run and is not due yet is grey', async () => {
  const world = await createWorld();
  await evaluate(world);
  expect(await world.health()).toEqual({ health: 'grey', rules: ['never_run'] });
});

test('one that should have run and never did is red', async () => {
  const world = await createWorld();
  world.clock.forward(16 * 60);
  await evaluate(world);
  expect(await world.health()).toMatchObject({ health: 'red', rules: ['never_started'] });
});

test('green after a good run, in the same transaction that ended it', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'good');
  expect(await world.health()).toEqual({ health: 'green', rules: [] });
});

test('yellow when some records were refused', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'partly');
  expect(await world.health()).toEqual({ health: 'yellow', rules: ['cause_refused', 'last_run_warning', 'refused_open'] });
});

test('red the moment a run fails', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'good', 'bad');
  const { health, rules } = await world.health();
  expect(health).toBe('red');
  expect(rules).toContain('last_run_failed');
  const [change] = await world.sql`select c.at = r.finished_at as at_once from health_changes c join runs r on r.status = 'failed' where c.kind = 'light' and c.after = 'red'`;
  expect(change).toEqual({ at_once: true });
});

test('red 48 hours after the last success, not a minute before', async () => {
  const world = await createWorld({ everyMinutes: 10_000 });
  await world.handIn(1);
  await world.sync(createFakeSystem().connector);
  world.clock.forward(48 * 3600 - 60);
  await evaluate(world);
  expect((await world.health()).health).toBe('green');
  world.clock.forward(60);
  await evaluate(world);
  expect(await world.health()).toEqual({ health: 'red', rules: ['no_success'] });
});

test('refused records still open after 24 hours turn red', async () => {
  const world = await createWorld({ everyMinutes: 10_000 });
  await runs(world, createFakeSystem(), 'partly');
  world.clock.forward(23 * 3600 - 60);
  await evaluate(world);
  expect((await world.health()).health).toBe('yellow');
  world.clock.forward(60);
  await evaluate(world);
  expect((await world.health()).health).toBe('red');
});

test('refused records inside the last 24 hours before the cut-off are red at once', async () => {
  const world = await createWorld({ start: '2026-11-29T16:00:00.000Z' });
  await runs(world, createFakeSystem(), 'partly');
  expect((await world.health()).health).toBe('red');
});

test('an hour without a tick cannot hide an expired credential: the deadline finds it', async () => {
  const world = await createWorld({ everyMinutes: 10_000 });
  await world.sql`update integrations set credential_expires_at = ${world.clock.iso()}::timestamptz + interval '20 days'`;
  await runs(world, createFakeSystem(), 'good');
  expect((await world.health()).health).toBe('green');
  await world.sql`update integration_status set last_success_at = ${world.clock.iso()}::timestamptz + interval '30 days'`;
  world.clock.forward(6 * 86_400);
  await evaluate(world);
  expect(await world.health()).toEqual({ health: 'yellow', rules: ['credential_expires_soon'] });
  world.clock.forward(14 * 86_400);
  await evaluate(world);
  expect(await world.health()).toMatchObject({ health: 'red', rules: expect.arrayContaining(['credential_expired']) as string[] });
});

test('records that a run left behind and nobody moved are found', async () => {
  const world = await createWorld();
  await world.handIn(30);
  world.clock.forward(1);
  const lazy = createFakeSystem();
  lazy.connector.batchSize = 0;
  await world.sync(lazy.connector);
  expect((await world.health()).rules).toEqual(['nothing_moved', 'queue_depth']);
});

test('an integration switched off is grey with what it had still listed nowhere as green', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'bad');
  await world.as(world.olga, (db) => db`select set_enabled(${world.org}, ${world.integration}, false, 'moving ledgers')`);
  expect(await world.health()).toEqual({ health: 'grey', rules: ['disabled'] });
});

test('grey in maintenance, and judged again at its end', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'bad');
  await world.sql`insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, ${world.clock.iso()}, ${world.clock.iso()}::timestamptz + interval '1 hour')`;
  await world.sql`update integration_status set dirty = true`;
  await evaluate(world);
  expect((await world.health()).health).toBe('grey');
  world.clock.forward(3600);
  await evaluate(world);
  expect((await world.health()).health).toBe('red');
});

test('the light follows the last sync: one good run is enough for green, the alarm closes with the second', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await runs(world, system, 'bad', 'bad');
  expect((await world.health()).rules).toContain('sync_failing');
  await world.sql`update records set state = 'dismissed' where state = 'failed'`;
  await runs(world, system, 'good');
  expect(await world.health()).toEqual({ health: 'green', rules: ['sync_failing'] });
  await runs(world, system, 'good');
  expect(await world.health()).toEqual({ health: 'green', rules: [] });
});

test('a volume far from its own usual is noticed', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ batchSize: 100 });
  await runs(world, system, 'good', 'good', 'good', 'good', 'good', 'good');
  await world.handIn(400);
  system.answer = () => ({ state: 'exported' });
  await world.sync(system.connector);
  expect(await world.health()).toEqual({ health: 'yellow', rules: ['volume_unusual'] });
});

test('a tick looks only at what changed or fell due', async () => {
  const world = await createWorld();
  await world.sql`insert into integrations (org_id, system, slug, name, next_due_at, created_at) select ${world.org}, 'fake', 'i-' || n, 'I', ${world.clock.iso()}::timestamptz + interval '1 day', ${world.clock.iso()} from generate_series(1, 20) n`;
  const looked = async (): Promise<unknown> => (await world.sql`select private.evaluate_health(${world.clock.iso()}) as n`)[0]?.['n'];
  expect(await looked()).toBe(21);
  expect(await looked()).toBe(0);
  await world.handIn(1);
  expect(await looked()).toBe(1);
});

test('a threshold that is not a number is refused where it is set, so it cannot poison a tick', async () => {
  const world = await createWorld();
  await expect(world.sql`update integrations set thresholds = '{"no_success_hours": "many"}'`).rejects.toMatchObject({ code: '23514' });
});

test('records left to the schedule by a retry are not held against it', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ batchSize: 100 });
  await runs(world, system, 'partly');
  await world.handIn(60);
  world.clock.forward(60);
  await world.as(world.olga, (db) => db`select private.retry_failed(${world.org}, ${world.integration}, 'open', null, null, null, null, null, false, ${world.clock.iso()})`);
  system.answer = () => ({ state: 'exported' });
  await world.sql`update integrations set next_due_at = ${world.clock.iso()}::timestamptz + interval '1 hour'`;
  expect(await world.sync(system.connector)).toMatchObject({ trigger: 'retry', exported: 1 });
  expect(await world.health()).toEqual({ health: 'green', rules: [] });
});

test('a run that waits because the system asked for time is not stuck', async () => {
  const world = await createWorld();
  const run = await world.schedule();
  await world.sql`update runs set status = 'running', started_at = ${world.clock.iso()} where id = ${run}`;
  world.clock.forward(70 * 60);
  await world.sql`update runs set resume_at = ${world.clock.iso()}::timestamptz + interval '10 minutes'`;
  await world.sql`update integration_status set dirty = true`;
  await evaluate(world);
  expect((await world.health()).rules).not.toContain('stuck_run');
  world.clock.forward(21 * 60);
  await evaluate(world);
  expect((await world.health()).rules).toContain('stuck_run');
});

test('when the last owner and admin leaves, nobody would be told, and that is red at the next tick', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'good');
  await world.sql`delete from members where org_id = ${world.org} and role <> 'viewer'`;
  await evaluate(world);
  expect(await world.health()).toMatchObject({ health: 'red', rules: ['nobody_told'] });
});
