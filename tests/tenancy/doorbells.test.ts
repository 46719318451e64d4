import { expect, test } from 'vitest';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

/** Runs that people asked for and that are over, `seconds` before now. */
async function asked(world: World, count: number, trigger: 'manual' | 'retry' | 'schedule', seconds: number): Promise<void> {
  await world.sql`
    insert into runs (org_id, integration_id, trigger, status, due_at, created_at, finished_at)
    select ${world.org}, ${world.integration}, ${trigger}, 'succeeded', now() - make_interval(secs => ${seconds}) - make_interval(secs => n / 1000.0), now() - make_interval(secs => ${seconds}), now()
    from generate_series(1, ${count}) n`;
}

const press = (world: World, button: 'sync_now' | 'retry_failed'): Promise<unknown> =>
  world.as(world.arne, (db) => db.unsafe(`select ${button}('${world.org}', '${world.integration}')`));

async function refuseOne(world: World): Promise<void> {
  await world.handIn(1);
  await world.sql`update records set state = 'failed', failed_at = now()`;
}

test.each(['sync_now', 'retry_failed'] as const)('%s is refused the 61st time within a minute, and writes nothing', async (button) => {
  const world = await createWorld();
  await refuseOne(world);
  await asked(world, 59, 'manual', 30);
  await asked(world, 1, 'retry', 5);
  const before = await world.sql`select (select count(*)::int from runs) as runs, (select count(*)::int from audit_log) as told, (select count(*)::int from retries) as retries`;
  await expect(press(world, button)).rejects.toMatchObject({ code: 'SW429', hint: expect.stringContaining('minute') as string });
  expect(await world.sql`select (select count(*)::int from runs) as runs, (select count(*)::int from audit_log) as told, (select count(*)::int from retries) as retries`).toEqual([...before]);
});

test.each(['sync_now', 'retry_failed'] as const)('%s goes through the 60th time, and again once the minute is over', async (button) => {
  const world = await createWorld();
  await refuseOne(world);
  await asked(world, 60, 'manual', 61);
  await asked(world, 59, 'manual', 30);
  await press(world, button);
});

test('what the schedule does counts against nobody, nor does another integration', async () => {
  const world = await createWorld();
  await asked(world, 200, 'schedule', 30);
  await press(world, 'sync_now');
});

test('pressing while a run is under way answers with that run, however often', async () => {
  const world = await createWorld();
  await press(world, 'sync_now');
  await asked(world, 100, 'manual', 5);
  const answers = await Promise.all(Array.from({ length: 5 }, () => press(world, 'sync_now')));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await world.sql`select count(*)::int as n from runs where status in ('scheduled', 'running')`).toEqual([{ n: 1 }]);
});
