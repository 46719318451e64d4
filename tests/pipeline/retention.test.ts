import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal, type World } from '../support/world.ts';

const partitions = async (world: World): Promise<string[]> =>
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
  await retainAll(world);
  expect(await partitions(world)).not.toContain('attempts_2026_11');
  expect(await world.states()).toEqual({ exported: 9, failed: 1 });
  expect(await world.sql`select error_message, error_value from failed_records`).toEqual([{ error_message: 'Invalid account: 9999', error_value: '9999' }]);
  expect(await world.sql`select outcome, message from attempts`).toEqual([{ outcome: 'failed', message: 'Invalid account: 9999' }]);
});

test('what happened to a record goes once the record is across', async () => {
  const world = await createWorld({ start: '2026-11-10T08:00:00.000Z' });
  const system = createFakeSystem();
  await world.handIn(1);
  system.answer = () => refusal('Invalid account: 9999');
  await world.sync(system.connector);
  world.clock.set('2028-02-01T03:17:00.000Z');
  await retain(world);
  await world.sql`update records set state = 'exported'`;
  await retain(world);
  expect(await world.sql`select from attempts`).toHaveLength(0);
});

test('a month is dropped while runs go on: nobody loses an answer, and each record is sent once', async () => {
  const world = await createWorld({ start: '2027-12-31T23:00:00.000Z' });
  const system = createFakeSystem();
  await oldAttempts(world, '2026-11-10');
  await retainAll(world);
  await world.handIn(60);
  let answered = 0;
  let dropping: Promise<unknown> = Promise.resolve();
  system.answer = () => {
    answered += 1;
    // In the middle of the second batch of six, so that batches are settled before, while and after it is dropped.
    if (answered === 15) dropping = retain(world, '2028-02-01T03:17:00.000Z');
    return { state: 'exported' };
  };
  const run = await world.sync(system.connector);
  await dropping;
  expect(await partitions(world)).not.toContain('attempts_2026_11');
  expect(run).toMatchObject({ status: 'succeeded', selected: 60, exported: 60 });
  expect(new Set(system.ledger).size).toBe(system.ledger.length);
  expect(await world.sql`select count(distinct record_id)::int as records, count(*)::int as attempts from attempts`).toEqual([{ records: 60, attempts: 60 }]);
});

test('a month that somebody is reading stays for the next time, and keeps nobody waiting', async () => {
  const world = await createWorld({ start: '2027-12-31T03:17:00.000Z' });
  await oldAttempts(world, '2026-11-10');
  await retainAll(world);
  world.clock.set('2028-02-01T03:17:00.000Z');
  await world.sql.begin(async (reader) => {
    await reader`select count(*) from attempts`;
    await retain(world);
    expect(await beatAt(world)).toEqual(world.clock());
  });
  expect(await partitions(world)).toContain('attempts_2026_11');
  await retain(world);
  expect(await partitions(world)).not.toContain('attempts_2026_11');
});

test('months that nobody dropped for long go one at a time, so that the table is never out of reach for long', async () => {
  const world = await createWorld({ start: '2028-02-01T03:17:00.000Z' });
  await oldAttempts(world, '2026-09-15');
  const old = async (): Promise<string[]> => (await partitions(world)).filter((name) => name < 'attempts_2026_11');
  expect(await old()).toEqual(['attempts_2026_08', 'attempts_2026_09', 'attempts_2026_10']);
  await retain(world);
  expect(await old()).toEqual(['attempts_2026_09', 'attempts_2026_10']);
  await retain(world);
  await retain(world);
  expect(await old()).toEqual([]);
});

test('the partitions ahead are made while a run is being settled', async () => {
  const world = await createWorld();
  await world.sql.begin(async (settling) => {
    await settling`insert into attempts (org_id, integration_id, record_id, version, run_id, at, outcome)
      values (${world.org}, ${world.integration}, 1, 1, 1, ${world.clock.iso()}, 'exported')`;
    await world.sql`select private.ensure_partitions('2030-01-15')`;
  });
  expect(await partitions(world)).toEqual(expect.arrayContaining(['attempts_2029_12', 'attempts_2030_01', 'attempts_2030_02', 'attempts_2030_03']));
});

test('attempts made after the clock stood still for months are caught in the rest, and leave with their time', async () => {
  const world = await createWorld({ start: '2030-05-01T08:00:00.000Z' });
  await world.handIn(3);
  await world.sync(createFakeSystem().connector);
  expect(await world.sql`select count(*)::int from private.attempts_rest`).toEqual([{ count: 3 }]);
  await world.sql`select private.tick_retention(${world.clock.iso()})`;
  expect(await world.sql`select count(*)::int from attempts`).toEqual([{ count: 3 }]);
  // The month that has rows in the rest stays there; those after it have partitions again.
  expect(await partitions(world)).not.toContain('attempts_2030_05');
  expect(await partitions(world)).toContain('attempts_2030_06');
  await retain(world, '2031-07-01T03:17:00.000Z');
  expect(await world.sql`select count(*)::int from attempts`).toEqual([{ count: 0 }]);
});

