import { describe, expect, test } from 'vitest';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { createFakeSystem, createWorld, refusal, slice } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Category = 'server' | 'auth' | 'rate_limit' | 'timeout';

const failure = (delivered: 'no' | 'refused' | 'unknown', category: Category): HttpFailure =>
  new HttpFailure({
    diagnosis: { message: `it failed (${category})`, code: null, field: null, category, retryable: category !== 'auth' },
    delivered, status: null, response: null, requestId: null, retryAfterSeconds: null,
  });

/** Runs whatever is due, ten minutes apart. */
async function rounds(world: World, system: ReturnType<typeof createFakeSystem>, count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    world.clock.forward(600);
    const run = await world.schedule();
    if (run !== null) await slice(world, system.connector, run);
  }
}

describe('a record that may have landed keeps its doubt', () => {
  for (const [delivered, category] of [['refused', 'auth'], ['refused', 'rate_limit'], ['no', 'timeout']] as const) {
    test(`with a system that takes the same key once, when the resend meets ${category}`, async () => {
      const world = await createWorld();
      const system = createFakeSystem({ dedupe: 'key' });
      await world.handIn(1, { source_id: 'A', amount: '10' });
      system.after = () => {
        throw failure('unknown', 'timeout');
      };
      await world.sync(system.connector);
      system.after = () => undefined;
      system.before = () => {
        throw failure(delivered, category);
      };
      world.clock.forward(120);
      await slice(world, system.connector, (await world.schedule()) ?? 0);
      await world.handIn(1, { source_id: 'A', amount: '12' });
      expect(await world.sql`select state, version, latest_version from records`).toEqual([{ state: 'uncertain', version: 1, latest_version: 2 }]);
    });
  }
});

test('a batch claimed by an answer that came too late is not sent', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(1);
  const run = (await world.schedule()) ?? 0;
  const store = world.store(run);
  const late = { ...world, store: () => ({ ...store, claim: async (...asked: Parameters<typeof store.claim>) => {
    const records = await store.claim(...asked);
    world.clock.forward(300);
    return records;
  } }) };
  expect(await slice(late, system.connector, run)).toBe('lost');
  expect(system.requests).toBe(0);
});

test('one record that makes the system fall over does not hold its neighbours for ever', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(9);
  await world.handIn(1, { payload: { account: 'poison' } });
  system.before = (records) => {
    if (records.some((record) => record.payload['account'] === 'poison')) throw failure('unknown', 'server');
  };
  await world.sync(system.connector);
  await rounds(world, system, 120);
  expect(await world.states()).toEqual({ dead: 1, exported: 9 });
});

test('a run that finds nothing because everything waits for its next try proves nothing', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(3);
  system.before = () => {
    throw failure('no', 'timeout');
  };
  await world.sync(system.connector);
  await world.sql`update records set next_attempt_at = next_attempt_at + interval '1 day'`;
  await world.sql`update integration_status set asks_again_at = null`;
  world.clock.forward(3600);
  expect(await world.sync(system.connector)).toMatchObject({ selected: 0, status: 'succeeded' });
  expect((await world.health()).health).toBe('red');
  expect(await world.sql`select last_success_at, consecutive_failures from integration_status`).toEqual([{ last_success_at: null, consecutive_failures: 1 }]);
});

test('taking records and refusing them all later, again and again, is failing', async () => {
  const world = await createWorld();
  let judged = false;
  const system = createFakeSystem({
    confirm: (_ctx, records) => Promise.resolve(records.map(() => (judged ? refusal('Invalid account: 1') : null))),
  });
  system.answer = (record) => ({ state: 'accepted', externalId: String(record.id) });
  for (let round = 0; round < 2; round += 1) {
    judged = false;
    await world.handIn(3);
    await world.sync(system.connector);
    judged = true;
    world.clock.forward(120);
    await world.sync(system.connector);
    world.clock.forward(3600);
  }
  expect((await world.health()).rules).toContain('sync_failing');
});

test('records the system took and never judged are noticed, and asked about ever more seldom', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ confirm: (_ctx, records) => Promise.resolve(records.map(() => null)) });
  system.answer = (record) => ({ state: 'accepted', externalId: String(record.id) });
  await world.handIn(1);
  await world.sync(system.connector);
  await rounds(world, system, 15);
  const { health, rules } = await world.health();
  expect(health).toBe('yellow');
  expect(rules).toContain('verdict_late');
  expect(await world.sql`select count(*)::int from attempts`).toEqual([{ count: 1 }]);
});

