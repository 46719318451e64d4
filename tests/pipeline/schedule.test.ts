import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, type World } from '../support/world.ts';

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

test('runs whose function never answers do not keep those that came after them waiting', async () => {
  const world = await createWorld();
  await createCrowd(world, 40);
  await world.schedule();
  await ring(world);
  world.clock.forward(1);
  const late = await addRun(world);
  world.clock.forward(60);
  await ring(world);
  expect(await wasRung(world, late)).toBe(true);
  expect(await world.sql`select count(*)::int from runs where rung_at = ${world.clock.iso()}`).toEqual([{ count: 1 + 8 }]);
});

test('within an organization too, runs whose function never answers give way', async () => {
  const world = await createWorld();
  await world.sql`
    insert into integrations (org_id, system, slug, name, next_due_at) select ${world.org}, 'fake', 'more-' || n, 'More', ${world.clock.iso()} from generate_series(1, 5) n`;
  await world.schedule();
  await ring(world);
  world.clock.forward(60);
  await ring(world);
  expect(await world.sql`select from runs where rung_at is null`).toHaveLength(0);
});

test('a system whose function is down holds eight places at most, even with runs that had no turn yet', async () => {
  const world = await createWorld();
  await world.sql`update integrations set enabled = false`;
  await createCrowd(world, 80, 'down');
  await world.schedule();
  await ring(world);
  await createCrowd(world, 20, 'fine');
  await world.schedule();
  world.clock.forward(60);
  await ring(world);
  expect(await rungNow(world)).toEqual({ down: 8, fine: 20 });
});

test('while any slice of its system is alive, one lost doorbell does not make the others wait', async () => {
  const world = await createWorld();
  await createCrowd(world, 40, 'crowd');
  await world.schedule();
  await ring(world);
  const [first] = await world.sql<{ org: string; id: number }[]>`
    select r.org_id as org, r.id::int from runs r join integrations i on i.id = r.integration_id where r.rung_at is not null and i.system = 'crowd' order by r.id limit 1`;
  await world.sql`select begin_slice(${first?.org ?? ''}, ${first?.id ?? 0}, 'none', 60, ${world.clock.iso()})`;
  await createCrowd(world, 20, 'crowd', 'later');
  await world.schedule();
  world.clock.forward(60);
  await ring(world);
  const [fresh] = await world.sql`select count(*)::int from runs where rung_at = ${world.clock.iso()} and waiting_since = rung_at`;
  expect(fresh).toEqual({ count: 8 + 1 + 20 });
});

test('a run of many slices goes to the back of the queue after each, so that others come in between', async () => {
  const world = await createWorld();
  await createCrowd(world, 40);
  await world.schedule();
  await ring(world);
  const [long] = await world.sql<{ org: string; id: number }[]>`select org_id as org, id::int from runs where rung_at is not null order by id limit 1`;
  const [held] = await world.sql`select begin_slice(${long?.org ?? ''}, ${long?.id ?? 0}, 'none', 60, ${world.clock.iso()}) ->> 'token' as token`;
  world.clock.forward(1);
  await world.sql`select end_slice(${long?.org ?? ''}, ${long?.id ?? 0}, ${held?.['token'] as string}, true, null, 0, 1, 1, ${world.clock.iso()})`;
  expect(await wasRung(world, long?.id ?? 0)).toBe(false);
  expect(await world.sql`select count(*)::int from runs where rung_at = ${world.clock.iso()}`).toEqual([{ count: 1 }]);
});

test('two sessions never ring at the same moment, so that together they ring for no more than may be alive', async () => {
  const world = await createWorld();
  await createCrowd(world, 60);
  await world.schedule();
  await world.sql.begin(async (first) => {
    await first`select private.ring_runs(${world.clock.iso()})`;
    const second = world.sql.begin(async (transaction) => {
      await transaction`set local lock_timeout = '50ms'`;
      await transaction`select private.ring_runs(${world.clock.iso()})`;
    });
    await expect(second).rejects.toMatchObject({ code: '55P03' });
  });
  await ring(world);
  expect(await world.sql`select count(*)::int from runs where rung_at is not null`).toEqual([{ count: 32 }]);
});

test('a batch writes the run without touching its indexes, and so leaves nothing behind that only a vacuum could clear', async () => {
  const world = await createWorld();
  await world.handIn(20);
  const run = (await world.schedule()) ?? 0;
  const updates = await world.sql.begin(async (sql) => {
    const [begun] = await sql`select begin_slice(${world.org}, ${run}, 'none', 60, ${world.clock.iso()}) ->> 'token' as token`;
    const claim = (): Promise<unknown> => {
      world.clock.forward(1);
      return sql`select claim_records(${world.org}, ${run}, ${begun?.['token'] as string}, array['queued'], 10, ${world.clock.iso()})`.execute();
    };
    const counted = async (): Promise<{ all: number; hot: number }> => (await sql<{ all: number; hot: number }[]>`
      select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_xact_user_tables where relid = 'public.runs'::regclass`)[0] ?? { all: 0, hot: 0 };
    await claim();
    const before = await counted();
    await claim();
    const after = await counted();
    return { all: after.all - before.all, hot: after.hot - before.hot };
  });
  expect(updates.all).toBeGreaterThan(0);
  expect(updates.hot).toBe(updates.all);
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

const ring = (world: World): Promise<unknown> => world.sql`select private.ring_runs(${world.clock.iso()})`.execute();

/** So many organizations with one integration each, due now. */
async function createCrowd(world: World, count: number, system = 'crowd', slug = system): Promise<void> {
  await world.sql`
    with crowd as (insert into organizations (slug, name) select ${slug} || '-' || n, 'Crowd' from generate_series(1, ${count}::int) n returning id)
    insert into integrations (org_id, system, slug, name, next_due_at) select id, ${system}, 'only', 'Only', ${world.clock.iso()} from crowd`;
}

/** How many were rung at this moment, by system. */
async function rungNow(world: World): Promise<Record<string, number>> {
  const rows = await world.sql<{ system: string; count: number }[]>`
    select i.system, count(*)::int from runs r join integrations i on i.id = r.integration_id where r.rung_at = ${world.clock.iso()} group by 1 order by 1`;
  return Object.fromEntries(rows.map(({ system, count }) => [system, count]));
}

/** One more run, of the organization that has none yet. */
async function addRun(world: World): Promise<number> {
  const [run] = await world.sql<{ id: number }[]>`
    with i as (insert into integrations (org_id, system, slug, name) values (${world.otherOrg}, 'late', 'late', 'Late') returning org_id, id)
    insert into runs (org_id, integration_id, trigger, due_at, created_at) select org_id, id, 'manual', ${world.clock.iso()}, ${world.clock.iso()} from i
    returning id::int`;
  return run?.id ?? 0;
}

async function wasRung(world: World, run: number): Promise<boolean> {
  const [row] = await world.sql<{ rung: boolean }[]>`select rung_at is not null as rung from runs where id = ${run}`;
  return row?.rung ?? false;
}