test('runs that found nothing are forgotten after 30 days, the others after 400, and the last of an integration never', async () => {
  const world = await createWorld({ start: '2026-11-10T08:00:00.000Z' });
  const system = createFakeSystem();
  const sync = async (at: string, records: number): Promise<number> => {
    world.clock.set(at);
    await world.handIn(records);
    return (await world.sync(system.connector)).id;
  };
  const left = async (): Promise<number[]> => (await world.sql<{ id: number }[]>`select id::int from runs order by id`).map(({ id }) => id);
  const [, moved, last] = [await sync('2026-11-10T08:00:00Z', 0), await sync('2026-11-11T08:00:00Z', 2), await sync('2026-11-12T08:00:00Z', 0)];
  await retain(world, '2026-12-10T07:00:00Z');
  expect(await left()).toHaveLength(3);
  await retain(world, '2027-01-10T08:00:00Z');
  expect(await left()).toEqual([moved, last]);
  await retain(world, '2028-01-10T08:00:00Z');
  expect(await left()).toEqual([last]);
  expect(await world.sql`select run_id::int from slices`).toEqual([{ run_id: last }]);
});

test('incidents and whom they were told to are forgotten 400 days after they were resolved; what is open stays', async () => {
  const world = await createWorld({ start: '2026-11-10T08:00:00.000Z' });
  const system = createFakeSystem();
  await world.handIn(2);
  system.answer = (record) => refusal(`Refused for a reason of its own: ${record.sourceId}`, { code: record.sourceId });
  await world.sync(system.connector);
  const told = async (): Promise<unknown> => (await world.sql`
    select (select count(*)::int from incidents) as incidents, (select count(*)::int from deliveries) as deliveries`)[0];
  expect(await told()).toEqual({ incidents: 2, deliveries: 4 });
  await world.sql`update incidents set state = 'resolved', resolved_at = opened_at where id = (select min(id) from incidents)`;
  await retain(world, '2027-12-16T03:17:00.000Z');
  expect(await told()).toEqual({ incidents: 1, deliveries: 2 });
});

test('what was deleted over there is forgotten 90 days after we learned of it; what is there still stays, however old', async () => {
  const world = await createWorld({ start: '2026-11-10T08:00:00.000Z' });
  const { sql, org, integration } = world;
  await sql`insert into streams (org_id, integration_id, stream, rows) values (${org}, ${integration}, 'contacts', 3)`;
  await sql`
    insert into pulled_records (org_id, integration_id, stream, source_id, payload, deleted_at, pulled_at) values
      (${org}, ${integration}, 'contacts', 'here', '{"name": "A"}', null, '2026-11-10'),
      (${org}, ${integration}, 'contacts', 'gone', '{"name": "B"}', '2026-11-10', '2026-11-10'),
      (${org}, ${integration}, 'contacts', 'gone later', null, '2026-11-10', '2026-12-01')`;
  await retain(world, '2027-02-07T23:00:00.000Z');
  expect(await sql`select from pulled_records`).toHaveLength(3);
  await retain(world, '2027-02-09T08:00:00.000Z');
  expect(await sql`select source_id from pulled_records order by 1`).toEqual([{ source_id: 'gone later' }, { source_id: 'here' }]);
  expect(await sql`select rows from streams`).toEqual([{ rows: 2 }]);
});

/** Every hour of a night. */
async function retainAll(world: World): Promise<void> {
  for (let hour = 0; hour < 8; hour += 1) await retain(world);
}

const retain = (world: World, at = world.clock.iso()): Promise<unknown> => world.sql`select private.tick_retention(${at})`.execute();

/** The month of `day`, and in it an attempt of a record that is long across. */
async function oldAttempts(world: World, day: string): Promise<void> {
  await world.sql`select private.ensure_partitions(${day})`;
  await world.sql`
    insert into attempts (org_id, integration_id, record_id, version, run_id, at, outcome)
    values (${world.org}, ${world.integration}, 999999, 1, 1, ${day}, 'exported')`;
}

async function beatAt(world: World): Promise<Date | undefined> {
  return (await world.sql<{ at: Date }[]>`select beat_at as at from private.heartbeats where job = 'retention'`)[0]?.at;
}