test('a doorbell before the time the system asked for starts nothing', async () => {
  const world = await createWorld();
  await world.handIn(1);
  const run = (await world.schedule()) ?? 0;
  const store = world.store(run);
  const held = await store.beginSlice({ dedupe: 'lookup', settlesWithinSeconds: 60 });
  await store.endSlice(held?.token ?? '', { more: true, resumeAfterSeconds: 300, error: null, wallMs: 1, cpuMs: 1 });
  expect(await store.beginSlice({ dedupe: 'lookup', settlesWithinSeconds: 60 })).toBeNull();
  world.clock.forward(301);
  expect(await store.beginSlice({ dedupe: 'lookup', settlesWithinSeconds: 60 })).not.toBeNull();
});

test('one failure kind after another is told again: a refused credential first, then a system that is down', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  const failWith = async (category: Category): Promise<void> => {
    await world.handIn(1);
    system.before = () => {
      throw failure(category === 'auth' ? 'refused' : 'no', category);
    };
    await world.sync(system.connector);
    world.clock.forward(3600);
    await world.sql`update integration_status set circuit_open_until = null, asks_again_at = null`;
  };
  await failWith('auth');
  await failWith('auth');
  await failWith('server');
  const alarms = await world.sql`select distinct notice ->> 'alarm' as alarm from notifications where kind = 'opened' order by 1`;
  expect([...alarms]).toEqual([{ alarm: 'credential_refused' }, { alarm: 'sync_failing' }]);
});

test('pressing Retry is not a recovery: nothing is told until the records are across', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ batchSize: 100 });
  await world.handIn(99);
  await world.handIn(1, { payload: { account: '9999' } });
  system.answer = (record) => (record.payload['account'] === '9999' ? refusal('Invalid account: 9999') : { state: 'exported' });
  await world.sync(system.connector);
  const kinds = async (): Promise<unknown[]> => (await world.sql`select kind from notifications where user_id = ${world.olga.id} order by id`).map((row) => row['kind'] as unknown);
  expect(await kinds()).toEqual(['opened']);
  await world.as(world.olga, (db) => db`select private.retry_failed(${world.org}, ${world.integration}, 'open', null, null, null, null, null, false, ${world.clock.iso()})`);
  await world.sql`select private.tick_evaluate(${world.clock.iso()})`;
  expect(await kinds()).toEqual(['opened']);
  await world.sync(system.connector);
  expect(await kinds()).toEqual(['opened']);
});

test('what came and went inside a maintenance window is not news at its end', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await world.handIn(1);
  const run = (await world.schedule()) ?? 0;
  await world.sql`insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, ${world.clock.iso()}, ${world.clock.iso()}::timestamptz + interval '1 hour')`;
  system.answer = () => refusal('Invalid account: 1');
  await slice(world, system.connector, run);
  await world.sql`update records set state = 'dismissed'`;
  await world.sql`select private.evaluate_health(${world.clock.iso()}, array[${world.integration}::uuid])`;
  world.clock.forward(3600);
  await world.sql`select private.tick_evaluate(${world.clock.iso()})`;
  expect(await world.sql`select count(*)::int from notifications`).toEqual([{ count: 0 }]);
});

test('two callers who hand in the same records at once both succeed', async () => {
  const world = await createWorld();
  const records = (order: number[]) => order.map((n) => ({ source_type: 'expense', source_id: `S-${n}`, payload: { n } }));
  const up = Array.from({ length: 300 }, (_, index) => index);
  const reports = await Promise.all([up, [...up].reverse(), up].map((order) =>
    world.sql`select hand_in(${world.org}, ${world.integration}, ${world.sql.json(records(order) as never)}) as report`));
  expect(reports).toHaveLength(3);
  expect(await world.states()).toEqual({ queued: 300 });
});

test('an uncertain record is not sent again while the system may still be working on it', async () => {
  const world = await createWorld();
  await world.handIn(1);
  await world.sql`update records set state = 'uncertain', next_attempt_at = ${world.clock.iso()}::timestamptz + interval '10 minutes'`;
  const [record] = await world.sql<{ id: number }[]>`select id::int from records`;
  const decide = (landed: boolean): Promise<unknown> =>
    world.as(world.olga, (db) => db`select private.decide_uncertain(${world.org}, ${record?.id ?? 0}, ${landed}, 'looked', ${world.clock.iso()})`);
  await expect(decide(false)).rejects.toMatchObject({ code: 'SW409', message: 'The system may still be working on this record.' });
  world.clock.forward(601);
  await decide(false);
  expect(await world.states()).toEqual({ queued: 1 });
});

test('a threshold that must be a whole number is refused as a fraction', async () => {
  const world = await createWorld();
  await expect(world.sql`update integrations set thresholds = '{"alarm_after_failures": 1.5}'`).rejects.toMatchObject({ code: '23514' });
});
